// Instants as people of a locale write them: how long ago, or the date and the time in the viewer's zone.
import { dateFormat, relativeFormat } from "./formatters";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Such as "now", "5 minutes ago", "3 hours ago"; what is longer ago than a day has its date and time. */
export function agoText(instant: string, now: number, zone: string, locale: string): string {
  const passed = now - new Date(instant).getTime();
  const relative = relativeFormat(locale);
  // A clock that goes before ours is no reason to speak of the future.
  if (passed < MINUTE) return relative.format(0, "second");
  if (passed < HOUR) return relative.format(-Math.floor(passed / MINUTE), "minute");
  if (passed < DAY) return relative.format(-Math.floor(passed / HOUR), "hour");
  return dateTimeText(instant, zone, locale);
}

export function dateTimeText(instant: string, zone: string, locale: string): string {
  return dateFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: zone }).format(new Date(instant));
}

export function dateText(instant: string, zone: string, locale: string): string {
  return dateFormat(locale, { dateStyle: "medium", timeZone: zone }).format(new Date(instant));
}

/** A calendar day (YYYY-MM-DD), such as "Tue, 24 Nov". */
export function weekdayText(day: string, locale: string): string {
  return dateFormat(locale, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }).format(
    new Date(`${day}T00:00:00Z`),
  );
}

export function numberText(value: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(value);
}

/** A share of 1 in whole per cent; what is not quite all is never rounded up to all. */
export function percentText(share: number, locale: string): string {
  const whole = share > 0.99 && share < 1 ? 0.99 : share;
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(whole);
}
