// The mutations of tasks as functions from rows to rows. A refusal is thrown; a bulk call is all or nothing for each 100.
import { type FragmentType, readFragment } from "@/gql";
import {
  type BulkUpdateTasksInput,
  ChangeTaskDocument,
  ChangeTasksDocument,
  CompleteTaskDocument,
  CompleteTasksDocument,
  DeleteTaskDocument,
  DeleteTasksDocument,
  ReopenTaskDocument,
  RestoreTaskDocument,
  TaskRowFragmentDoc,
  type UpdateTaskInput,
} from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted } from "@/graphql/payload";
import { onDay } from "@/time/days";
import type { Row } from "./rows";

/** The most that one bulk call takes. */
const BULK = 100;

export type BulkChange = Omit<BulkUpdateTasksInput, "ids">;

type Masked = FragmentType<typeof TaskRowFragmentDoc>;

const read = (task: Masked): Row => readFragment(TaskRowFragmentDoc, task);

export async function completeAll(rows: readonly Row[]): Promise<readonly Row[]> {
  const [only] = rows;
  if (only !== undefined && rows.length === 1) {
    const { completeTask } = await execute(CompleteTaskDocument, { input: { id: only.id } });
    return one(accepted(completeTask).task);
  }
  return inBulk(rows, async (ids) => accepted((await execute(CompleteTasksDocument, { ids })).completeTasks).tasks);
}

export async function deleteAll(rows: readonly Row[]): Promise<readonly Row[]> {
  const [only] = rows;
  if (only !== undefined && rows.length === 1) {
    const { deleteTask } = await execute(DeleteTaskDocument, { input: { id: only.id } });
    return one(accepted(deleteTask).task);
  }
  return inBulk(rows, async (ids) => accepted((await execute(DeleteTasksDocument, { ids })).deleteTasks).tasks);
}

export async function changeAll(rows: readonly Row[], change: BulkChange): Promise<readonly Row[]> {
  return inBulk(
    rows,
    async (ids) => accepted((await execute(ChangeTasksDocument, { input: { ids, ...change } })).updateTasks).tasks,
  );
}

export async function changeOne(input: UpdateTaskInput): Promise<readonly Row[]> {
  return one(accepted((await execute(ChangeTaskDocument, { input })).updateTask).task);
}

/** To another day, each at its own time; those without a due date for the whole day. */
export async function moveAll(rows: readonly Row[], day: string, zone: string): Promise<readonly Row[]> {
  const undated = rows.filter((row) => row.dueDate === null);
  const byInstant = Map.groupBy(
    rows.filter((row) => row.dueDate !== null),
    (row) => onDay(row, day, zone),
  );
  const changed = [
    ...(await each(undated, (row) => changeOne({ id: row.id, dueDate: onDay(row, day, zone), allDay: true }))),
  ];
  for (const [dueDate, group] of byInstant) changed.push(...(await changeAll(group, { dueDate })));
  return changed;
}

export async function reopenOne({ id }: Row): Promise<readonly Row[]> {
  return one(accepted((await execute(ReopenTaskDocument, { input: { id } })).reopenTask).task);
}

export async function restoreOne({ id }: Row): Promise<readonly Row[]> {
  return one(accepted((await execute(RestoreTaskDocument, { input: { id } })).restoreTask).task);
}

/** One after the other: there is no bulk call for it. */
export async function each(rows: readonly Row[], ask: (row: Row) => Promise<readonly Row[]>): Promise<readonly Row[]> {
  const changed: Row[] = [];
  for (const row of rows) changed.push(...(await ask(row)));
  return changed;
}

/** What gives a changed task back what it had before a bulk change. */
export function before(rows: readonly Row[], changed: Row, change: BulkChange): UpdateTaskInput {
  const had = rows.find((row) => row.id === changed.id);
  return {
    id: changed.id,
    expectedVersion: changed.version,
    ...(had && change.priority !== undefined ? { priority: had.priority } : {}),
    ...(had && change.dueDate !== undefined ? { dueDate: had.dueDate } : {}),
    ...(had && (change.addTagIds ?? change.removeTagIds) ? { tagIds: had.tags.map((tag) => tag.id) } : {}),
  };
}

function one(task: Masked | null): readonly Row[] {
  return task === null ? [] : [read(task)];
}

async function inBulk(
  rows: readonly Row[],
  ask: (ids: string[]) => Promise<readonly Masked[]>,
): Promise<readonly Row[]> {
  const changed: Row[] = [];
  for (let from = 0; from < rows.length; from += BULK) {
    const ids = rows.slice(from, from + BULK).map((row) => row.id);
    changed.push(...(await ask(ids)).map(read));
  }
  return changed;
}
