"use client";
import { useLingui } from "@lingui/react/macro";
import type { CSSProperties } from "react";
import { dateBeside, dayName, longDay } from "@/time/format";
// The heading of a day in a list; in Upcoming, tasks can be dropped on it.
import { lazily } from "@/ui/lazily";
import type { Line } from "./groups";
import type { Row } from "./rows";

const DayDrop = lazily(
  () => import("./DayDrop"),
  ({ children }) => children,
);

interface Props {
  readonly line: Extract<Line, { kind: "heading" }>;
  readonly index: number;
  readonly today: string;
  readonly locale: string;
  readonly style: CSSProperties;
  readonly onMove: ((row: Row, day: string) => void) | null;
}

export function DayHeading({ line, index, today, locale, style, onMove }: Props) {
  const { t } = useLingui();
  const { day, count } = line;
  const name = day === null ? t`Overdue` : dayName(day, today, locale);
  const date = day === null ? "" : longDay(day, locale, today);
  const words = (
    <>
      <span className={`font-semibold ${day === null ? "text-danger" : ""}`}>{name}</span>
      {day !== null && <span className="text-muted">{dateBeside(day, name, today, locale)}</span>}
      <span className="ml-auto text-xs text-muted tabular-nums">{count > 0 ? count : ""}</span>
    </>
  );
  return (
    <div
      role="row"
      aria-rowindex={index + 1}
      data-group={day ?? ""}
      className="absolute inset-x-0 top-0 flex items-end border-b border-line px-2 pb-1.5 text-sm data-drop:bg-selected"
      style={style}
    >
      <div role="gridcell" className="flex w-full items-baseline gap-2">
        {onMove !== null && day !== null ? (
          <DayDrop day={day} label={t`Move to ${date}`} onMove={onMove}>
            {words}
          </DayDrop>
        ) : (
          words
        )}
      </div>
    </div>
  );
}
