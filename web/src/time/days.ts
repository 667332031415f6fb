// Days and due dates: an instant is stored, a day is meant. An all-day task's day is counted in its own zone, everything
// else in the viewer's.
import { type CalendarDate, parseAbsolute, parseDate, toCalendarDate, toZoned } from "@internationalized/date";

export interface Due {
  readonly dueDate: string | null;
  readonly allDay: boolean;
  readonly timeZone: string;
}

/** The day on which it is due, as YYYY-MM-DD; null without a due date. */
export function dueDay(task: Due, zone: string): string | null {
  if (task.dueDate === null) return null;
  return toCalendarDate(parseAbsolute(task.dueDate, task.allDay ? task.timeZone : zone)).toString();
}

/** The instant at which a day begins; where midnight is skipped, the first moment that exists. */
export function startOf(day: string | CalendarDate, zone: string): string {
  const date = typeof day === "string" ? parseDate(day) : day;
  return toZoned(date, zone).toAbsoluteString();
}

/** The day so many days later, as YYYY-MM-DD. */
export function addDays(day: string, days: number): string {
  return parseDate(day).add({ days }).toString();
}

/** The due date that the task would have on another day: the same time on the clock there; the whole day without one. */
export function onDay(task: Due, day: string, zone: string): string {
  if (task.dueDate === null || task.allDay) return startOf(day, task.timeZone);
  const { year, month, day: date } = parseDate(day);
  return parseAbsolute(task.dueDate, zone).set({ year, month, day: date }).toAbsoluteString();
}

/** Today in a zone, as YYYY-MM-DD. */
export function todayIn(zone: string, now: Date): string {
  return dayIn(now.toISOString(), zone);
}

/** The day of an instant in a zone, as YYYY-MM-DD. */
export function dayIn(instant: string, zone: string): string {
  return toCalendarDate(parseAbsolute(instant, zone)).toString();
}

/** Milliseconds until the next day begins there. */
export function untilTomorrow(zone: string, now: Date): number {
  return new Date(startOf(addDays(todayIn(zone, now), 1), zone)).getTime() - now.getTime();
}

/** Whether a text is a day that the calendar has. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  try {
    return parseDate(text).toString() === text;
  } catch {
    return false;
  }
}
