// The rows of a list, page by page, as they will be once what was asked for is granted.
import { focusManager, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { readFragment } from "@/gql";
import { TaskRowFragmentDoc, TasksDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { polling } from "@/graphql/queries";
import { freshen, isLong } from "./freshen";
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

export function useTaskList(question: Question, belongs: (row: Row) => boolean): TaskList {
  const layers = useLayers();
  const list = useInfiniteQuery({
    queryKey: [...LISTS, question],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => fetchPage(question, pageParam, signal),
    getNextPageParam: (page: Page): string | null => page.next,
    refetchInterval: ({ state }) => (isLong(state.data) ? false : polling.refetchInterval()),
    refetchOnWindowFocus: ({ state }) => !isLong(state.data),
    refetchOnReconnect: ({ state }) => !isLong(state.data),
    refetchOnMount: ({ state }) => !isLong(state.data),
  });
  useFreshening(question, isLong(list.data));
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

/** What a long list has instead of polling: as often, and on focus, but only what has changed. */
function useFreshening(question: Question, long: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!long) return;
    const look = () => void (focusManager.isFocused() && freshen(client, question));
    let timer = setTimeout(function again() {
      look();
      timer = setTimeout(again, polling.refetchInterval());
    });
    const off = focusManager.subscribe(look);
    return () => {
      clearTimeout(timer);
      off();
    };
  }, [client, question, long]);
}

async function fetchPage(question: Question, after: string | null, signal: AbortSignal): Promise<Page> {
  const { filter, search, sort } = question;
  const { tasks, newest } = await execute(TasksDocument, { filter, search, sort: [...sort], after }, signal);
  return {
    rows: readFragment(TaskRowFragmentDoc, tasks.nodes),
    next: tasks.pageInfo.hasNextPage ? tasks.pageInfo.endCursor : null,
    total: tasks.totalCount,
    asOf: newest.nodes[0]?.updatedAt ?? null,
  };
}
