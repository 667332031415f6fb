import { TrashPage } from "@/tasks/pages";

export default function Page() {
  return <TrashPage />;
}
