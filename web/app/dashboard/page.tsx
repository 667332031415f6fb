import { DashboardPage } from "@/dashboard/DashboardPage";

export default function Page() {
  return <DashboardPage />;
}
