"use client";
// What happened to the open task, newest first.
import { useLingui } from "@lingui/react/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { activityText } from "@/activity/words";
import { TaskHistoryDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { polling } from "@/graphql/queries";
import { useLocale } from "@/i18n/useLocale";
import { fullInstant } from "@/time/format";
import { useToday } from "@/time/useToday";
import { FieldRow } from "./FieldRow";

export default function History({ id }: { id: string }) {
  const { t, i18n } = useLingui();
  const locale = useLocale();
  const { zone } = useToday();
  const { data, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ["tasks", "history", id],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) =>
      (await execute(TaskHistoryDocument, { id, after: pageParam }, signal)).task?.activity ?? null,
    getNextPageParam: (page): string | null => (page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null),
    ...polling,
  });
  const happened = data?.pages.flatMap((page) => page?.nodes ?? []) ?? [];
  if (happened.length === 0) return null;
  return (
    <FieldRow icon="clock" label={t`History`}>
      <ol className="flex flex-col gap-1.5">
        {happened.map((one) => {
          const { verb, details } = activityText(i18n, one, { zone, locale });
          return (
            <li key={one.id} className="text-xs">
              <span>{verb}</span>{" "}
              <time className="text-muted" dateTime={one.at}>
                {fullInstant(one.at, zone, locale)}
              </time>
              {details.map((detail) => (
                <div key={detail} className="text-muted [overflow-wrap:anywhere]">
                  {detail}
                </div>
              ))}
            </li>
          );
        })}
      </ol>
      {hasNextPage && (
        <button type="button" className="chip mt-2" onClick={() => void fetchNextPage()}>
          {t`Show earlier`}
        </button>
      )}
    </FieldRow>
  );
}
