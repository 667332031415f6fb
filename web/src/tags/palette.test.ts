import { describe, expect, it } from "vitest";
import { leastUsed, PALETTE } from "./palette";

describe("the colour of a new tag", () => {
  it("is the first that no tag has, whatever the case", () => {
    expect(leastUsed([])).toBe(PALETTE[0]);
    expect(leastUsed([PALETTE[0].toLowerCase(), PALETTE[1]])).toBe(PALETTE[2]);
  });

  it("is the rarest when all are there", () => {
    expect(leastUsed([...PALETTE, PALETTE[0], PALETTE[1]])).toBe(PALETTE[2]);
  });
});
