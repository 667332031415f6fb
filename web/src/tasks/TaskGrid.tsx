"use client";
// The lines of a list, of which only those in sight are drawn. One line is reached by Tab, the others by arrows.
import { useLingui } from "@lingui/react/macro";
import { type KeyboardEvent, type MouseEvent, useCallback, useEffect, useMemo, useRef } from "react";
import { useLocale } from "@/i18n/useLocale";
import { useCommands } from "@/shell/shortcuts";
import { useMedia, WIDE } from "@/ui/useMedia";
import { useWindow } from "@/ui/useWindow";
import { DayHeading } from "./DayHeading";
import { useRowDrop } from "./dragging";
import type { Line } from "./groups";
import type { Row } from "./rows";
import { type LineActions, TaskLine } from "./TaskLine";
import { useActiveLine } from "./useActiveLine";
import type { Selection } from "./useSelection";

interface Props {
  readonly label: string;
  readonly lines: readonly Line[];
  readonly today: string;
  readonly zone: string;
  readonly selection: Selection;
  readonly actions: Omit<LineActions, "choose"> & { readonly remove: (rows: readonly Row[]) => void };
  /** Whether the boxes for selecting are there, and not only under the pointer. */
  readonly choosing: boolean;
  readonly openId: string | null;
  readonly onMore: () => void;
  /** Where tasks can be dragged from day to day. */
  readonly onMove: ((row: Row, day: string) => void) | null;
}

const HEADING = 44;
/** Room for the bar of a selection. */
const BELOW = 96;
const LINE = { wide: 42, narrow: 58 };
/** So many lines before the end, the next page is asked for. */
const AHEAD = 40;

export function TaskGrid({ label, lines, today, zone, selection, choosing, actions, openId, onMore, onMove }: Props) {
  const locale = useLocale();
  const height = useMedia(WIDE) ? LINE.wide : LINE.narrow;
  const scroller = useRef<HTMLDivElement>(null);
  const heightOf = useCallback(
    (index: number) => (lines[index]?.kind === "heading" ? HEADING : height),
    [lines, height],
  );
  const shown = useWindow(scroller, lines.length, heightOf);
  const active = useActiveLine(lines, scroller, shown.scrollTo);
  const [from, to] = shown.range;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks again when the end comes near, not when the function is another
  useEffect(() => {
    if (to >= lines.length - AHEAD) onMore();
  }, [to, lines.length]);

  const latest = useRef({ actions, selection });
  useEffect(() => {
    latest.current = { actions, selection };
  });
  const restorable = actions.restore !== null;
  const lineActions = useMemo<LineActions>(
    () => ({
      tick: (row) => latest.current.actions.tick(row),
      open: (row) => latest.current.actions.open(row),
      choose: (row, how) => latest.current.selection[how](row.id),
      restore: restorable ? (row) => latest.current.actions.restore?.(row) : null,
    }),
    [restorable],
  );
  useListCommands({ active, actions, selection });
  const drop = useRowDrop(onMove);

  const onClick = (event: MouseEvent, row: Row) => {
    active.set(row.id);
    if (event.metaKey || event.ctrlKey) selection.toggle(row.id);
    else if (event.shiftKey) selection.extend(row.id);
    else actions.open(row);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -lines.length, End: lines.length }[
      event.key
    ];
    if (step !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      if (event.shiftKey && active.key !== null && selection.ids.size === 0) selection.toggle(active.key);
      active.step(step);
    } else if (event.target === event.currentTarget.querySelector(":focus[role=row]") && active.row !== null) {
      if (event.key === "Enter") actions.open(active.row);
      else if (event.key === " ") selection[event.shiftKey ? "extend" : "toggle"](active.row.id);
      else return;
      event.preventDefault();
    }
  };

  return (
    <div ref={scroller} className="h-full overflow-y-auto overscroll-contain px-2 md:px-4" {...drop}>
      <div
        role="grid"
        aria-label={label}
        aria-rowcount={lines.length}
        aria-multiselectable="true"
        className="relative"
        style={{ height: shown.height + BELOW }}
        onKeyDown={onKeyDown}
      >
        {lines.slice(from, to).map((line, place) => {
          const index = from + place;
          const style = { height: heightOf(index), transform: `translateY(${shown.startOf(index)}px)` };
          if (line.kind === "heading")
            return (
              <DayHeading
                key={line.key}
                line={line}
                index={index}
                today={today}
                locale={locale}
                style={style}
                onMove={onMove}
              />
            );
          const { row } = line;
          const isActive = active.key === row.id;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid listens to the keys
            <div
              key={line.key}
              role="row"
              data-key={row.id}
              data-group={line.group}
              aria-rowindex={index + 1}
              aria-selected={selection.ids.has(row.id)}
              tabIndex={isActive ? 0 : -1}
              className={`group absolute inset-x-0 top-0 flex cursor-default items-center gap-0.5 border-b border-line/70 pr-3 select-none hover:bg-hover aria-selected:bg-selected ${openId === row.id ? "bg-selected" : ""} focus-visible:-outline-offset-2`}
              style={style}
              onClick={(event) => onClick(event, row)}
              onFocus={() => active.set(row.id)}
            >
              <TaskLine
                row={row}
                chosen={selection.ids.has(row.id)}
                choosing={choosing}
                active={isActive}
                today={today}
                zone={zone}
                locale={locale}
                actions={lineActions}
                bareTime={line.group !== "" && line.group !== "overdue"}
                draggable={onMove !== null}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function useListCommands({
  active,
  actions,
  selection,
}: Pick<Props, "actions" | "selection"> & { active: ReturnType<typeof useActiveLine> }): void {
  const { t } = useLingui();
  const group = t`In a list`;
  const on = (act: (row: Row) => void) => () => void (active.row !== null && act(active.row));
  const chosen = () => (selection.rows.length > 0 ? selection.rows : active.row === null ? [] : [active.row]);
  useCommands([
    { id: "down", name: t`Next task`, keys: "j", group, keysOnly: true, run: () => active.step(1) },
    { id: "up", name: t`Previous task`, keys: "k", group, keysOnly: true, run: () => active.step(-1) },
    { id: "open", name: t`Open the task`, keys: "o", group, keysOnly: true, run: on(actions.open) },
    { id: "tick", name: t`Complete, or open again`, keys: "e", group, keysOnly: true, run: on(actions.tick) },
    { id: "select", name: t`Select`, keys: "x", group, keysOnly: true, run: on((row) => selection.toggle(row.id)) },
    {
      id: "extend",
      name: t`Select up to here`,
      keys: "X",
      group,
      keysOnly: true,
      run: on((row) => selection.extend(row.id)),
    },
    { id: "all", name: t`Select all that are loaded`, keys: "mod+shift+a", group, run: selection.all },
    { id: "delete", name: t`Move to the trash`, keys: "#", group, keysOnly: true, run: () => actions.remove(chosen()) },
    { id: "clear", name: t`Clear the selection`, keys: "Escape", group, keysOnly: true, run: selection.clear },
  ]);
}
