// What each list is of, and how the API is asked for it with the filter of the address on top.
import type { TaskFilter, TaskSort } from "@/gql/graphql";
import { addDays, startOf } from "@/time/days";
import { type ListFilter, SORT_FIELDS, type SortKey } from "./filter";

export type Scope = "today" | "upcoming" | "overdue" | "all" | "completed" | "trash";

export interface Question {
  readonly filter: TaskFilter;
  readonly search: string | null;
  readonly sort: readonly TaskSort[];
}

const SORTS: Record<Scope, readonly SortKey[]> = {
  today: [up("due"), down("priority")],
  upcoming: [up("due"), down("priority")],
  overdue: [up("due"), down("priority")],
  all: [down("created")],
  completed: [down("completed")],
  trash: [down("updated")],
};

/** How a list is sorted: as the address says, by relevance while searching, else as the page does by itself. */
export function sortKeys(scope: Scope, filter: ListFilter): readonly SortKey[] {
  const searching = filter.q.trim() !== "";
  const given = filter.sort.filter((key) => searching || key.name !== "relevance");
  if (given.length > 0) return given;
  return searching ? [down("relevance")] : SORTS[scope];
}

export function question(scope: Scope, filter: ListFilter, today: string, zone: string): Question {
  const search = filter.q.trim();
  return {
    filter: { ...base(scope, today, zone), and: conditions(filter, zone) },
    search: search === "" ? null : search,
    sort: sortKeys(scope, filter).map(({ name, down }) => ({
      field: SORT_FIELDS[name],
      direction: down ? "DESC" : "ASC",
      nulls: "LAST",
    })),
  };
}

function base(scope: Scope, today: string, zone: string): TaskFilter {
  switch (scope) {
    case "today":
      return { status: { eq: "OPEN" }, dueDate: { lt: startOf(addDays(today, 1), zone) } };
    case "upcoming":
      return { status: { eq: "OPEN" }, dueDate: { gte: startOf(today, zone) } };
    case "overdue":
      return { isOverdue: true };
    case "completed":
      return { status: { eq: "COMPLETED" } };
    case "trash":
      return { inTrash: true };
    case "all":
      return {};
  }
}

function conditions({ status, priority, tags, due, recurring }: ListFilter, zone: string): TaskFilter[] {
  return [
    ...(status.length > 0 ? [{ status: { in: [...status] } }] : []),
    ...(priority.length > 0 ? [{ priority: { in: [...priority] } }] : []),
    ...tagConditions(tags),
    ...(due === null ? [] : [{ dueDate: dueCondition(due, zone) }]),
    ...(recurring === null ? [] : [{ isRecurring: recurring }]),
  ];
}

function tagConditions(tags: ListFilter["tags"]): TaskFilter[] {
  if (tags === null) return [];
  if (tags === "untagged") return [{ tags: { isEmpty: true } }];
  const ids = [...tags.ids];
  switch (tags.mode) {
    case "any":
      return [{ tags: { some: { id: { in: ids } } } }];
    case "all":
      return ids.map((id) => ({ tags: { some: { id: { eq: id } } } }));
    case "only":
      return [{ tags: { every: { id: { in: ids } }, isEmpty: false } }];
    case "none":
      return [{ tags: { none: { id: { in: ids } } } }];
  }
}

function dueCondition(due: Exclude<ListFilter["due"], null>, zone: string): NonNullable<TaskFilter["dueDate"]> {
  if (due === "none") return { isNull: true };
  return {
    ...(due.from === null ? {} : { gte: startOf(due.from, zone) }),
    ...(due.to === null ? {} : { lt: startOf(addDays(due.to, 1), zone) }),
  };
}

function up(name: SortKey["name"]): SortKey {
  return { name, down: false };
}

function down(name: SortKey["name"]): SortKey {
  return { name, down: true };
}
