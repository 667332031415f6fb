// Days and times of the accounts' zone, Europe/Berlin, counted from today.
const ZONE = "Europe/Berlin";

/** The date so many days from today, such as 2026-12-01. */
export function day(offset: number): string {
  const [year = 0, month = 1, date = 1] = new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE })
    .format(new Date())
    .split("-")
    .map(Number);
  return new Date(Date.UTC(year, month - 1, date + offset)).toISOString().slice(0, 10);
}

/** The instant of a clock time so many days from today. */
export function at(offset: number, clock = "09:00"): string {
  return instant(day(offset), clock);
}

/** The instant of a clock time on a date. */
export function instant(date: string, clock: string): string {
  const name = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, timeZoneName: "longOffset" })
    .formatToParts(new Date(`${date}T${clock}:00Z`))
    .find((part) => part.type === "timeZoneName")?.value;
  return new Date(`${date}T${clock}:00${name?.replace("GMT", "") || "Z"}`).toISOString();
}

/** What makes a task due on a whole day. */
export function allDay(offset: number): { readonly dueDate: string; readonly allDay: true } {
  return { dueDate: at(offset, "00:00"), allDay: true };
}

/** The name that a list gives a day, such as "Thursday". */
export function weekday(offset: number): string {
  return new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: "UTC" }).format(new Date(day(offset)));
}
