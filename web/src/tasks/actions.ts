// What can be done with tasks from a list. Each is seen at once, says what it did, and can be taken back.
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { inWords } from "@/graphql/words";
import { dismiss, toast } from "@/shell/toasts";
import { onDay } from "@/time/days";
import {
  type BulkChange,
  before,
  changeAll,
  changeOne,
  completeAll,
  deleteAll,
  each,
  moveAll,
  reopenOne,
  restoreOne,
} from "./asking";
import { refresh } from "./freshen";
import { layOver, type Patch } from "./overlay";
import { putRows, type Row } from "./rows";
import { flushed, saved } from "./unsaved";

interface Step {
  readonly rows: readonly Row[];
  readonly patch: Patch | ((row: Row) => Patch);
  readonly ask: () => Promise<readonly Row[]>;
  /** What the message says; with `back` it offers the way back. */
  readonly done?: string;
  readonly back?: (changed: readonly Row[]) => Promise<unknown>;
}

export interface TaskActions {
  readonly complete: (rows: readonly Row[]) => Promise<boolean>;
  readonly reopen: (rows: readonly Row[]) => Promise<boolean>;
  readonly remove: (rows: readonly Row[]) => Promise<boolean>;
  readonly restore: (rows: readonly Row[]) => Promise<boolean>;
  /** The same change of each; undone by giving back what each had. */
  readonly change: (rows: readonly Row[], change: BulkChange, patch: Step["patch"]) => Promise<boolean>;
  /** To another day, each at its own time. */
  readonly moveAll: (rows: readonly Row[], day: string, zone: string) => Promise<boolean>;
  readonly move: (row: Row, dueDate: string, done: string) => Promise<boolean>;
}

export function useTaskActions(): TaskActions {
  const client = useQueryClient();
  const { t, i18n } = useLingui();

  async function take(step: Step): Promise<boolean> {
    const off = layOver(ids(step.rows), step.patch);
    const asked = step.ask();
    if (step.done !== undefined) offer(step, asked);
    try {
      putRows(client, await asked);
      return true;
    } catch (error) {
      tell(error, () => void take(step));
      return false;
    } finally {
      off();
      refresh(client);
    }
  }

  function offer({ done, back }: Step, asked: Promise<readonly Row[]>): void {
    if (done === undefined) return;
    const id = toast(done, back ? { action: { label: t`Undo`, run: () => void goBack(asked, back) } } : {});
    // What did not happen is not offered to be taken back.
    asked.catch(() => dismiss(id));
  }

  async function goBack(asked: Promise<readonly Row[]>, back: NonNullable<Step["back"]>): Promise<void> {
    try {
      await back(await asked);
    } catch (error) {
      tell(error);
    } finally {
      refresh(client);
    }
  }

  function tell(error: unknown, again?: () => void): void {
    toast(inWords(error, i18n), {
      kind: "failed",
      ...(again ? { action: { label: t`Try again`, run: again } } : {}),
    });
  }

  const actions: TaskActions = {
    complete: (rows) =>
      take({
        rows,
        patch: { status: "COMPLETED", isOverdue: false },
        // What comes after a task that recurs is made of what is saved of it.
        ask: () => saved(ids(rows)).then(() => completeAll(rows)),
        done:
          rows.length === 1
            ? t`Completed “${short(rows)}”`
            : plural(rows.length, { one: "Completed # task", other: "Completed # tasks" }),
        back: (changed) => each(changed, reopenOne),
      }),
    reopen: (rows) =>
      take({
        rows,
        patch: { status: "OPEN", completedAt: null },
        ask: () => each(rows, reopenOne),
        done:
          rows.length === 1
            ? t`Opened “${short(rows)}” again`
            : plural(rows.length, { one: "Opened # task again", other: "Opened # tasks again" }),
      }),
    remove: (rows) =>
      take({
        rows,
        patch: { deletedAt: new Date().toISOString() },
        // In the trash nothing can be changed any more.
        ask: () => flushed(ids(rows)).then(() => deleteAll(rows)),
        done:
          rows.length === 1
            ? t`Moved “${short(rows)}” to the trash`
            : plural(rows.length, { one: "Moved # task to the trash", other: "Moved # tasks to the trash" }),
        back: (changed) => each(changed, restoreOne),
      }),
    restore: (rows) =>
      take({
        rows,
        patch: { deletedAt: null },
        ask: () => each(rows, restoreOne),
        done:
          rows.length === 1
            ? t`Restored “${short(rows)}”`
            : plural(rows.length, { one: "Restored # task", other: "Restored # tasks" }),
        back: (changed) => deleteAll(changed),
      }),
    change: (rows, change, patch) =>
      take({
        rows,
        patch,
        ask: () => changeAll(rows, change),
        done: plural(rows.length, { one: "Changed # task", other: "Changed # tasks" }),
        back: (changed) => each(changed, (row) => changeOne(before(rows, row, change))),
      }),
    moveAll: (rows, day, zone) =>
      take({
        rows,
        patch: (row) => ({ dueDate: onDay(row, day, zone) }),
        ask: () => moveAll(rows, day, zone),
        done: plural(rows.length, { one: "Moved # task", other: "Moved # tasks" }),
        back: (changed) => each(changed, (row) => changeOne(before(rows, row, { dueDate: null }))),
      }),
    move: (row, dueDate, done) =>
      take({
        rows: [row],
        patch: { dueDate },
        ask: () => changeOne({ id: row.id, dueDate, expectedVersion: row.version }),
        done,
        back: ([changed]) =>
          changeOne({ id: row.id, dueDate: row.dueDate, ...(changed ? { expectedVersion: changed.version } : {}) }),
      }),
  };
  return actions;
}

function ids(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => row.id);
}

const SHOWN_CHARACTERS = 40;

function short(rows: readonly Row[]): string {
  const title = rows[0]?.title ?? "";
  return title.length > SHOWN_CHARACTERS ? `${title.slice(0, SHOWN_CHARACTERS - 1)}…` : title;
}
