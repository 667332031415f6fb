// What the lists have in the cache: plain rows, and how a changed task gets into all of them.
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { TaskRowFragment } from "@/gql/graphql";

export type Row = Omit<TaskRowFragment, " $fragmentName">;

export interface Page {
  readonly rows: readonly Row[];
  /** Where to go on; null at the end. */
  readonly next: string | null;
  readonly total: number;
  /** When the newest change was that this page knows of; null where there is no task at all. */
  readonly asOf: string | null;
}

export type Pages = InfiniteData<Page, string | null>;

/** Everything that shows tasks begins with this; lists with ["tasks", "list"], one task with ["tasks", "one"]. */
export const TASKS = ["tasks"] as const;
export const LISTS = ["tasks", "list"] as const;

/** The pages with newer rows in the place of older ones; the same object where nothing is newer. */
export function replaceRows(pages: Pages, rows: readonly Row[]): Pages {
  const newer = new Map(rows.map((row) => [row.id, row]));
  const stale = (row: Row) => (newer.get(row.id)?.version ?? -1) > row.version;
  if (!pages.pages.some((page) => page.rows.some(stale))) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page) =>
      page.rows.some(stale)
        ? { ...page, rows: page.rows.map((row) => (stale(row) ? (newer.get(row.id) ?? row) : row)) }
        : page,
    ),
  };
}

/** The pages without some rows. */
export function withoutRows(pages: Pages, gone: ReadonlySet<string>): Pages {
  const lost = pages.pages.reduce((sum, page) => sum + page.rows.filter((row) => gone.has(row.id)).length, 0);
  if (lost === 0) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page,
      rows: page.rows.filter((row) => !gone.has(row.id)),
      total: Math.max(0, page.total - lost),
    })),
  };
}

/** All rows, each once: a task that moved while pages were fetched may be on two of them. */
export function allRows(pages: Pick<Pages, "pages"> | undefined): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const page of pages?.pages ?? []) for (const row of page.rows) if (!rows.has(row.id)) rows.set(row.id, row);
  return [...rows.values()];
}

/** Puts what a mutation gave back into every list that has it. */
export function putRows(client: QueryClient, rows: readonly Row[]): void {
  client.setQueriesData<Pages>({ queryKey: LISTS }, (pages) => pages && replaceRows(pages, rows));
}
