"use client";
// What happened last, to any task, newest first.
import { Trans, useLingui } from "@lingui/react/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { activityText } from "@/activity/words";
import { ActivityPageDocument, type ActivityPageQuery } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { pagedPolling } from "@/graphql/paging";
import { useLocale } from "@/i18n/useLocale";
import { useZone } from "@/session/session";
import { TaskLink } from "@/shell/TaskLink";
import { Moment } from "@/time/Moment";
import { Icon, type IconName } from "@/ui/Icon";
import { More } from "@/ui/More";
import { Shown } from "@/ui/States";

type Activity = ActivityPageQuery["activity"]["nodes"][number];

const ICONS: Record<string, IconName> = {
  "task.created": "plus",
  "task.updated": "pencil",
  "task.completed": "completed",
  "task.deleted": "trash",
  "task.reopened": "undo",
  "task.skipped": "skip",
  "task.restored": "restore",
  "task.overdue": "overdue",
};

export function LastActivity() {
  const query = useInfiniteQuery({
    queryKey: ["activity"],
    queryFn: ({ pageParam, signal }) => execute(ActivityPageDocument, { after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ activity: { pageInfo } }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null),
    ...pagedPolling,
  });
  return (
    <section className="card flex min-w-0 flex-col gap-1 p-4" aria-labelledby="activity">
      <h2 id="activity" className="font-semibold">
        <Trans>Last activity</Trans>
      </h2>
      <Shown query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.activity.nodes);
          if (rows.length === 0)
            return (
              <p className="py-4 text-sm text-muted">
                <Trans>Nothing has happened yet.</Trans>
              </p>
            );
          return (
            <>
              <ol className="divide-y divide-line">
                {rows.map((row) => (
                  <Line key={row.id} row={row} />
                ))}
              </ol>
              <More query={query} />
            </>
          );
        }}
      </Shown>
    </section>
  );
}

function Line({ row }: { row: Activity }) {
  const { i18n } = useLingui();
  const place = { zone: useZone(), locale: useLocale() };
  const { verb, details } = activityText(i18n, row, place);
  return (
    <li className="flex items-start gap-2.5 py-2 text-sm">
      <Icon name={ICONS[row.eventType] ?? "history"} className="mt-0.5 size-4 text-muted" />
      <div className="min-w-0 flex-1">
        <div className="flex items-baseline gap-3">
          <span className="min-w-0 flex-1 truncate">
            {row.task ? (
              <TaskLink id={row.task.id} className="hover:underline">
                {row.task.title}
              </TaskLink>
            ) : (
              <span className="text-muted">
                <Trans>A task that is gone for good</Trans>
              </span>
            )}
          </span>
          <Moment at={row.at} className="text-xs whitespace-nowrap text-muted" />
        </div>
        <p className="text-xs [overflow-wrap:anywhere] text-muted">
          {verb}
          {details.length > 0 && `: ${details.join("; ")}`}
        </p>
      </div>
    </li>
  );
}
