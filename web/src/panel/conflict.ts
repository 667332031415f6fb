// Two people (or two windows) changing one task. A change is sent with the version it was made on; where that is stale, what
// else was changed decides: other fields are no matter, the same field is shown with both values.
import type { UpdateTaskInput } from "@/gql/graphql";
import type { TaskDetail } from "./detail";

/** What can be changed of a task, but its id and version. */
export type Change = Omit<UpdateTaskInput, "id" | "expectedVersion">;

/** What a field of a change is compared with, in a task. */
const CURRENT: { readonly [F in keyof Change]-?: (task: TaskDetail) => unknown } = {
  title: (task) => task.title,
  description: (task) => task.description,
  priority: (task) => task.priority,
  dueDate: (task) => task.dueDate && new Date(task.dueDate).getTime(),
  allDay: (task) => task.allDay,
  timeZone: (task) => task.timeZone,
  reminderMinutes: (task) => task.reminderMinutes,
  recurrence: (task) => task.recurrence && [task.recurrence.rule, task.recurrence.anchor],
  tagIds: (task) => task.tags.map((tag) => tag.id).sort(),
  tagNames: (task) => task.tags.map((tag) => tag.name).sort(),
};

/** For each field, the task as our own last change of that field has left it. */
export type Own = ReadonlyMap<keyof Change, TaskDetail>;

/** The fields of a change that somebody else has changed since `base`, to something else than the change says. */
export function clashes(base: TaskDetail, latest: TaskDetail, change: Change, own: Own): readonly (keyof Change)[] {
  return fieldsOf(change).filter((field) => {
    const current = CURRENT[field];
    const mine = own.get(field);
    const before = mine !== undefined && mine.version > base.version ? mine : base;
    return !same(current(before), current(latest)) && !same(wanted(change, field), current(latest));
  });
}

export function fieldsOf(change: Change): readonly (keyof Change)[] {
  return Object.keys(change) as (keyof Change)[];
}

function wanted(change: Change, field: keyof Change): unknown {
  const value = change[field];
  if (field === "dueDate" && typeof value === "string") return new Date(value).getTime();
  return Array.isArray(value) && field !== "reminderMinutes" ? [...value].sort() : value;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
