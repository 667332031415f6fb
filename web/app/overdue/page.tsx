import { OverduePage } from "@/tasks/pages";

export default function Page() {
  return <OverduePage />;
}
