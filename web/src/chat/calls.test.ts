import { describe, expect, it } from "vitest";
import { changesAnything, shownCalls, tell, withoutQuestion } from "./calls";

const call = (name: string, result: unknown, args: unknown = {}) => ({ name, arguments: args, result });
const held = call(
  "delete_task",
  { status: "AWAITS_CONFIRMATION", task_id: "5", title: "Milk", note: "…" },
  { id: "5" },
);

describe("what was called", () => {
  it("names the task, when it is due, and how much it matters", () => {
    const result = {
      task_id: "5",
      status: "OPEN",
      title: "Milk",
      dueDate: "2026-12-01T08:00:00Z",
      allDay: false,
      priority: "HIGH",
    };
    expect(tell(call("add_task", result))).toMatchObject({
      kind: "done",
      title: "Milk",
      taskId: "5",
      due: { dueDate: "2026-12-01T08:00:00Z", allDay: false },
      priority: "HIGH",
    });
  });

  it("says why it failed, also where it gave nothing that can be read", () => {
    const refused = { errors: [{ code: "NOT_FOUND", message: "id: there is no such task", path: ["id"] }] };
    expect(tell(call("complete_task", refused, { id: "9" }))).toMatchObject({
      kind: "failed",
      taskId: "9",
      why: "there is no such task",
    });
    expect(tell(call("complete_task", null))).toMatchObject({ kind: "failed", why: null });
  });

  it("that waits for a yes is not done, and shows what would be changed", () => {
    expect(tell(held)).toMatchObject({ kind: "held", title: "Milk", taskId: "5" });
    const update = call(
      "update_task",
      { status: "AWAITS_CONFIRMATION", task_id: "5", title: "Milk" },
      { id: "5", priority: "LOW" },
    );
    expect(tell(update)).toMatchObject({ kind: "held", priority: "LOW" });
  });

  it("that only looked says how many there are", () => {
    const list = { tasks: [{ task_id: "5", title: "Milk" }, { strange: 1 }], totalCount: 31 };
    expect(tell(call("list_tasks", list))).toMatchObject({
      kind: "looked",
      count: 31,
      found: [{ id: "5", title: "Milk" }],
    });
  });

  it("is shown by its name where it is not known, and not at all where it only stands for others", () => {
    const shown = shownCalls([call("confirm_changes", { results: [] }), call("brew_coffee", {})]);
    expect(shown.map(({ name, tool }) => [name, tool])).toEqual([["brew_coffee", null]]);
  });

  it("makes other pages old only where it changed something", () => {
    expect(changesAnything([held, call("list_tasks", { tasks: [] })])).toBe(false);
    expect(changesAnything([call("delete_task", { task_id: "5", status: "OPEN", title: "Milk" })])).toBe(true);
  });
});

describe("a reply that asks", () => {
  const list =
    "Not done yet. Answer yes (ja) to do all of this, or no (nein):\n- delete “Milk” (5)\n- delete “Bread” (6)";

  it("is shown without its list, which has buttons", () => {
    expect(withoutQuestion(`I found two.\n\n${list}`, 2)).toBe("I found two.");
    expect(withoutQuestion(list, 2)).toBe("");
  });

  it("is left alone where nothing waits, or where more was said after it", () => {
    expect(withoutQuestion(list, 0)).toBe(list);
    expect(withoutQuestion(`${list}\n\nAnd more.`, 2)).toBe(`${list}\n\nAnd more.`);
  });
});
