// Which lists are asked for anew as a whole, and which by what has changed.
import type { Query, QueryClient } from "@tanstack/react-query";
import { readFragment } from "@/gql";
import { TaskRowFragmentDoc, TasksDeltaDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { applyDelta } from "./delta";
import type { SortKey } from "./filter";
import { SORT_FIELDS } from "./filter";
import { compareRows } from "./order";
import { LISTS, type Pages, TASKS } from "./rows";
import type { Question } from "./scopes";

/** Lists of up to so many pages are asked for anew as a whole. */
const SHORT = 3;
/** A change is seen a moment after its time; so far back is looked again. Milliseconds. */
const OVERLAP = 10_000;

export function isLong(pages: Pick<Pages, "pages"> | undefined): boolean {
  return (pages?.pages.length ?? 0) > SHORT;
}

/** Everything that shows tasks or counts them is asked for anew. */
export function refresh(client: QueryClient): void {
  const long = (query: Query) => query.queryKey[1] === LISTS[1] && isLong(query.state.data as Pages | undefined);
  void client.invalidateQueries({ queryKey: TASKS, predicate: (query) => !long(query) });
  for (const query of client.getQueryCache().findAll({ queryKey: LISTS, type: "active", predicate: long }))
    void freshen(client, query.queryKey[2] as Question);
  void client.invalidateQueries({ queryKey: ["counts"] });
  // What is asked for the first time is not asked for again meanwhile: its answer may be from before the change.
  const first = (query: Query) => query.state.fetchStatus === "fetching" && query.state.data === undefined;
  for (const query of client.getQueryCache().findAll({ queryKey: TASKS, predicate: first })) {
    const anew = () => client.invalidateQueries({ queryKey: query.queryKey, exact: true });
    void query.promise?.then(anew, anew);
  }
}

/** Brings a long list up to date by what has changed; where too much has, as a whole. */
export async function freshen(client: QueryClient, question: Question): Promise<void> {
  const key = [...LISTS, question];
  const before = client.getQueryData<Pages>(key);
  const asOf = before?.pages.reduce<string | null>((oldest, { asOf }) => least(oldest, asOf), null) ?? null;
  if (before === undefined || asOf === null) return;
  const since = new Date(new Date(asOf).getTime() - OVERLAP).toISOString();
  const { filter, search } = question;
  const members = { ...filter, and: [...(filter.and ?? []), { updatedAt: { gte: since } }] };
  const sort = [...question.sort];
  // A failure shows itself by the next query of what is on the screen.
  const found = await execute(TasksDeltaDocument, { members, search, sort, all: filter, since }).catch(() => null);
  if (found === null) return;
  const { changed, trashed } = found;
  if ([found.members, changed, trashed].some((list) => list.pageInfo.hasNextPage))
    return client.invalidateQueries({ queryKey: key, exact: true });
  const touched = [...changed.nodes, ...trashed.nodes];
  const delta = {
    members: readFragment(TaskRowFragmentDoc, found.members.nodes),
    changed: new Set(touched.map((task) => task.id)),
    total: found.counted.totalCount,
    asOf: [asOf, ...touched.map((task) => task.updatedAt)].sort().at(-1) ?? asOf,
  };
  const compare = compareRows(keysOf(question));
  client.setQueryData<Pages>(key, (now) => now && applyDelta(now, delta, compare));
}

function keysOf({ sort }: Question): readonly SortKey[] {
  const names = Object.entries(SORT_FIELDS) as [SortKey["name"], (typeof SORT_FIELDS)[SortKey["name"]]][];
  return sort.flatMap(({ field, direction }) =>
    names.filter(([, its]) => its === field).map(([name]) => ({ name, down: direction === "DESC" })),
  );
}

function least(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}
