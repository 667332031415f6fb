import { describe, expect, it } from "vitest";
import { summarise, wholeSteps } from "./summary";

describe("completions", () => {
  it("are summed, averaged, and have a best day, the latest of equals", () => {
    const days = [3, 0, 3, 1].map((count, place) => ({ day: `2026-11-0${place + 1}`, count }));
    expect(summarise(days)).toEqual({ total: 7, average: 1.75, best: { day: "2026-11-03", count: 3 } });
  });

  it("that are none have no best day", () => {
    expect(summarise([{ day: "2026-11-01", count: 0 }])).toEqual({ total: 0, average: 0, best: null });
    expect(summarise([])).toEqual({ total: 0, average: 0, best: null });
  });

  it("are shown on an axis without halves that reaches over the highest", () => {
    expect(wholeSteps(0)).toEqual([0, 1]);
    expect(wholeSteps(3)).toEqual([0, 1, 2, 3]);
    expect(wholeSteps(37)).toEqual([0, 10, 20, 30, 40]);
    for (const most of [1, 2, 7, 99, 1234]) {
      expect(wholeSteps(most).at(-1)).toBeGreaterThanOrEqual(most);
      expect(wholeSteps(most).length).toBeLessThan(8);
    }
  });
});
