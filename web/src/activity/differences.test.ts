import { describe, expect, it } from "vitest";
import { differences, dueInWords } from "./differences";

const place = { zone: "Europe/Berlin", locale: "en-GB" };
const of = (changes: unknown) => differences(changes, place);

describe("what was changed", () => {
  it("is told from what to what, a priority as a word to be translated", () => {
    expect(of({ priority: ["none", "high"], tags: [[], ["home", "work"]], title: ["a", "b"] })).toEqual([
      { field: "priority", from: { word: "none" }, to: { word: "high" } },
      { field: "tags", from: { word: "nothing" }, to: { text: "home, work" } },
      { field: "title", from: { text: "“a”" }, to: { text: "“b”" } },
    ]);
  });

  it("has dates in the viewer's zone", () => {
    expect(of({ due_date: [null, "2026-12-01T08:00:00Z"] })).toEqual([
      { field: "due_date", from: { word: "nothing" }, to: { text: "1 Dec 2026, 09:00" } },
    ]);
  });

  it("is only named where the values are long, unknown, or no pair", () => {
    expect(of({ description: ["a", "b"], due_date: ["?", 7] })).toEqual([
      { field: "description", from: null, to: null },
      { field: "due_date", from: null, to: null },
    ]);
    for (const strange of [null, "x", { title: "x" }, { title: ["x"] }]) expect(of(strange)).toEqual([]);
  });
});

describe("a due date", () => {
  it("of a whole day is that day in the task's own zone", () => {
    const due = { dueDate: "2026-12-04T23:00:00Z", allDay: true, timeZone: "Europe/Berlin" };
    expect(dueInWords(due, { zone: "America/New_York", locale: "en-GB" })).toBe("5 Dec 2026");
    expect(dueInWords({ ...due, allDay: false }, place)).toBe("5 Dec 2026, 00:00");
  });
});
