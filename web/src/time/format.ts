// Days and times as people of a locale write them.
import { addDays, type Due, dueDay, startOf } from "./days";
import { dateFormat, relativeFormat } from "./formatters";

/** A day beside today: today and tomorrow by their names, this week's by the weekday, others by their date. */
export function dayName(day: string, today: string, locale: string): string {
  const near = [-1, 0, 1].find((days) => addDays(today, days) === day);
  if (near !== undefined) return capital(relativeFormat(locale).format(near, "day"));
  if (day > today && day < addDays(today, 7)) return weekday(day, locale);
  return shortDate(day, today, locale);
}

/** A day with its weekday and date, such as "Friday 4 December". */
export function longDay(day: string, locale: string, today: string): string {
  const year = day.slice(0, 4) === today.slice(0, 4) ? {} : { year: "numeric" as const };
  return inUtc(day, locale, { weekday: "long", day: "numeric", month: "long", ...year });
}

/** The date that belongs beside a day's name: with the weekday, unless the name is that. */
export function dateBeside(day: string, name: string, today: string, locale: string): string {
  if (name === weekday(day, locale)) return inUtc(day, locale, { day: "numeric", month: "long" });
  const long = longDay(day, locale, today);
  return name === shortDate(day, today, locale) ? inUtc(day, locale, { weekday: "long" }) : long;
}

export function shortDate(day: string, today: string, locale: string): string {
  const year = day.slice(0, 4) === today.slice(0, 4) ? {} : { year: "numeric" as const };
  return inUtc(day, locale, { day: "numeric", month: "short", ...year });
}

export function clockTime(instant: string, zone: string, locale: string): string {
  return dateFormat(locale, { timeStyle: "short", timeZone: zone }).format(new Date(instant));
}

/** When it is due, as short as it is clear: "Tomorrow 09:00", "4 Dec". */
export function dueText(task: Due, zone: string, today: string, locale: string): string {
  const day = dueDay(task, zone);
  if (day === null || task.dueDate === null) return "";
  const name = dayName(day, today, locale);
  return task.allDay ? name : `${name} ${clockTime(task.dueDate, zone, locale)}`;
}

/** The time it is due at; nothing for a whole day. */
export function timeText(task: Due, zone: string, locale: string): string {
  return task.dueDate === null || task.allDay ? "" : clockTime(task.dueDate, zone, locale);
}

/** An instant in full, such as "Fri, 4 Dec 2026, 09:00 CET". */
export function fullInstant(instant: string, zone: string, locale: string): string {
  return dateFormat(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    timeZone: zone,
  }).format(new Date(instant));
}

function weekday(day: string, locale: string): string {
  return inUtc(day, locale, { weekday: "long" });
}

function inUtc(day: string, locale: string, options: Intl.DateTimeFormatOptions): string {
  return dateFormat(locale, { ...options, timeZone: "UTC" }).format(new Date(startOf(day, "UTC")));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
