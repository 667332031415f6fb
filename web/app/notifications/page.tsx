import { NotificationsPage } from "@/notifications/NotificationsPage";

export default function Page() {
  return <NotificationsPage />;
}
