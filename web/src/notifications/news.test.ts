import { describe, expect, it } from "vitest";
import { advance } from "./news";

const NOW = 1_000_000;

describe("what is new", () => {
  it("is nothing at the first look: it was there before", () => {
    expect(advance(null, "7", 40, NOW)).toEqual({ mark: { user: "7", id: 40, at: NOW }, above: null });
  });

  it("is what is above the mark, once", () => {
    const first = advance({ user: "7", id: 40, at: NOW - 15_000 }, "7", 42, NOW);
    expect(first.above).toBe(40);
    expect(advance(first.mark, "7", 42, NOW + 1).above).toBeNull();
  });

  it("is nothing after a long time away, and for somebody else", () => {
    expect(advance({ user: "7", id: 40, at: NOW - 600_000 }, "7", 42, NOW).above).toBeNull();
    expect(advance({ user: "7", id: 40, at: NOW - 15_000 }, "8", 42, NOW).above).toBeNull();
  });

  it("does not go back when an older answer comes late", () => {
    expect(advance({ user: "7", id: 42, at: NOW - 1 }, "7", 41, NOW)).toEqual({
      mark: { user: "7", id: 42, at: NOW },
      above: null,
    });
  });
});
