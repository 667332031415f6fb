import { describe, expect, it } from "vitest";
import { dayIn } from "@/time/days";
import { formOf, inputOf, NEW_FORM, type Recurrence, type RecurrenceForm } from "./recurrenceForm";

const BERLIN = "Europe/Berlin";
const custom = (rule: string, more: Partial<Recurrence> = {}): Recurrence => ({
  rule,
  pattern: "CUSTOM",
  interval: 1,
  endDate: null,
  anchor: "NEXT_SLOT",
  ...more,
});
const form = (more: Partial<RecurrenceForm>): RecurrenceForm => ({ ...NEW_FORM, ...more });
const read = (recurrence: Recurrence) => formOf(recurrence, BERLIN, dayIn);

describe("a recurrence for the API", () => {
  it("is a pattern where one says it", () => {
    expect(inputOf(form({ frequency: "MONTHLY", interval: 2 }), BERLIN, 31)).toEqual({
      pattern: "MONTHLY",
      interval: 2,
      anchor: "NEXT_SLOT",
    });
  });

  it("ends with the last second of the day that is named, in the task's zone and over the change of clocks", () => {
    const until = (day: string) =>
      inputOf(form({ frequency: "DAILY", end: { kind: "until", day } }), BERLIN, 1).endDate;
    expect(until("2026-12-31")).toBe("2026-12-31T22:59:59.000Z");
    expect(until("2026-03-29")).toBe("2026-03-29T21:59:59.000Z");
  });

  it.each<[Partial<RecurrenceForm>, number, string]>([
    [{ weekdays: ["FR", "MO"] }, 1, "FREQ=WEEKLY;BYDAY=MO,FR"],
    [
      { interval: 2, weekdays: ["TH"], end: { kind: "count", count: 10 } },
      1,
      "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH;COUNT=10",
    ],
    [{ frequency: "MONTHLY", month: { kind: "lastDay" } }, 1, "FREQ=MONTHLY;BYMONTHDAY=-1"],
    [{ frequency: "MONTHLY", month: { kind: "weekday", place: -1, weekday: "FR" } }, 1, "FREQ=MONTHLY;BYDAY=-1FR"],
    [
      { frequency: "MONTHLY", month: { kind: "workday", place: -1 } },
      1,
      "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    ],
    [{ frequency: "MONTHLY", end: { kind: "count", count: 3 } }, 15, "FREQ=MONTHLY;COUNT=3"],
    [
      { frequency: "MONTHLY", end: { kind: "count", count: 3 } },
      30,
      "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1;COUNT=3",
    ],
    [
      { frequency: "MONTHLY", month: { kind: "lastDay" }, end: { kind: "until", day: "2026-12-31" } },
      1,
      "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20261231T225959Z",
    ],
    [{ rule: " FREQ=YEARLY;BYDAY=SU;BYWEEKNO=20 " }, 1, "FREQ=YEARLY;BYDAY=SU;BYWEEKNO=20"],
  ])("is a rule where no pattern says it: %j on day %i", (given, day, rule) => {
    expect(inputOf(form(given), BERLIN, day)).toEqual({ rule, anchor: "NEXT_SLOT" });
  });
});

describe("the form for a recurrence", () => {
  it.each<[Partial<RecurrenceForm>, number]>([
    [{ weekdays: ["MO", "FR"] }, 1],
    [{ interval: 3, weekdays: ["SU"], anchor: "EVERY_SLOT" }, 1],
    [{ frequency: "MONTHLY", month: { kind: "lastDay" } }, 1],
    [{ frequency: "MONTHLY", month: { kind: "weekday", place: 2, weekday: "TU" } }, 1],
    [{ frequency: "MONTHLY", month: { kind: "workday", place: 1 } }, 1],
    [{ frequency: "MONTHLY", end: { kind: "count", count: 3 } }, 15],
    [{ frequency: "MONTHLY", end: { kind: "count", count: 3 } }, 31],
    [{ frequency: "YEARLY", end: { kind: "count", count: 2 } }, 1],
  ])("comes back as it was given to the API: %j", (given, day) => {
    const input = inputOf(form(given), BERLIN, day);
    expect(read(custom(input.rule ?? "", { anchor: form(given).anchor }))).toEqual(form(given));
  });

  it("of a pattern has its interval and its last day in the task's zone", () => {
    const recurrence = {
      ...custom("FREQ=DAILY"),
      pattern: "DAILY",
      interval: 3,
      endDate: "2026-12-31T22:59:59Z",
    } as const;
    expect(read(recurrence)).toEqual(
      form({ frequency: "DAILY", interval: 3, end: { kind: "until", day: "2026-12-31" } }),
    );
  });

  it.each([
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=MO,TH",
    "FREQ=MONTHLY;BYDAY=5FR",
    "FREQ=MONTHLY;BYMONTHDAY=1,15",
    "FREQ=DAILY;BYHOUR=9",
    "nonsense",
  ])("is the rule's text where the choices cannot say it, so that nothing is lost: %s", (rule) => {
    expect(read(custom(rule)).rule).toBe(rule);
    expect(inputOf(read(custom(rule)), BERLIN, 1)).toEqual({ rule, anchor: "NEXT_SLOT" });
  });
});
