import { TodayPage } from "@/tasks/pages";

export default function Page() {
  return <TodayPage />;
}
