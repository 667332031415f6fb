// What happened to a task, in words.
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { differences, type Place, type Value } from "./differences";

export interface Happening {
  readonly eventType: string;
  readonly changes: unknown;
}

const VERBS: Record<string, MessageDescriptor> = {
  "task.created": msg`Created`,
  "task.updated": msg`Changed`,
  "task.completed": msg`Completed`,
  "task.deleted": msg`Put in the trash`,
  "task.reopened": msg`Opened again`,
  "task.skipped": msg`Skipped`,
  "task.restored": msg`Taken out of the trash`,
  "task.overdue": msg`Became overdue`,
};

const WORDS: Record<string, MessageDescriptor> = {
  nothing: msg`nothing`,
  none: msg`no priority`,
  low: msg`low`,
  medium: msg`medium`,
  high: msg`high`,
  urgent: msg`urgent`,
};

const FIELDS: Record<string, MessageDescriptor> = {
  title: msg`title`,
  description: msg`description`,
  priority: msg`priority`,
  due_date: msg`due date`,
  all_day: msg`all-day`,
  time_zone: msg`time zone`,
  reminder_minutes: msg`reminders`,
  recurrence_rule: msg`recurrence`,
  recurrence_anchor: msg`recurrence`,
  tags: msg`tags`,
};

/** The verb, and what more there is to say: which fields, from what to what. */
export function activityText(
  i18n: I18n,
  { eventType, changes }: Happening,
  place: Place,
): { readonly verb: string; readonly details: readonly string[] } {
  const found = differences(changes, place);
  const has = (field: string) => found.some((difference) => difference.field === field);
  if (has("purged")) return { verb: i18n._(msg`Removed from the trash for good`), details: [] };
  if (has("taken_back")) return { verb: i18n._(msg`Taken back`), details: [] };
  const verb = said(i18n, VERBS, eventType) ?? eventType;
  if (eventType !== "task.updated") return { verb, details: [] };
  const details = found.map(({ field, from, to }) => {
    const name = said(i18n, FIELDS, field) ?? field.replaceAll("_", " ");
    const [before, after] = [inWord(i18n, from), inWord(i18n, to)];
    return before === null || after === null ? name : `${name}: ${before} → ${after}`;
  });
  return { verb, details: [...new Set(details)] };
}

function inWord(i18n: I18n, value: Value): string | null {
  if (value === null) return null;
  return "text" in value ? value.text : (said(i18n, WORDS, value.word) ?? value.word);
}

function said(i18n: I18n, words: Record<string, MessageDescriptor>, name: string): string | null {
  const word = words[name];
  return word === undefined ? null : i18n._(word);
}
