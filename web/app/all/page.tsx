import { AllPage } from "@/tasks/pages";

export default function Page() {
  return <AllPage />;
}
