// What the assistant called, as what is to be shown of it. The words are CallCard's; which tools there are is the API's
// business (graph/tools), so an unknown one is shown by its name.
import { withoutField } from "@/graphql/payload";
import type { Call } from "./stream";

const LOOKS = ["list_tasks", "search_tasks", "list_tags", "list_notifications", "get_stats"] as const;
const CHANGES = [
  "add_task",
  "quick_add",
  "update_task",
  "complete_task",
  "delete_task",
  "restore_task",
  "skip_task",
  "add_tag",
  "set_reminder",
  "snooze_reminder",
] as const;
export type Tool = (typeof LOOKS)[number] | (typeof CHANGES)[number];

const AWAITS = "AWAITS_CONFIRMATION";
const CONFIRM = "confirm_changes";
const QUESTION = "Not done yet. Answer yes (ja) to do all of this, or no (nein):";

export interface Told {
  /** looked: nothing was changed. held: it waits for a yes. */
  readonly kind: "looked" | "done" | "held" | "failed";
  readonly tool: Tool | null;
  readonly name: string;
  readonly title: string | null;
  readonly taskId: string | null;
  /** What it found, and how many there are. */
  readonly found: readonly { readonly id: string; readonly title: string }[];
  readonly count: number | null;
  readonly due: { readonly dueDate: string; readonly allDay: boolean } | null;
  readonly priority: string | null;
  readonly recurrence: string | null;
  readonly at: string | null;
  readonly why: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

export function tell(call: Call): Told {
  const result = fields(call.result);
  const given = fields(call.arguments);
  const errors = Array.isArray(result.errors) ? result.errors : [];
  const held = result.status === AWAITS;
  const tool = known(call.name);
  // Of what waits, what is to be changed stands in what it was called with.
  const facts = held ? given : result;
  const looked = LOOKS.some((name) => name === call.name);
  const failed = typeof call.result !== "object" || call.result === null || errors.length > 0;
  return {
    kind: failed ? "failed" : held ? "held" : looked ? "looked" : "done",
    tool,
    name: call.name,
    title: text(result.title) ?? text(result.name) ?? text(given.title) ?? text(given.name),
    taskId: text(result.task_id) ?? text(given.id) ?? text(given.taskId),
    found: tasks(result.tasks),
    count: count(result),
    due: text(facts.dueDate) === null ? null : { dueDate: String(facts.dueDate), allDay: facts.allDay === true },
    priority: facts.priority === "NONE" ? null : text(facts.priority),
    recurrence: text(fields(facts.recurrence).text),
    at: text(facts.remindAt) ?? text(facts.at),
    why: failed ? reason(fields(errors[0])) : null,
  };
}

/** The calls to show: what stands for a whole list is left out, for the list itself is there. */
export function shownCalls(calls: readonly Call[]): readonly Told[] {
  return calls.filter((call) => call.name !== CONFIRM).map(tell);
}

/** A reply's text without the list of what waits for a yes, which is shown with buttons; unchanged where it is not there. */
export function withoutQuestion(reply: string, held: number): string {
  const at = reply.lastIndexOf(QUESTION);
  if (at < 0 || held === 0) return reply;
  const lines = reply
    .slice(at + QUESTION.length)
    .split("\n")
    .filter((line) => line !== "");
  return lines.every((line) => line.startsWith("- ")) ? reply.slice(0, at).trimEnd() : reply;
}

/** Whether any of them changed something, so that what other pages show is old. */
export function changesAnything(calls: readonly Call[]): boolean {
  return calls.some((call) => {
    const { kind } = tell(call);
    return kind === "done" || call.name === CONFIRM;
  });
}

function reason({ message, path }: Fields): string | null {
  const said = text(message);
  return said === null ? null : withoutField({ message: said, path: Array.isArray(path) ? path.map(String) : [] });
}

function known(name: string): Tool | null {
  return [...LOOKS, ...CHANGES].find((tool) => tool === name) ?? null;
}

function fields(value: unknown): Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : {};
}

function text(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}

function tasks(value: unknown): Told["found"] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((task) => {
    const [id, title] = [text(fields(task).task_id), text(fields(task).title)];
    return id === null || title === null ? [] : [{ id, title }];
  });
}

function count(result: Fields): number | null {
  if (typeof result.totalCount === "number") return result.totalCount;
  const list = result.tags ?? result.tasks ?? result.notifications;
  return Array.isArray(list) ? list.length : null;
}
