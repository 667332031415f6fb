// Which tasks of a list are chosen for a bulk action.
import { useCallback, useMemo, useState } from "react";
import type { Row } from "./rows";

export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly rows: readonly Row[];
  readonly toggle: (id: string) => void;
  /** Everything between the one that was chosen last and this one. */
  readonly extend: (id: string) => void;
  readonly all: () => void;
  readonly clear: () => void;
}

const NONE: ReadonlySet<string> = new Set();

export function useSelection(rows: readonly Row[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(NONE);
  const [anchor, setAnchor] = useState<string | null>(null);
  // A task that has left the list is not acted on any more.
  const chosen = useMemo(() => (ids.size === 0 ? [] : rows.filter((row) => ids.has(row.id))), [rows, ids]);
  const toggle = useCallback((id: string) => {
    setAnchor(id);
    setIds((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const extend = (id: string) => {
    const places = [anchor ?? id, id].map((one) => rows.findIndex((row) => row.id === one)).filter((at) => at >= 0);
    const between = rows.slice(Math.min(...places), Math.max(...places) + 1).map((row) => row.id);
    setIds((old) => new Set([...old, ...between]));
  };
  return {
    ids: useMemo(() => (chosen.length === 0 ? NONE : new Set(chosen.map((row) => row.id))), [chosen]),
    rows: chosen,
    toggle,
    extend,
    all: () => setIds(new Set(rows.map((row) => row.id))),
    clear: () => setIds(NONE),
  };
}
