import { describe, expect, it } from "vitest";
import { inSight, layOut, scrolledTo } from "./windowing";

// Every tenth line is a heading of 40, the others are tasks of 20.
const layout = layOut(100, (index) => (index % 10 === 0 ? 40 : 20));

describe("the lines in sight", () => {
  it("are those that the window touches, and some more", () => {
    expect(layout.starts.at(-1)).toBe(10 * 40 + 90 * 20);
    expect(inSight(layout, 0, 100, 0)).toEqual([0, 5]);
    expect(inSight(layout, 230, 50, 2)).toEqual([8, 15]);
    expect(inSight(layout, 99_999, 100, 5)).toEqual([94, 100]);
  });

  it("are none of an empty list", () => {
    expect(
      inSight(
        layOut(0, () => 20),
        0,
        500,
        8,
      ),
    ).toEqual([0, 0]);
  });

  it("are scrolled to only as far as needed", () => {
    expect(scrolledTo(layout, 3, 0, 200)).toBe(0);
    expect(scrolledTo(layout, 3, 300, 200)).toBe(80);
    expect(scrolledTo(layout, 20, 0, 200)).toBe(280);
  });
});
