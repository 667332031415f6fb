"use client";
// The lists.
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { readFragment } from "@/gql";
import type { TaskFilter } from "@/gql/graphql";
import { TaskRowFragmentDoc, TasksDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { polling } from "@/graphql/queries";
import { PageFrame } from "@/shell/PageFrame";

function List({ title, filter }: { title: string; filter: TaskFilter }) {
  const { data } = useQuery({
    queryKey: ["tasks", filter],
    queryFn: ({ signal }) => execute(TasksDocument, { filter, search: null, sort: null, after: null }, signal),
    ...polling,
  });
  return (
    <PageFrame title={title}>
      <ul className="px-6">
        {data?.tasks.nodes.map((node) => {
          const task = readFragment(TaskRowFragmentDoc, node);
          return <li key={task.id}>{task.title}</li>;
        })}
      </ul>
    </PageFrame>
  );
}

export function TodayPage() {
  const { t } = useLingui();
  return <List title={t`Today`} filter={{ status: { eq: "OPEN" } }} />;
}
export function UpcomingPage() {
  const { t } = useLingui();
  return <List title={t`Upcoming`} filter={{ status: { eq: "OPEN" } }} />;
}
export function OverduePage() {
  const { t } = useLingui();
  return <List title={t`Overdue`} filter={{ isOverdue: true }} />;
}
export function AllPage() {
  const { t } = useLingui();
  return <List title={t`All tasks`} filter={{}} />;
}
export function CompletedPage() {
  const { t } = useLingui();
  return <List title={t`Completed`} filter={{ status: { eq: "COMPLETED" } }} />;
}
export function TrashPage() {
  const { t } = useLingui();
  return <List title={t`Trash`} filter={{ inTrash: true }} />;
}
