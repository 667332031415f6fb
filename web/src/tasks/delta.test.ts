import { describe, expect, it } from "vitest";
import { applyDelta, type Delta } from "./delta";
import { compareRows } from "./order";
import { allRows, type Page, type Pages, type Row } from "./rows";

function row(id: number, day: number | null, more: Partial<Row> = {}): Row {
  return {
    id: String(id),
    title: `Task ${id}`,
    status: "OPEN",
    priority: "NONE",
    dueDate: day === null ? null : `2026-12-${String(day).padStart(2, "0")}T00:00:00Z`,
    allDay: false,
    timeZone: "UTC",
    isOverdue: false,
    isRecurring: false,
    reminderMinutes: [],
    version: 1,
    completedAt: null,
    deletedAt: null,
    createdAt: "2026-11-01T00:00:00Z",
    updatedAt: "2026-11-01T00:00:00Z",
    tags: [],
    ...more,
  };
}

const order = compareRows([{ name: "due", down: false }]);
const page = (rows: Row[], next: string | null): Page => ({ rows, next, total: 5, asOf: "2026-11-30T10:00:00Z" });
const before: Pages = {
  pages: [page([row(1, 1), row(2, 5)], "a"), page([row(3, 10), row(4, 15)], "b")],
  pageParams: [null, "a"],
};
const delta = (members: Row[], changed: number[], more: Partial<Delta> = {}): Delta => ({
  members,
  changed: new Set(changed.map(String)),
  total: 5,
  asOf: "2026-11-30T10:00:00Z",
  ...more,
});
const ids = (pages: Pages) => allRows(pages).map(({ id }) => id);

describe("a long list after a change", () => {
  it("is the same object where there is no news", () => {
    expect(applyDelta(before, delta([row(1, 1)], [1]), order)).toBe(before);
  });

  it("has the changed task in its place, and moves it where its place is another", () => {
    const after = applyDelta(
      before,
      delta([row(1, 7, { version: 2 }), row(3, 10, { version: 2, title: "New" })], [1, 3]),
      order,
    );
    expect(ids(after)).toEqual(["2", "1", "3", "4"]);
    expect(allRows(after)[2]?.title).toBe("New");
  });

  it("loses what belongs to it no more", () => {
    const after = applyDelta(before, delta([], [2, 99], { total: 4 }), order);
    expect(ids(after)).toEqual(["1", "3", "4"]);
    expect(after.pages.map(({ total }) => total)).toEqual([4, 4]);
  });

  it("gets a new task where it belongs, unless that is behind what is loaded", () => {
    const after = applyDelta(before, delta([row(8, 3), row(9, 20)], [8, 9], { total: 7 }), order);
    expect(ids(after)).toEqual(["1", "8", "2", "3", "4"]);
    const ended: Pages = { ...before, pages: before.pages.map((one) => ({ ...one, next: null })) };
    expect(ids(applyDelta(ended, delta([row(9, 20)], [9]), order))).toEqual(["1", "2", "3", "4", "9"]);
  });

  it("sorts as the server does: those without a date last, equal ones by id", () => {
    const down = compareRows([{ name: "due", down: true }]);
    const rows = [row(1, null), row(2, 3), row(3, 9), row(4, 3)];
    expect([...rows].sort(order).map(({ id }) => id)).toEqual(["2", "4", "3", "1"]);
    expect([...rows].sort(down).map(({ id }) => id)).toEqual(["3", "4", "2", "1"]);
    const urgent = compareRows([{ name: "priority", down: true }]);
    expect([row(1, 1), row(2, 1, { priority: "URGENT" }), row(3, 1, { priority: "LOW" })].sort(urgent)[0]?.id).toBe(
      "2",
    );
  });
});
