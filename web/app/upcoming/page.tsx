import { UpcomingPage } from "@/tasks/pages";

export default function Page() {
  return <UpcomingPage />;
}
