import { describe, expect, it } from "vitest";
import { seen } from "./overlay";
import { allRows, type Page, type Pages, type Row, replaceRows, withoutRows } from "./rows";

function row(id: string, more: Partial<Row> = {}): Row {
  return {
    id,
    title: `Task ${id}`,
    status: "OPEN",
    priority: "NONE",
    dueDate: null,
    allDay: false,
    timeZone: "UTC",
    isOverdue: false,
    isRecurring: false,
    reminderMinutes: [],
    version: 1,
    completedAt: null,
    deletedAt: null,
    createdAt: "2026-12-01T00:00:00Z",
    updatedAt: "2026-12-01T00:00:00Z",
    tags: [],
    ...more,
  };
}

function pages(...given: Row[][]): Pages {
  const made = given.map((rows): Page => ({ rows, next: null, total: given.flat().length, asOf: null }));
  return { pages: made, pageParams: given.map(() => null) };
}

describe("rows in the cache", () => {
  const before = pages([row("1"), row("2")], [row("3")]);

  it("are replaced by newer ones, on their page only", () => {
    const after = replaceRows(before, [row("3", { version: 2, title: "New" })]);
    expect(allRows(after).map(({ title }) => title)).toEqual(["Task 1", "Task 2", "New"]);
    expect(after.pages[0]).toBe(before.pages[0]);
  });

  it("are not replaced by an answer that came late", () => {
    const current = pages([row("1", { version: 5 })]);
    expect(replaceRows(current, [row("1", { version: 4, title: "Old" })])).toBe(current);
  });

  it("are the same object where nothing is newer, so that nothing is painted anew", () => {
    expect(replaceRows(before, [row("9", { version: 7 })])).toBe(before);
    expect(withoutRows(before, new Set(["9"]))).toBe(before);
  });

  it("leave with their count", () => {
    const after = withoutRows(before, new Set(["1", "3"]));
    expect(allRows(after).map(({ id }) => id)).toEqual(["2"]);
    expect(after.pages[0]?.total).toBe(1);
  });

  it("are shown once, though a task that moved is on two pages", () => {
    expect(allRows(pages([row("1"), row("2")], [row("2"), row("3")])).map(({ id }) => id)).toEqual(["1", "2", "3"]);
  });
});

describe("what is asked for and not yet answered", () => {
  it("lies over the row in the order it was asked, and leaves no trace when it is taken off", () => {
    const one = row("1");
    const first = { ids: new Set(["1"]), patch: { priority: "HIGH" as const } };
    const second = { ids: new Set(["1", "2"]), patch: (r: Row) => ({ title: `${r.title} ${r.priority}` }) };
    expect(seen(one, [first, second]).title).toBe("Task 1 HIGH");
    expect(seen(one, [second])).toMatchObject({ title: "Task 1 NONE", priority: "NONE" });
    expect(seen(one, [])).toBe(one);
    expect(seen(row("3"), [first, second]).priority).toBe("NONE");
  });
});
