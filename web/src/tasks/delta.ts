// Keeps a long list fresh with one request: what has changed since, and which of that belongs to the list. To fetch a hundred
// pages anew for one changed task would take seconds.
import type { Pages, Row } from "./rows";
import { withoutRows } from "./rows";

export interface Delta {
  /** What has changed and belongs to the list. */
  readonly members: readonly Row[];
  /** Everything that has changed, in the trash or not. */
  readonly changed: ReadonlySet<string>;
  readonly total: number;
  readonly asOf: string | null;
}

/** The pages after a delta, the same object where it has no news. `compare` is the order of the list. */
export function applyDelta(pages: Pages, delta: Delta, compare: (one: Row, other: Row) => number): Pages {
  const known = new Map(pages.pages.flatMap((page) => page.rows.map((row) => [row.id, row])));
  const news = delta.members.filter((row) => known.get(row.id)?.version !== row.version);
  const belongs = new Set(delta.members.map((row) => row.id));
  const gone = new Set([...delta.changed].filter((id) => known.has(id) && !belongs.has(id)));
  const [first] = pages.pages;
  const nothing = news.length === 0 && gone.size === 0 && first?.total === delta.total && first.asOf === delta.asOf;
  if (nothing) return pages;
  const staying = news.filter((row) => {
    const old = known.get(row.id);
    return old !== undefined && compare(old, row) === 0;
  });
  const moving = news.filter((row) => !staying.includes(row));
  const replaced = inPlace(pages, staying);
  const left = withoutRows(replaced, new Set([...gone, ...moving.map((row) => row.id)]));
  const placed = moving.reduce((result, row) => insert(result, row, compare), left);
  return {
    ...placed,
    pages: placed.pages.map((page) => ({ ...page, total: delta.total, asOf: delta.asOf })),
  };
}

function inPlace(pages: Pages, rows: readonly Row[]): Pages {
  if (rows.length === 0) return pages;
  const newer = new Map(rows.map((row) => [row.id, row]));
  return {
    ...pages,
    pages: pages.pages.map((page) => ({ ...page, rows: page.rows.map((row) => newer.get(row.id) ?? row) })),
  };
}

/** Into the page where it belongs; behind the last that is loaded only where the list ends there. */
function insert(pages: Pages, row: Row, compare: (one: Row, other: Row) => number): Pages {
  let target = pages.pages.findIndex((page) => page.rows.some((other) => compare(row, other) < 0));
  if (target < 0) {
    target = pages.pages.length - 1;
    if (pages.pages[target]?.next !== null) return pages;
  }
  return {
    ...pages,
    pages: pages.pages.map((page, place) => {
      if (place !== target) return page;
      const at = page.rows.findIndex((other) => compare(row, other) < 0);
      const rows = [...page.rows];
      rows.splice(at < 0 ? rows.length : at, 0, row);
      return { ...page, rows };
    }),
  };
}
