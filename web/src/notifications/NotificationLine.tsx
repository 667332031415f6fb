"use client";
// One notification: what it tells, of which task, and when. Opening the task reads it.
import { useLingui } from "@lingui/react/macro";
import type { NotificationRowFragment } from "@/gql/graphql";
import { TaskLink } from "@/shell/TaskLink";
import { Moment } from "@/time/Moment";
import { Icon } from "@/ui/Icon";
import { KINDS } from "./kinds";

interface Props {
  readonly row: NotificationRowFragment;
  /** Marked just now, before the list says so. */
  readonly marked: boolean;
  readonly onRead: () => void;
}

export function NotificationLine({ row, marked, onRead }: Props) {
  const { t, i18n } = useLingui();
  const { name, icon } = KINDS[row.kind];
  const unread = row.readAt === null && !marked;
  const loud = row.kind === "TASK_OVERDUE" ? "text-danger" : "text-accent";
  return (
    <li className="relative flex items-start gap-3 px-3 py-3 hover:bg-hover">
      <span
        className={`mt-0.5 grid size-8 shrink-0 place-items-center rounded-full bg-hover ${unread ? loud : "text-muted"}`}
      >
        <Icon name={icon} className="size-4.5" />
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex items-baseline gap-2">
          <span className={`text-xs ${unread ? `font-semibold ${loud}` : "text-muted"}`}>{i18n._(name)}</span>
          <Moment at={row.createdAt} className="text-xs text-muted" />
        </div>
        <p className={`[overflow-wrap:anywhere] ${unread ? "font-semibold" : "text-muted"}`}>
          {row.task ? (
            // The link's surface is the whole line.
            <TaskLink
              id={row.task.id}
              className="after:absolute after:inset-0 hover:underline"
              onOpen={unread ? onRead : undefined}
            >
              {row.title}
            </TaskLink>
          ) : (
            row.title
          )}
          {unread && <span className="sr-only">{` (${t`unread`})`}</span>}
        </p>
        <p className="text-xs text-muted">{row.task ? row.body : t`${row.body} · The task is gone for good.`}</p>
      </div>
      {unread && (
        <button
          type="button"
          className="btn-icon relative"
          aria-label={t`Mark “${row.title}” as read`}
          onClick={onRead}
        >
          <Icon name="check" />
        </button>
      )}
    </li>
  );
}
