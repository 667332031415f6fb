// When an API token ends: in so many days, on a chosen day, or never.
import { CalendarDate, type DateValue, parseDate, toZoned } from "@internationalized/date";

export const EXPIRIES = ["30", "90", "365", "day", "never"] as const;
export type Expiry = (typeof EXPIRIES)[number];

/** The instant, for the API; null for never. A day is good until it ends, where the user is. Undefined for no day. */
export function endOf(expiry: Expiry, day: string, zone: string, now: Date): string | null | undefined {
  if (expiry === "never") return null;
  if (expiry !== "day") return new Date(now.getTime() + Number(expiry) * 24 * 3_600_000).toISOString();
  const date = readDay(day);
  return date === null ? undefined : toZoned(date.add({ days: 1 }), zone).toAbsoluteString();
}

function readDay(day: string): DateValue | null {
  try {
    const date = parseDate(day);
    return date instanceof CalendarDate ? date : null;
  } catch {
    return null;
  }
}
