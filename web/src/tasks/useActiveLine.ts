// Which line of a list the keys are on, and the focus that follows it, also to lines that have yet to be drawn.
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { Line } from "./groups";
import type { Row } from "./rows";

export interface ActiveLine {
  readonly key: string | null;
  readonly row: Row | null;
  /** Moves so many tasks down (or up), and puts the focus there. */
  readonly step: (by: number) => void;
  readonly focus: (key: string) => void;
  readonly set: (key: string) => void;
}

export function useActiveLine(
  lines: readonly Line[],
  list: RefObject<HTMLElement | null>,
  scrollTo: (index: number) => void,
): ActiveLine {
  const tasks = useMemo(() => lines.flatMap((line, index) => (line.kind === "task" ? [{ line, index }] : [])), [lines]);
  const places = useMemo(() => new Map(tasks.map(({ line }, place) => [line.key, place])), [tasks]);
  const [wanted, setWanted] = useState<string | null>(null);
  const lastPlace = useRef(0);
  const toFocus = useRef<string | null>(null);
  const hadFocus = useRef(false);

  // A task that has left gives its place to the one that follows.
  const place = wanted === null ? 0 : (places.get(wanted) ?? Math.min(lastPlace.current, tasks.length - 1));
  const active = tasks[place]?.line ?? null;

  useEffect(() => {
    lastPlace.current = Math.max(0, place);
    const root = list.current;
    if (root === null) return;
    const lost = hadFocus.current && (document.activeElement === null || document.activeElement === document.body);
    const key = toFocus.current ?? (lost ? (active?.key ?? null) : null);
    if (key !== null) {
      const element = root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
      if (element) {
        toFocus.current = null;
        element.focus({ preventScroll: true });
      }
    }
    hadFocus.current = root.contains(document.activeElement);
  });

  const focus = (key: string) => {
    const found = tasks[places.get(key) ?? -1];
    if (found === undefined) return;
    toFocus.current = key;
    setWanted(key);
    scrollTo(found.index);
  };
  return {
    key: active?.key ?? null,
    row: active?.row ?? null,
    step: (by) => {
      const from = wanted === null ? (by > 0 ? -1 : 1) : place;
      const next = tasks[Math.max(0, Math.min(tasks.length - 1, from + by))];
      if (next) focus(next.line.key);
    },
    focus,
    set: setWanted,
  };
}
