// Saves one change of the open task, and says how that went at its field.
import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { UpdateTaskDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted, byField, Refused } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { refresh } from "@/tasks/freshen";
import { layOver, type Patch } from "@/tasks/overlay";
import { putRows } from "@/tasks/rows";
import { type Change, clashes, fieldsOf, type Own } from "./conflict";
import { fetchTask, readDetail, type TaskDetail, taskQuery } from "./detail";

export interface Conflict {
  readonly change: Change;
  readonly fields: readonly (keyof Change)[];
  /** The task as somebody else has left it. */
  readonly theirs: TaskDetail;
}

export interface Saving {
  readonly errors: Readonly<Record<string, string>>;
  readonly conflict: Conflict | null;
  readonly saving: boolean;
  /** When all that was asked for until now has been answered. */
  readonly settled: () => Promise<unknown>;
  /** Whether it was saved; the change was made while the task was as `base`. */
  readonly save: (change: Change, base: TaskDetail, shown?: Patch) => Promise<boolean>;
  /** What else changes the task: its result goes to the same places. */
  readonly run: (field: string, ask: () => Promise<TaskDetail | null>) => Promise<boolean>;
  readonly keepMine: () => Promise<boolean>;
  readonly takeTheirs: () => void;
  /** Grows when what was typed gives way to what somebody else wrote. */
  readonly dropped: number;
  /** What was refused of a field is no matter any more: something else is being typed. */
  readonly forgive: (field: string) => void;
  /** Sends what failed once more. */
  readonly again: (() => void) | null;
}

const FIELDS: readonly string[] = [
  "title",
  "description",
  "priority",
  "dueDate",
  "allDay",
  "timeZone",
  "reminderMinutes",
  "recurrence",
  "tagIds",
  "tagNames",
];

export function useSave(id: string): Saving {
  const client = useQueryClient();
  const { i18n } = useLingui();
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [asked, setAsked] = useState(0);
  const [dropped, setDropped] = useState(0);
  const [again, setAgain] = useState<(() => void) | null>(null);
  // One after the other: the second change is made on what the first has left.
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const own = useRef(new Map<keyof Change, TaskDetail>());

  const put = (task: TaskDetail) => {
    client.setQueryData(taskQuery(id).queryKey, task);
    putRows(client, [task]);
  };

  const inTurn = async <T>(act: () => Promise<T>): Promise<T> => {
    const turn = queue.current.then(act, act);
    queue.current = turn.catch(() => undefined);
    setAsked((count) => count + 1);
    try {
      return await turn;
    } finally {
      setAsked((count) => count - 1);
    }
  };

  const fail = (error: unknown, fields: readonly string[], retry: () => void) => {
    const [first = ""] = fields;
    const found = byField(error, FIELDS);
    const { "": general, ...own } = found;
    const words = error instanceof Refused ? own : {};
    // What belongs to no field of the form is shown at the field that was changed.
    const rest = error instanceof Refused ? general : inWords(error, i18n);
    setErrors((old) => ({ ...old, ...words, ...(rest ? { [first]: rest } : {}) }));
    if (!(error instanceof Refused)) setAgain(() => retry);
  };

  const run: Saving["run"] = (field, ask) =>
    inTurn(async () => {
      setErrors((old) => without(old, [field]));
      setAgain(null);
      try {
        const task = await ask();
        if (task) put(task);
        return true;
      } catch (error) {
        fail(error, [field], () => void run(field, ask));
        return false;
      } finally {
        refresh(client);
      }
    });

  const save: Saving["save"] = (change, base, shown = {}) => {
    const fields = Object.keys(change);
    const off = layOver([id], shown);
    return inTurn(async () => {
      setErrors((old) => without(old, fields));
      setAgain(null);
      try {
        const seen = client.getQueryData(taskQuery(id).queryKey) ?? base;
        const result = await update({ id, change, base, seen, own: own.current });
        if ("fields" in result) {
          put(result.theirs);
          setConflict(result);
          return false;
        }
        put(result);
        for (const field of fieldsOf(change)) own.current.set(field, result);
        return true;
      } catch (error) {
        fail(error, fields, () => void save(change, base, shown));
        return false;
      } finally {
        off();
        refresh(client);
      }
    });
  };

  return {
    errors,
    conflict,
    saving: asked > 0,
    settled: () => queue.current,
    save,
    run,
    keepMine: async () => {
      if (conflict === null) return true;
      setConflict(null);
      return save(conflict.change, conflict.theirs);
    },
    takeTheirs: () => {
      setConflict(null);
      setDropped((count) => count + 1);
    },
    dropped,
    forgive: (field) => setErrors((old) => (field in old ? without(old, [field]) : old)),
    again,
  };
}

interface Update {
  readonly id: string;
  readonly change: Change;
  readonly base: TaskDetail;
  /** The newest that is known of it. */
  readonly seen: TaskDetail;
  readonly own: Own;
}

/** The changed task, or the conflict. Changes of other fields by somebody else are no conflict. */
async function update({ id, change, base, seen, own }: Update): Promise<TaskDetail | Conflict> {
  const found = clashes(base, seen, change, own);
  if (found.length > 0) return { change, fields: found, theirs: seen };
  try {
    return await ask(id, change, seen.version);
  } catch (error) {
    if (!(error instanceof Refused && error.conflict)) throw error;
    const theirs = await fetchTask(id);
    if (theirs === null || theirs.version === seen.version) throw error;
    const fields = clashes(base, theirs, change, own);
    return fields.length > 0 ? { change, fields, theirs } : ask(id, change, theirs.version);
  }
}

async function ask(id: string, change: Change, expectedVersion: number): Promise<TaskDetail> {
  const { updateTask } = await execute(UpdateTaskDocument, { input: { id, ...change, expectedVersion } });
  const { task } = accepted(updateTask);
  if (task === null) throw new Error("updateTask gave neither a task nor errors");
  return readDetail(task);
}

function without(
  errors: Readonly<Record<string, string>>,
  fields: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(errors).filter(([field]) => !fields.includes(field)));
}
