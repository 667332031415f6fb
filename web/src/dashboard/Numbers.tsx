"use client";
// The numbers at the top, each leading to its list, and the open tasks by priority.
import { Trans, useLingui } from "@lingui/react/macro";
import Link from "next/link";
import type { DashboardQuery, Priority } from "@/gql/graphql";
import { useLocale } from "@/i18n/useLocale";
import { PRIORITY_NAMES } from "@/tasks/names";
import { numberText, percentText } from "@/time/instants";

type Stats = DashboardQuery["stats"];

export function Numbers({ stats }: { stats: Stats }) {
  const { t } = useLingui();
  const locale = useLocale();
  const number = (value: number) => numberText(value, locale);
  return (
    <ul className="grid grid-cols-2 gap-3 @2xl:grid-cols-4">
      <Tile href="/all?status=open" name={t`Open`} value={number(stats.open)} />
      <Tile href="/overdue" name={t`Overdue`} value={number(stats.overdue)} loud={stats.overdue > 0} />
      <Tile href="/" name={t`Due today`} value={number(stats.dueToday)} />
      <Tile
        href="/completed"
        name={t`Completion rate`}
        value={percentText(stats.completionRate, locale)}
        more={t`${number(stats.completed)} of ${number(stats.completed + stats.open)}`}
      />
    </ul>
  );
}

function Tile(props: { href: string; name: string; value: string; more?: string; loud?: boolean }) {
  return (
    <li>
      <Link href={props.href} className="card flex h-full flex-col gap-0.5 p-4 transition-colors hover:bg-hover">
        <span className="text-xs font-medium text-muted">{props.name}</span>
        <span className="flex flex-wrap items-baseline gap-x-2">
          <span className={`text-2xl font-semibold tabular-nums ${props.loud ? "text-danger" : ""}`}>
            {props.value}
          </span>
          {props.more && <span className="text-xs text-muted tabular-nums">{props.more}</span>}
        </span>
      </Link>
    </li>
  );
}

const BAR: Record<Priority, string> = {
  URGENT: "bg-urgent",
  HIGH: "bg-high",
  MEDIUM: "bg-medium",
  LOW: "bg-low",
  NONE: "bg-edge",
};

export function ByPriority({ stats }: { stats: Stats }) {
  const { i18n } = useLingui();
  const locale = useLocale();
  const most = Math.max(1, ...stats.byPriority.map((row) => row.open));
  return (
    <section className="card flex flex-col gap-2 p-4" aria-labelledby="by-priority">
      <h2 id="by-priority" className="font-semibold">
        <Trans>Open by priority</Trans>
      </h2>
      <ul className="flex flex-col">
        {stats.byPriority.map(({ priority, open }) => (
          <li key={priority}>
            <Link
              href={`/all?status=open&priority=${priority.toLowerCase()}`}
              className="grid min-h-9 grid-cols-[6.5rem_1fr_3rem] items-center gap-2 rounded-lg px-1 text-sm hover:bg-hover"
            >
              <span className="truncate">{i18n._(PRIORITY_NAMES[priority])}</span>
              <span aria-hidden="true" className="h-2.5 overflow-hidden rounded-full bg-hover">
                <span
                  className={`block h-full rounded-full ${BAR[priority]}`}
                  style={{ width: `${(open / most) * 100}%` }}
                />
              </span>
              <span className="text-right tabular-nums">{numberText(open, locale)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
