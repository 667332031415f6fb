"use client";
// The numbers in the navigation: what is due today, what is overdue, what has not been read. One query for all of them.
import { useLingui } from "@lingui/react/macro";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { CountsDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { polling } from "@/graphql/queries";

export const countsQuery = queryOptions({
  queryKey: ["counts"],
  queryFn: ({ signal }) => execute(CountsDocument, {}, signal),
  ...polling,
});

export function Badge({ path }: { path: string }) {
  const { t } = useLingui();
  const { data } = useQuery(countsQuery);
  if (data === undefined) return null;
  const { dueToday, overdue } = data.stats;
  const unread = data.unreadNotificationCount;
  if (path === "/") return <Count count={dueToday} words={t`${dueToday} due`} />;
  if (path === "/overdue") return <Count count={overdue} words={t`${overdue} overdue`} loud />;
  if (path === "/notifications") return <Count count={unread} words={t`${unread} unread`} loud />;
  return null;
}

function Count({ count, words, loud = false }: { count: number; words: string; loud?: boolean }) {
  if (count === 0) return null;
  return (
    <span className={`text-xs tabular-nums ${loud ? "font-semibold text-danger" : "text-muted"}`}>
      <span aria-hidden="true">{count > 999 ? "999+" : count}</span>
      <span className="sr-only">{words}</span>
    </span>
  );
}
