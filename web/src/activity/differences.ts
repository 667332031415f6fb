// What an activity says of a change, {"priority": ["none", "high"]}, as what is to be shown of it. The words are words.ts'.
import { dateText, dateTimeText } from "@/time/instants";

export interface Place {
  readonly zone: string;
  readonly locale: string;
}

/** A value as text, as a word that has to be said in the user's language, or null for one that takes too many words. */
export type Value = { readonly text: string } | { readonly word: string } | null;

export interface Difference {
  readonly field: string;
  readonly from: Value;
  readonly to: Value;
}

export function differences(changes: unknown, place: Place): readonly Difference[] {
  if (changes === null || typeof changes !== "object") return [];
  return Object.entries(changes).flatMap(([field, pair]): Difference[] => {
    if (!Array.isArray(pair) || pair.length !== 2) return [];
    return [{ field, from: value(field, pair[0], place), to: value(field, pair[1], place) }];
  });
}

function value(field: string, given: unknown, { zone, locale }: Place): Value {
  if (field === "title" && typeof given === "string") return { text: `“${given}”` };
  if (field === "priority" && typeof given === "string") return { word: given };
  if (field === "due_date") {
    if (given === null) return { word: "nothing" };
    const isInstant = typeof given === "string" && !Number.isNaN(Date.parse(given));
    return isInstant ? { text: dateTimeText(given, zone, locale) } : null;
  }
  if (field === "tags" && Array.isArray(given))
    return given.length === 0 ? { word: "nothing" } : { text: given.join(", ") };
  return null;
}

/** The due date of a task in words; of an all-day one its day in its own zone. */
export function dueInWords(
  due: { readonly dueDate: string; readonly allDay: boolean; readonly timeZone?: string | undefined },
  { zone, locale }: Place,
): string {
  return due.allDay ? dateText(due.dueDate, due.timeZone ?? zone, locale) : dateTimeText(due.dueDate, zone, locale);
}
