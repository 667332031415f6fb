import { SettingsPage } from "@/settings/SettingsPage";

export default function Page() {
  return <SettingsPage />;
}
