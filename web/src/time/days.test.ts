import { describe, expect, it } from "vitest";
import { addDays, dueDay, isDay, onDay, startOf, todayIn, untilTomorrow } from "./days";
import { dayName, dueText } from "./format";

const BERLIN = "Europe/Berlin";
const timed = (dueDate: string) => ({ dueDate, allDay: false, timeZone: BERLIN });

describe("days", () => {
  it("begin at midnight of the zone, whatever the clocks do", () => {
    expect(startOf("2026-03-29", BERLIN)).toBe("2026-03-28T23:00:00.000Z");
    expect(startOf("2026-03-30", BERLIN)).toBe("2026-03-29T22:00:00.000Z");
  });

  it("begin with the first moment that exists where midnight is skipped", () => {
    expect(startOf("2026-09-06", "America/Santiago")).toBe("2026-09-06T04:00:00.000Z");
  });

  it("are as long as they are: 23 hours in March, 25 in October", () => {
    expect(untilTomorrow(BERLIN, new Date("2026-03-28T23:00:00Z"))).toBe(23 * 3_600_000);
    expect(untilTomorrow(BERLIN, new Date("2026-10-24T22:00:00Z"))).toBe(25 * 3_600_000);
  });

  it("are counted in the viewer's zone for a time, and in the task's own for a whole day", () => {
    const instant = "2026-12-04T23:30:00Z";
    expect(dueDay(timed(instant), "America/New_York")).toBe("2026-12-04");
    expect(dueDay(timed(instant), BERLIN)).toBe("2026-12-05");
    expect(dueDay({ dueDate: "2026-12-04T23:00:00Z", allDay: true, timeZone: BERLIN }, "America/New_York")).toBe(
      "2026-12-05",
    );
  });

  it("take a task along with its time on the clock, over the change of clocks", () => {
    expect(onDay(timed("2026-03-28T08:00:00Z"), "2026-03-29", BERLIN)).toBe("2026-03-29T07:00:00.000Z");
    expect(onDay(timed("2026-10-24T07:00:00Z"), "2026-10-26", BERLIN)).toBe("2026-10-26T08:00:00.000Z");
  });

  it("take a whole-day task to the start of the other day in its own zone", () => {
    const task = { dueDate: "2026-03-27T23:00:00Z", allDay: true, timeZone: BERLIN };
    expect(onDay(task, "2026-03-31", "America/New_York")).toBe("2026-03-30T22:00:00.000Z");
  });

  it("move a time in the gap forward by the gap", () => {
    expect(onDay(timed("2026-03-28T01:30:00Z"), "2026-03-29", BERLIN)).toBe("2026-03-29T01:30:00.000Z");
  });

  it("exist or not", () => {
    expect(isDay("2024-02-29")).toBe(true);
    for (const text of ["2026-02-29", "2026-13-01", "26-1-1", "today", ""]) expect(isDay(text)).toBe(false);
  });

  it("are counted on by the calendar", () => {
    expect(addDays("2026-02-27", 2)).toBe("2026-03-01");
    expect(todayIn("Pacific/Auckland", new Date("2026-11-30T12:00:00Z"))).toBe("2026-12-01");
  });
});

describe("what is written for a day", () => {
  const today = "2026-11-30";

  it("is its name while it is near", () => {
    expect(dayName("2026-11-30", today, "en-GB")).toBe("Today");
    expect(dayName("2026-12-01", today, "de-DE")).toBe("Morgen");
    expect(dayName("2026-12-04", today, "en-GB")).toBe("Friday");
  });

  it("is its date further away, with the year where it is another", () => {
    expect(dayName("2026-12-07", today, "en-GB")).toBe("7 Dec");
    expect(dayName("2027-01-07", today, "en-GB")).toBe("7 Jan 2027");
  });

  it("has the time unless it is for the whole day", () => {
    expect(dueText(timed("2026-12-01T08:00:00Z"), BERLIN, today, "en-GB")).toBe("Tomorrow 09:00");
    expect(dueText({ dueDate: "2026-11-30T23:00:00Z", allDay: true, timeZone: BERLIN }, BERLIN, today, "en-GB")).toBe(
      "Tomorrow",
    );
  });
});
