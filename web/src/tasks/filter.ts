// A list's filter, search and sort as they stand in the address. What an address says wrongly is left out and told.
import type { Priority, TaskSortField, TaskStatus } from "@/gql/graphql";
import { isDay } from "@/time/days";

export const STATUSES = ["OPEN", "COMPLETED", "SKIPPED"] as const satisfies readonly TaskStatus[];
export const PRIORITIES = ["URGENT", "HIGH", "MEDIUM", "LOW", "NONE"] as const satisfies readonly Priority[];
export const TAG_MODES = ["any", "all", "only", "none"] as const;
export type TagMode = (typeof TAG_MODES)[number];

export const SORT_FIELDS = {
  due: "DUE_DATE",
  priority: "PRIORITY",
  title: "TITLE",
  created: "CREATED_AT",
  updated: "UPDATED_AT",
  completed: "COMPLETED_AT",
  relevance: "RELEVANCE",
} as const satisfies Record<string, TaskSortField>;
export type SortName = keyof typeof SORT_FIELDS;

export interface SortKey {
  readonly name: SortName;
  readonly down: boolean;
}

export interface ListFilter {
  readonly q: string;
  readonly status: readonly TaskStatus[];
  readonly priority: readonly Priority[];
  /** Tasks with any of these tags, with all, with no others, or with none of them; or without any tag at all. */
  readonly tags: { readonly mode: TagMode; readonly ids: readonly string[] } | "untagged" | null;
  /** Days, both included; either may be open. */
  readonly due: { readonly from: string | null; readonly to: string | null } | "none" | null;
  readonly recurring: boolean | null;
  /** Empty: as the page sorts by itself. */
  readonly sort: readonly SortKey[];
}

export const NO_FILTER: ListFilter = {
  q: "",
  status: [],
  priority: [],
  tags: null,
  due: null,
  recurring: null,
  sort: [],
};

/** A part of an address that means nothing here. */
export interface Problem {
  readonly param: string;
  readonly value: string;
}

type Part = keyof ListFilter;
type Reader<P extends Part> = (value: string) => ListFilter[P] | undefined;

const MOST_CHARACTERS = 500;
const MOST_TAGS = 50;

const READERS: { readonly [P in Part]: Reader<P> } = {
  q: (value) => (value.length <= MOST_CHARACTERS ? value : undefined),
  status: (value) => oneOrMore(value, STATUSES),
  priority: (value) => oneOrMore(value, PRIORITIES),
  tags: readTags,
  due: readDue,
  recurring: (value) => ({ yes: true, no: false })[value],
  sort: readSort,
};

/** Others may be in the address beside the filter's. */
const OTHERS = new Set(["task"]);

export function readFilter(params: URLSearchParams): {
  readonly filter: ListFilter;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const filter: { -readonly [P in Part]: ListFilter[P] } = { ...NO_FILTER };
  const seen = new Set<string>();
  for (const [param, value] of params) {
    if (OTHERS.has(param)) continue;
    if (!isPart(param) || seen.has(param)) problems.push({ param, value });
    else if (!put(filter, param, value)) problems.push({ param, value });
    seen.add(param);
  }
  return { filter, problems };
}

export function writeFilter(filter: ListFilter): URLSearchParams {
  const params = new URLSearchParams();
  const put = (name: Part, value: string) => void (value !== "" && params.set(name, value));
  put("q", filter.q);
  put("status", filter.status.join(",").toLowerCase());
  put("priority", filter.priority.join(",").toLowerCase());
  if (filter.tags === "untagged") put("tags", "untagged");
  else if (filter.tags !== null && filter.tags.ids.length > 0)
    put("tags", `${filter.tags.mode}:${filter.tags.ids.join(",")}`);
  if (filter.due === "none") put("due", "none");
  else if (filter.due !== null && (filter.due.from ?? filter.due.to) !== null)
    put("due", `${filter.due.from ?? ""}..${filter.due.to ?? ""}`);
  if (filter.recurring !== null) put("recurring", filter.recurring ? "yes" : "no");
  put("sort", filter.sort.map((key) => (key.down ? "-" : "") + key.name).join(","));
  return params;
}

/** How many conditions there are, the search and the sort left out. */
export function countConditions(filter: ListFilter): number {
  const { status, priority, tags, due, recurring } = filter;
  return [status.length > 0, priority.length > 0, tags !== null, due !== null, recurring !== null].filter(Boolean)
    .length;
}

function isPart(param: string): param is Part {
  return Object.hasOwn(READERS, param);
}

function put<P extends Part>(filter: { -readonly [Q in Part]: ListFilter[Q] }, param: P, value: string): boolean {
  const read: Reader<P> = READERS[param];
  const found = read(value);
  if (found === undefined) return false;
  filter[param] = found;
  return true;
}

function oneOrMore<T extends string>(value: string, allowed: readonly T[]): readonly T[] | undefined {
  const given = value.toUpperCase().split(",");
  const known = allowed.filter((one) => given.includes(one));
  return known.length === given.length ? known : undefined;
}

function readTags(value: string): ListFilter["tags"] | undefined {
  if (value === "untagged") return "untagged";
  const [, given, list] = /^(\w+):(\d{1,18}(?:,\d{1,18})*)$/.exec(value) ?? [];
  const mode = TAG_MODES.find((one) => one === given);
  const ids = [...new Set(list?.split(","))];
  return mode !== undefined && ids.length <= MOST_TAGS ? { mode, ids } : undefined;
}

function readDue(value: string): ListFilter["due"] | undefined {
  if (value === "none") return "none";
  const [, from, to] = /^([\d-]*)\.\.([\d-]*)$/.exec(value) ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return undefined;
  if ((from !== "" && !isDay(from)) || (to !== "" && !isDay(to)) || (from !== "" && to !== "" && from > to))
    return undefined;
  return { from: from || null, to: to || null };
}

function readSort(value: string): readonly SortKey[] | undefined {
  const keys = value.split(",").map((key) => ({ name: key.replace(/^-/, ""), down: key.startsWith("-") }));
  const sound = keys.filter((key): key is SortKey => Object.hasOwn(SORT_FIELDS, key.name));
  return sound.length === keys.length && new Set(sound.map((key) => key.name)).size === keys.length ? sound : undefined;
}
