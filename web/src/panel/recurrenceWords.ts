// A recurrence in the language of the page: what the editor's choices can say. English, and all that they cannot say, is the
// server's text (domain/recurrence_text.py), whose sentences these are.
import type { I18n } from "@lingui/core";
import { msg, plural } from "@lingui/core/macro";
import { dayIn } from "@/time/days";
import { clockTime } from "@/time/format";
import { dateFormat } from "@/time/formatters";
import { type End, formOf, type MonthMode, type Recurrence, type RecurrenceForm, WEEKDAYS } from "./recurrenceForm";
import { weekdayName } from "./weekdays";

export interface Told extends Recurrence {
  /** The server's words. */
  readonly text: string;
  /** The occurrences from the current one on. */
  readonly next: readonly string[];
}

interface Place {
  readonly zone: string;
  readonly allDay: boolean;
  readonly locale: string;
  readonly i18n: I18n;
}

const WORKDAYS = "MO,TU,WE,TH,FR";
/** Days that some months lack. */
const LATE = 28;

export function recurrenceWords(recurrence: Told, place: Place): string {
  const [start] = recurrence.next;
  if (place.i18n.locale === "en" || start === undefined) return recurrence.text;
  const form = formOf(recurrence, place.zone, dayIn);
  const days = form.rule === null ? daysOf(form, start, place) : null;
  if (days === null) return recurrence.text;
  const { i18n } = place;
  const clock = clockTime(start, place.zone, place.locale);
  const timed = place.allDay ? days : i18n._(msg`${days} at ${clock}`);
  return ended(timed, form.end, place);
}

function daysOf(form: RecurrenceForm, start: string, place: Place): string | null {
  const { i18n, zone, locale } = place;
  const { frequency, interval: count } = form;
  const date = new Date(start);
  switch (frequency) {
    case "DAILY":
      return i18n._(msg`${plural(count, { one: "every day", other: "every # days" })}`);
    case "WEEKLY": {
      if (form.weekdays.join() === WORKDAYS && count === 1) return i18n._(msg`every weekday`);
      const own = WEEKDAYS[(isoWeekday(dayIn(start, zone)) + 6) % 7] ?? "MO";
      const chosen = form.weekdays.length > 0 ? form.weekdays : [own];
      const names = new Intl.ListFormat(locale).format(chosen.map((day) => weekdayName(day, locale, "long")));
      return i18n._(msg`${plural(count, { one: "every week", other: "every # weeks" })} on ${names}`);
    }
    case "MONTHLY": {
      const day = monthDay(form.month, Number(dayIn(start, zone).slice(8)), place);
      return i18n._(msg`${plural(count, { one: "every month", other: "every # months" })} on ${day}`);
    }
    case "YEARLY": {
      // What becomes of it in other years is said by the server.
      if (dayIn(start, zone).endsWith("-02-29")) return null;
      const day = dateFormat(locale, { day: "numeric", month: "long", timeZone: zone }).format(date);
      return i18n._(msg`${plural(count, { one: "every year", other: "every # years" })} on ${day}`);
    }
  }
}

function monthDay(month: MonthMode, dueDay: number, { i18n, locale }: Place): string {
  switch (month.kind) {
    case "day":
      return dueDay > LATE
        ? i18n._(msg`day ${dueDay} of the month (the last day when there is none)`)
        : i18n._(msg`day ${dueDay} of the month`);
    case "lastDay":
      return i18n._(msg`the last day of the month`);
    case "weekday": {
      const { place } = month;
      const name = weekdayName(month.weekday, locale, "long");
      return place === -1 ? i18n._(msg`the last ${name}`) : i18n._(msg`${name} number ${place} of the month`);
    }
    case "workday":
      return month.place === -1
        ? i18n._(msg`the last weekday of the month`)
        : i18n._(msg`the first weekday of the month`);
  }
}

function ended(said: string, end: End, { i18n, locale }: Place): string {
  if (end.kind === "count") {
    const { count } = end;
    return i18n._(msg`${said}, ${plural(count, { one: "once", other: "# times" })}`);
  }
  if (end.kind === "never") return said;
  const day = dateFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${end.day}T00:00:00Z`),
  );
  return i18n._(msg`${said} until ${day}`);
}

/** 1 for Monday to 7 for Sunday. */
function isoWeekday(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
}
