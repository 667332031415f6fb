import { describe, expect, it } from "vitest";
import { endOf } from "./expiry";

const NOW = new Date("2026-11-30T12:00:00Z");

describe("the end of a token", () => {
  it("is in so many days, or never", () => {
    expect(endOf("30", "", "Europe/Berlin", NOW)).toBe("2026-12-30T12:00:00.000Z");
    expect(endOf("never", "", "Europe/Berlin", NOW)).toBeNull();
  });

  it("is the end of the chosen day where the user is, over the change of clocks too", () => {
    expect(endOf("day", "2026-12-31", "America/New_York", NOW)).toBe("2027-01-01T05:00:00.000Z");
    expect(endOf("day", "2027-03-28", "Europe/Berlin", NOW)).toBe("2027-03-28T22:00:00.000Z");
  });

  it("is not known for what is no day", () => {
    for (const day of ["", "2026-02-30", "tomorrow"]) expect(endOf("day", day, "UTC", NOW)).toBeUndefined();
  });
});
