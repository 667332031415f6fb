// The recurrence editor's choices, from a task's recurrence and to what the API is given. A pattern where one says it: it
// keeps the month's last day without drifting. Else a rule. A rule that the choices cannot say is edited as text.
import type { RecurrenceAnchor, RecurrenceInput, RecurrencePattern } from "@/gql/graphql";
import { startOf } from "@/time/days";

export const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
export type Frequency = (typeof FREQUENCIES)[number];

export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Which of a month: the first four and the last. */
export const PLACES = [1, 2, 3, 4, -1] as const;
export type Place = (typeof PLACES)[number];

export type MonthMode =
  | { readonly kind: "day" }
  | { readonly kind: "lastDay" }
  | { readonly kind: "weekday"; readonly place: Place; readonly weekday: Weekday }
  | { readonly kind: "workday"; readonly place: 1 | -1 };

export type End =
  | { readonly kind: "never" }
  | { readonly kind: "until"; readonly day: string }
  | { readonly kind: "count"; readonly count: number };

export interface RecurrenceForm {
  readonly frequency: Frequency;
  readonly interval: number;
  /** Of WEEKLY; empty: the weekday of the due date. */
  readonly weekdays: readonly Weekday[];
  /** Of MONTHLY. */
  readonly month: MonthMode;
  readonly end: End;
  readonly anchor: RecurrenceAnchor;
  /** Not null: the rule as text; of the rest only the anchor counts. */
  readonly rule: string | null;
}

export const NEW_FORM: RecurrenceForm = {
  frequency: "WEEKLY",
  interval: 1,
  weekdays: [],
  month: { kind: "day" },
  end: { kind: "never" },
  anchor: "NEXT_SLOT",
  rule: null,
};

export interface Recurrence {
  readonly rule: string;
  readonly pattern: RecurrencePattern;
  readonly interval: number;
  readonly endDate: string | null;
  readonly anchor: RecurrenceAnchor;
}

const WORKDAYS = "MO,TU,WE,TH,FR";

/** The form for a recurrence; days are counted in `zone`. */
export function formOf(
  recurrence: Recurrence,
  zone: string,
  dayIn: (instant: string, zone: string) => string,
): RecurrenceForm {
  const parts = partsOf(recurrence.rule);
  const anchor = recurrence.anchor;
  const asText = { ...NEW_FORM, anchor, rule: recurrence.rule };
  const end = endOf(recurrence, parts, zone, dayIn);
  if (end === null) return asText;
  if (recurrence.pattern !== "CUSTOM") {
    return { ...NEW_FORM, frequency: recurrence.pattern, interval: recurrence.interval, end, anchor };
  }
  const frequency = FREQUENCIES.find((one) => one === parts.get("FREQ"));
  const interval = Number(parts.get("INTERVAL") ?? 1);
  if (frequency === undefined || !Number.isInteger(interval) || interval < 1) return asText;
  const form = { ...NEW_FORM, frequency, interval, end, anchor };
  const others = new Map([...parts].filter(([name]) => !["FREQ", "INTERVAL", "UNTIL", "COUNT"].includes(name)));
  // Months without the day are left out by a bare rule, and by no choice here.
  if (others.size === 0) return frequency === "MONTHLY" && end.kind !== "count" ? asText : form;
  if (frequency === "WEEKLY") {
    const days = (others.get("BYDAY") ?? "").split(",");
    const weekdays = WEEKDAYS.filter((day) => days.includes(day));
    return others.size === 1 && weekdays.length === days.length ? { ...form, weekdays } : asText;
  }
  const month = frequency === "MONTHLY" ? monthOf(others) : null;
  return month === null ? asText : { ...form, month };
}

/** What the API is given; `dueDay` is the day of the month that the task is due on. */
export function inputOf(form: RecurrenceForm, zone: string, dueDay: number): RecurrenceInput {
  const { frequency, interval, end, anchor } = form;
  if (form.rule !== null) return { rule: form.rule.trim(), anchor };
  const by = byParts(form);
  if (by === null && end.kind !== "count") {
    const endDate = end.kind === "until" ? lastInstant(end.day, zone) : null;
    return { pattern: frequency, interval, ...(endDate === null ? {} : { endDate }), anchor };
  }
  const parts = [
    `FREQ=${frequency}`,
    ...(interval === 1 ? [] : [`INTERVAL=${interval}`]),
    ...(by ?? keptDay(form, dueDay)),
    ...(end.kind === "count" ? [`COUNT=${end.count}`] : []),
    ...(end.kind === "until" ? [`UNTIL=${compact(lastInstant(end.day, zone))}`] : []),
  ];
  return { rule: parts.join(";"), anchor };
}

/** What the rule says beside its frequency; null where the pattern alone says it. */
function byParts({ frequency, weekdays, month }: RecurrenceForm): readonly string[] | null {
  if (frequency === "WEEKLY" && weekdays.length > 0)
    return [`BYDAY=${WEEKDAYS.filter((day) => weekdays.includes(day)).join(",")}`];
  if (frequency !== "MONTHLY") return null;
  switch (month.kind) {
    case "day":
      return null;
    case "lastDay":
      return ["BYMONTHDAY=-1"];
    case "weekday":
      return [`BYDAY=${month.place}${month.weekday}`];
    case "workday":
      return [`BYDAY=${WORKDAYS}`, `BYSETPOS=${month.place}`];
  }
}

/** A rule of months would leave out those without the day; this takes their last one, as the pattern does. */
function keptDay({ frequency }: RecurrenceForm, dueDay: number): readonly string[] {
  if (frequency !== "MONTHLY" || dueDay <= 28) return [];
  const days = Array.from({ length: dueDay - 27 }, (_, place) => 28 + place);
  return [`BYMONTHDAY=${days.join(",")}`, "BYSETPOS=-1"];
}

function monthOf(others: ReadonlyMap<string, string>): MonthMode | null {
  const [day, monthDay, place] = [others.get("BYDAY"), others.get("BYMONTHDAY"), others.get("BYSETPOS")];
  if (others.size === 1 && monthDay === "-1") return { kind: "lastDay" };
  if (others.size === 2 && place === "-1" && /^28(,29)(,30)?(,31)?$/.test(monthDay ?? "")) return { kind: "day" };
  if (others.size === 2 && day === WORKDAYS && (place === "1" || place === "-1"))
    return { kind: "workday", place: place === "1" ? 1 : -1 };
  const [, which, name] = /^([1-4]|-1)(MO|TU|WE|TH|FR|SA|SU)$/.exec(day ?? "") ?? [];
  const found = PLACES.find((one) => String(one) === which);
  const weekday = WEEKDAYS.find((one) => one === name);
  return others.size === 1 && found !== undefined && weekday !== undefined
    ? { kind: "weekday", place: found, weekday }
    : null;
}

function endOf(
  { endDate }: Recurrence,
  parts: ReadonlyMap<string, string>,
  zone: string,
  dayIn: (instant: string, zone: string) => string,
): End | null {
  const count = parts.get("COUNT");
  if (count !== undefined) return /^\d{1,4}$/.test(count) ? { kind: "count", count: Number(count) } : null;
  return endDate === null ? { kind: "never" } : { kind: "until", day: dayIn(endDate, zone) };
}

function partsOf(rule: string): ReadonlyMap<string, string> {
  return new Map(
    rule
      .toUpperCase()
      .replace(/^RRULE:/, "")
      .split(";")
      .filter((part) => part !== "")
      .map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]),
  );
}

/** The last second of a day: an occurrence at any time on it still counts. */
function lastInstant(day: string, zone: string): string {
  const next = new Date(`${day}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  const after = new Date(startOf(next.toISOString().slice(0, 10), zone)).getTime();
  return new Date(after - 1000).toISOString();
}

function compact(instant: string): string {
  return `${instant.slice(0, 19).replace(/[-:]/g, "")}Z`;
}
