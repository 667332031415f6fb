// Weekdays in words.
import { WEEKDAYS, type Weekday } from "./recurrenceForm";

/** 1 January 2024 was a Monday. */
export function weekdayName(weekday: Weekday, locale: string, style: "long" | "short"): string {
  const day = new Date(Date.UTC(2024, 0, 1 + WEEKDAYS.indexOf(weekday)));
  return new Intl.DateTimeFormat(locale, { weekday: style, timeZone: "UTC" }).format(day);
}
