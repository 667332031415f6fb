import { TagsPage } from "@/tags/TagsPage";

export default function Page() {
  return <TagsPage />;
}
