import { describe, expect, it } from "vitest";
import { type Change, clashes } from "./conflict";
import type { TaskDetail } from "./detail";

function task(version: number, more: Partial<TaskDetail> = {}): TaskDetail {
  return {
    id: "7",
    title: "Pay rent",
    description: "",
    status: "OPEN",
    priority: "NONE",
    dueDate: "2026-12-01T08:00:00Z",
    allDay: false,
    timeZone: "Europe/Berlin",
    isOverdue: false,
    isRecurring: false,
    reminderMinutes: [],
    reminders: [],
    recurrence: null,
    parentTask: null,
    nextTask: null,
    seriesId: null,
    version,
    createdAt: "2026-11-01T00:00:00Z",
    updatedAt: "2026-11-01T00:00:00Z",
    completedAt: null,
    deletedAt: null,
    tags: [],
    ...more,
  };
}

const NOBODY = new Map<keyof Change, TaskDetail>();
const base = task(1);

describe("two changes of one task", () => {
  it("clash where both are of the same field", () => {
    const latest = task(2, { title: "Pay the rent", priority: "HIGH" });
    expect(clashes(base, latest, { title: "Rent!", description: "new" }, NOBODY)).toEqual(["title"]);
  });

  it("do not clash where they are of different fields, or say the same", () => {
    const latest = task(2, { title: "Rent!", priority: "HIGH" });
    expect(clashes(base, latest, { title: "Rent!" }, NOBODY)).toEqual([]);
    expect(clashes(base, latest, { description: "new" }, NOBODY)).toEqual([]);
  });

  it("compare due dates as instants, and tags whatever their order", () => {
    const tags = [
      { id: "2", name: "b", color: "#000000" },
      { id: "1", name: "a", color: "#000000" },
    ];
    const latest = task(2, { dueDate: "2026-12-02T08:00:00Z", tags });
    expect(clashes(base, latest, { dueDate: "2026-12-02T09:00:00+01:00", tagIds: ["1", "2"] }, NOBODY)).toEqual([]);
    expect(clashes(base, latest, { dueDate: null, tagIds: [] }, NOBODY)).toEqual(["dueDate", "tagIds"]);
  });

  it("are no clash where the first was our own", () => {
    const mine = task(2, { title: "First" });
    const own = new Map<keyof Change, TaskDetail>([["title", mine]]);
    expect(clashes(base, mine, { title: "Second" }, own)).toEqual([]);
    expect(clashes(base, task(3, { title: "Theirs" }), { title: "Second" }, own)).toEqual(["title"]);
    // Our own change of another field does not hide theirs.
    const priority = new Map<keyof Change, TaskDetail>([["priority", task(3, { title: "Theirs" })]]);
    expect(clashes(base, task(3, { title: "Theirs" }), { title: "Second" }, priority)).toEqual(["title"]);
  });
});
