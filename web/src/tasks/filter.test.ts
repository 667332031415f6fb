import { describe, expect, it } from "vitest";
import { countConditions, type ListFilter, NO_FILTER, readFilter, writeFilter } from "./filter";

const read = (address: string) => readFilter(new URLSearchParams(address));

const EVERYTHING: ListFilter = {
  q: 'räum "den Keller" -alt & mehr',
  status: ["OPEN", "SKIPPED"],
  priority: ["URGENT", "NONE"],
  tags: { mode: "all", ids: ["3", "17"] },
  due: { from: "2026-12-01", to: "2026-12-31" },
  recurring: false,
  sort: [
    { name: "due", down: false },
    { name: "priority", down: true },
  ],
};

describe("a filter in the address", () => {
  it.each<[string, ListFilter]>([
    ["everything", EVERYTHING],
    ["nothing", NO_FILTER],
    ["no tag", { ...NO_FILTER, tags: "untagged" }],
    ["no date", { ...NO_FILTER, due: "none" }],
    ["from a day on", { ...NO_FILTER, due: { from: "2026-12-01", to: null } }],
    ["up to a day", { ...NO_FILTER, due: { from: null, to: "2026-12-01" } }],
  ])("comes back as it was written: %s", (_name, filter) => {
    const { filter: back, problems } = readFilter(new URLSearchParams(writeFilter(filter).toString()));
    expect(back).toEqual(filter);
    expect(problems).toEqual([]);
  });

  it("is short where nothing is chosen", () => {
    expect(writeFilter(NO_FILTER).toString()).toBe("");
  });

  it.each([
    "status=done",
    "status=",
    "priority=high,huge",
    "tags=some:3",
    "tags=any:3;drop",
    "tags=any:",
    "tags=any:12345678901234567890",
    "due=2026-02-30..",
    "due=..",
    "due=2026-12-31..2026-12-01",
    "recurring=maybe",
    "sort=due,due",
    "sort=-",
    "sort=constructor",
    "prio=high",
    "__proto__=x",
    `q=${"x".repeat(501)}`,
  ])("is left out and told where it means nothing: %s", (address) => {
    const { filter, problems } = read(address);
    expect(filter).toEqual(NO_FILTER);
    expect(problems).toHaveLength(1);
  });

  it("keeps what is sound beside what is not", () => {
    const { filter, problems } = read("priority=high&status=done&task=7");
    expect(filter).toEqual({ ...NO_FILTER, priority: ["HIGH"] });
    expect(problems).toEqual([{ param: "status", value: "done" }]);
  });

  it("takes the first of two and tells of the other", () => {
    const { filter, problems } = read("q=one&q=two");
    expect(filter.q).toBe("one");
    expect(problems).toEqual([{ param: "q", value: "two" }]);
  });

  it("counts its conditions", () => {
    expect(countConditions(EVERYTHING)).toBe(5);
    expect(countConditions(NO_FILTER)).toBe(0);
  });
});
