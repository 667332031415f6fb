import { CompletedPage } from "@/tasks/pages";

export default function Page() {
  return <CompletedPage />;
}
