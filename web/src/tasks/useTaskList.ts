// The rows of a list, page by page, as they will be once what was asked for is granted.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { readFragment } from "@/gql";
import { TaskRowFragmentDoc, TasksDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { polling } from "@/graphql/queries";
import { seen, useLayers } from "./overlay";
import { allRows, LISTS, type Page, type Row } from "./rows";
import type { Question } from "./scopes";

export interface TaskList {
  readonly rows: readonly Row[];
  readonly total: number | null;
  readonly error: Error | null;
  readonly loading: boolean;
  readonly more: () => void;
  readonly again: () => void;
}

/** Lists of up to so many pages are asked for anew as a whole. */
export const SHORT = 3;

export function useTaskList(question: Question, belongs: (row: Row) => boolean): TaskList {
  const layers = useLayers();
  const list = useInfiniteQuery({
    queryKey: [...LISTS, question],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => fetchPage(question, pageParam, signal),
    getNextPageParam: (page: Page): string | null => page.next,
    ...polling,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage, refetch, error, isPending } = list;
  const all = useMemo(() => allRows(data), [data]);
  const rows = useMemo(
    () => (layers.length === 0 ? all : all.map((row) => seen(row, layers))).filter(belongs),
    [all, layers, belongs],
  );
  return {
    rows,
    total: data?.pages.at(-1)?.total ?? null,
    error,
    loading: isPending,
    more: () => void (hasNextPage && !isFetchingNextPage && fetchNextPage()),
    again: () => void refetch(),
  };
}

async function fetchPage(question: Question, after: string | null, signal: AbortSignal): Promise<Page> {
  const { filter, search, sort } = question;
  const { tasks } = await execute(TasksDocument, { filter, search, sort: [...sort], after }, signal);
  return {
    rows: readFragment(TaskRowFragmentDoc, tasks.nodes),
    next: tasks.pageInfo.hasNextPage ? tasks.pageInfo.endCursor : null,
    total: tasks.totalCount,
  };
}
