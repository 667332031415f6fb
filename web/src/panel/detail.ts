// One task with everything, in the cache and from the server.
import { queryOptions } from "@tanstack/react-query";
import { type FragmentType, readFragment } from "@/gql";
import { type TaskDetailFragment, TaskDetailFragmentDoc, TaskDocument, TaskRowFragmentDoc } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { polling } from "@/graphql/queries";
import type { Row } from "@/tasks/rows";

/** A row, and what only the panel knows. */
export type TaskDetail = Row & Omit<TaskDetailFragment, " $fragmentRefs" | " $fragmentName">;

export function readDetail(task: FragmentType<typeof TaskDetailFragmentDoc>): TaskDetail {
  const detail = readFragment(TaskDetailFragmentDoc, task);
  return { ...detail, ...readFragment(TaskRowFragmentDoc, detail) };
}

export async function fetchTask(id: string, signal?: AbortSignal): Promise<TaskDetail | null> {
  const { task } = await execute(TaskDocument, { id }, signal);
  return task && readDetail(task);
}

export function taskQuery(id: string) {
  return queryOptions({
    queryKey: ["tasks", "one", id],
    queryFn: ({ signal }) => fetchTask(id, signal),
    ...polling,
  });
}
