// How the server sorts, near enough to put a changed task in its place among those that are loaded.
import type { SortKey, SortName } from "./filter";
import { PRIORITIES } from "./filter";
import type { Row } from "./rows";

const VALUES: Record<SortName, (row: Row) => string | number | null> = {
  due: (row) => instant(row.dueDate),
  priority: (row) => -PRIORITIES.indexOf(row.priority),
  title: (row) => row.title.toLowerCase(),
  created: (row) => instant(row.createdAt),
  updated: (row) => instant(row.updatedAt),
  completed: (row) => instant(row.completedAt),
  // Only the server knows it: such a task keeps its place, or goes to the front.
  relevance: () => 0,
};

/** Rows without a value go last, whichever way; rows of equal keys by their ids, the way of the first key. */
export function compareRows(keys: readonly SortKey[]): (one: Row, other: Row) => number {
  return (one, other) => {
    for (const { name, down } of keys) {
      const [a, b] = [VALUES[name](one), VALUES[name](other)];
      if (a === b) continue;
      if (a === null || b === null) return a === null ? 1 : -1;
      const order = typeof a === "string" ? a.localeCompare(String(b)) : a - Number(b);
      if (order !== 0) return down ? -order : order;
    }
    const byId = Number(one.id) - Number(other.id);
    return keys[0]?.down ? -byId : byId;
  };
}

function instant(value: string | null): number | null {
  return value === null ? null : new Date(value).getTime();
}
