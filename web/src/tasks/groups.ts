// A list as the lines that are shown: tasks, and the headings between them.
import { addDays, dueDay } from "@/time/days";
import type { Row } from "./rows";
import type { Scope } from "./scopes";

export type Line =
  | { readonly kind: "heading"; readonly key: string; readonly day: string | null; readonly count: number }
  | { readonly kind: "task"; readonly key: string; readonly row: Row; readonly group: string };

/** Empty days that Upcoming shows, so that a task can be moved there. */
const AHEAD = 7;

export interface Grouping {
  readonly scope: Scope;
  readonly today: string;
  readonly zone: string;
}

/** The lines of a list that is sorted by its due date. "overdue" is a heading without a day. */
export function linesOf(rows: readonly Row[], { scope, today, zone }: Grouping): readonly Line[] {
  const groups = new Map<string, Row[]>();
  if (scope === "upcoming") for (let days = 0; days < AHEAD; days++) groups.set(addDays(today, days), []);
  for (const row of rows) {
    const key = groupOf(row, scope, today, zone);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const keys = [...groups.keys()].sort((one, other) => rank(one).localeCompare(rank(other)));
  return keys.flatMap((key): Line[] => {
    const group = groups.get(key) ?? [];
    return [
      { kind: "heading", key: `# ${key}`, day: key === "overdue" ? null : key, count: group.length },
      ...group.map((row): Line => ({ kind: "task", key: row.id, row, group: key })),
    ];
  });
}

/** The lines of any other list: the tasks as they come. */
export function plainLines(rows: readonly Row[]): readonly Line[] {
  return rows.map((row) => ({ kind: "task", key: row.id, row, group: "" }));
}

function groupOf(row: Row, scope: Scope, today: string, zone: string): string {
  const day = dueDay(row, zone) ?? today;
  return scope === "today" && day < today ? "overdue" : day;
}

function rank(key: string): string {
  return key === "overdue" ? "" : key;
}
