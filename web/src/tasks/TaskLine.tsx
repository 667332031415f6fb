"use client";
import { useLingui } from "@lingui/react/macro";
import { memo } from "react";
import { dueText, fullInstant, timeText } from "@/time/format";
import { Icon } from "@/ui/Icon";
// One task in a list: tick, title, and what there is to know at a glance.
import { lazily } from "@/ui/lazily";
import { PRIORITY_NAMES } from "./names";
import type { Row } from "./rows";
import { TagDot } from "./TagDot";

const DragHandle = lazily(() => import("./DragHandle"));

export interface LineActions {
  readonly tick: (row: Row) => void;
  readonly open: (row: Row) => void;
  readonly choose: (row: Row, how: "toggle" | "extend") => void;
  readonly restore: ((row: Row) => void) | null;
}

interface Props {
  readonly row: Row;
  readonly chosen: boolean;
  readonly choosing: boolean;
  readonly active: boolean;
  readonly today: string;
  readonly zone: string;
  readonly locale: string;
  readonly actions: LineActions;
  /** Under the heading of its day: the time says enough. */
  readonly bareTime: boolean;
  readonly draggable: boolean;
}

const RING = {
  NONE: "border-edge",
  LOW: "border-edge",
  MEDIUM: "border-medium",
  HIGH: "border-high",
  URGENT: "border-urgent",
} as const;
const FLAG = { NONE: "", LOW: "text-low", MEDIUM: "text-medium", HIGH: "text-high", URGENT: "text-urgent" } as const;

export const TaskLine = memo(function TaskLine(props: Props) {
  const { row, chosen, choosing, active, actions, draggable } = props;
  const { t } = useLingui();
  const done = row.status !== "OPEN";
  return (
    <>
      <div role="gridcell" className="flex shrink-0 items-center">
        <input
          type="checkbox"
          aria-label={t`Select ${row.title}`}
          checked={chosen}
          tabIndex={active ? 0 : -1}
          className={`mx-1 size-4 accent-(--accent) ${choosing ? "" : "hidden opacity-0 group-hover:opacity-100 focus-visible:opacity-100 md:block"}`}
          onClick={(event) => {
            event.stopPropagation();
            actions.choose(row, event.shiftKey ? "extend" : "toggle");
          }}
          onChange={() => undefined}
        />
        {actions.restore ? (
          <button
            type="button"
            tabIndex={active ? 0 : -1}
            className="btn-icon"
            aria-label={t`Restore ${row.title}`}
            onClick={(event) => {
              event.stopPropagation();
              actions.restore?.(row);
            }}
          >
            <Icon name="restore" />
          </button>
        ) : (
          <button
            type="button"
            role="checkbox"
            aria-checked={done}
            tabIndex={active ? 0 : -1}
            aria-label={done ? t`Open ${row.title} again` : t`Complete ${row.title}`}
            className="group/tick grid size-9 shrink-0 place-items-center rounded-lg"
            onClick={(event) => {
              event.stopPropagation();
              actions.tick(row);
            }}
          >
            <span
              className={`grid size-4.5 place-items-center rounded-full border-2 ${done ? "border-transparent bg-muted text-panel" : `${RING[row.priority]} text-transparent group-hover/tick:text-muted`}`}
            >
              <Icon name="check" className="size-3 stroke-[3]" />
            </span>
          </button>
        )}
      </div>
      <div role="gridcell" className="min-w-0 flex-1 md:flex md:items-center md:gap-3">
        <div className={`truncate md:flex-1 ${done ? "text-muted line-through" : ""}`}>{row.title}</div>
        <Facts {...props} />
      </div>
      {draggable && (
        <div role="gridcell" className="-mr-2">
          <DragHandle row={row} active={active} />
        </div>
      )}
    </>
  );
});

function Facts({ row, today, zone, locale, bareTime }: Props) {
  const { t, i18n } = useLingui();
  const due = bareTime && !row.isOverdue ? timeText(row, zone, locale) : dueText(row, zone, today, locale);
  const tags = row.tags.slice(0, 3);
  return (
    <div className="flex min-w-0 items-center gap-2.5 overflow-hidden text-xs whitespace-nowrap text-muted md:shrink-0">
      {tags.map((tag) => (
        <span key={tag.id} className="inline-flex min-w-0 items-center gap-1">
          <TagDot color={tag.color} />
          <span className="max-w-28 truncate">{tag.name}</span>
        </span>
      ))}
      {row.tags.length > tags.length && <span>+{row.tags.length - tags.length}</span>}
      {row.priority !== "NONE" && (
        <span className={`inline-flex items-center gap-1 ${FLAG[row.priority]}`}>
          <Icon name="flag" className="size-3.5" />
          <span className="sr-only">{t`Priority`}: </span>
          {i18n._(PRIORITY_NAMES[row.priority])}
        </span>
      )}
      {row.reminderMinutes.length > 0 && <Sign icon="bell" words={t`Has reminders`} />}
      {row.isRecurring && <Sign icon="repeat" words={t`Repeats`} />}
      {row.status === "SKIPPED" && <span>{t`skipped`}</span>}
      {due !== "" && row.dueDate !== null && (
        <time
          dateTime={row.dueDate}
          title={fullInstant(row.dueDate, row.allDay ? row.timeZone : zone, locale)}
          className={`tabular-nums ${row.isOverdue ? "font-medium text-danger" : ""}`}
        >
          {row.isOverdue && <span className="sr-only">{t`Overdue`}: </span>}
          {due}
        </time>
      )}
    </div>
  );
}

function Sign({ icon, words }: { icon: "bell" | "repeat"; words: string }) {
  return (
    <span title={words}>
      <Icon name={icon} className="size-3.5" />
      <span className="sr-only">{words}</span>
    </span>
  );
}
