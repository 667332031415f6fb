"use client";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
// Two changes of the same field: both values, and which one it is to be. Nothing is overwritten before that is said.
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { minutesText } from "@/tasks/minutes";
import { PRIORITY_NAMES } from "@/tasks/names";
import { tagsQuery } from "@/tasks/tagsQuery";
import { fullInstant } from "@/time/format";
import type { Change } from "./conflict";
import type { TaskDetail } from "./detail";
import { recurrenceWords } from "./recurrenceWords";
import type { Saving } from "./useSave";

const NAMES: Record<keyof Change, MessageDescriptor> = {
  title: msg`Title`,
  description: msg`Description`,
  priority: msg`Priority`,
  dueDate: msg`Due date`,
  allDay: msg`All day`,
  timeZone: msg`Time zone`,
  reminderMinutes: msg`Reminders`,
  recurrence: msg`Recurrence`,
  tagIds: msg`Tags`,
  tagNames: msg`Tags`,
};

interface Props {
  readonly saving: Saving;
  readonly zone: string;
  readonly locale: string;
}

export function ConflictNotice({ saving, zone, locale }: Props) {
  const { t, i18n } = useLingui();
  const { conflict } = saving;
  const { data: tags = [] } = useQuery({ ...tagsQuery, enabled: conflict !== null });
  const tagName = (id: string) => tags.find((tag) => tag.id === id)?.name ?? "…";
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (conflict !== null) notice.current?.focus();
  }, [conflict]);
  if (conflict === null) return null;
  const write = (field: keyof Change, of: TaskDetail | Change) =>
    inText(field, of, { zone, locale, i18n }, tagName, t`none`, t`yes`, t`no`);
  return (
    <div
      ref={notice}
      tabIndex={-1}
      role="alertdialog"
      aria-label={t`Changed in two places`}
      className="mb-4 rounded-xl border border-warn bg-warn-soft p-3 text-sm"
    >
      <p className="mb-2 font-medium text-warn">{t`Somebody else changed this task meanwhile. Which is it to be?`}</p>
      {conflict.fields.map((field) => (
        <div key={field} className="mb-2">
          <p className="label">{i18n._(NAMES[field])}</p>
          <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5">
            <dt className="text-muted">{t`Yours`}</dt>
            <dd className="whitespace-pre-wrap [overflow-wrap:anywhere]">{write(field, conflict.change)}</dd>
            <dt className="text-muted">{t`Theirs`}</dt>
            <dd className="whitespace-pre-wrap [overflow-wrap:anywhere]">{write(field, conflict.theirs)}</dd>
          </dl>
        </div>
      ))}
      <div className="flex gap-2">
        <button type="button" className="btn btn-primary" onClick={() => void saving.keepMine()}>
          {t`Keep mine`}
        </button>
        <button type="button" className="btn" onClick={saving.takeTheirs}>
          {t`Take theirs`}
        </button>
      </div>
    </div>
  );
}

interface Place {
  readonly zone: string;
  readonly locale: string;
  readonly i18n: ReturnType<typeof useLingui>["i18n"];
}

function inText(
  field: keyof Change,
  of: TaskDetail | Change,
  { zone, locale, i18n }: Place,
  tagName: (id: string) => string,
  none: string,
  yes: string,
  no: string,
): string {
  switch (field) {
    case "title":
    case "description":
    case "timeZone":
      return of[field] || none;
    case "priority":
      return of.priority ? i18n._(PRIORITY_NAMES[of.priority]) : none;
    case "dueDate":
      return of.dueDate ? fullInstant(of.dueDate, zone, locale) : none;
    case "allDay":
      return of.allDay ? yes : no;
    case "reminderMinutes":
      return of.reminderMinutes?.map((minutes) => minutesText(minutes, i18n)).join(", ") || none;
    case "recurrence": {
      if (!of.recurrence) return none;
      if ("text" in of.recurrence && "tags" in of)
        return recurrenceWords(of.recurrence, { zone: of.timeZone, allDay: of.allDay, locale, i18n });
      return of.recurrence.rule ?? `${of.recurrence.pattern} × ${of.recurrence.interval ?? 1}`;
    }
    case "tagIds":
    case "tagNames":
      if ("tags" in of) return of.tags.map((tag) => tag.name).join(", ") || none;
      return (of.tagNames ?? of.tagIds?.map(tagName))?.join(", ") || none;
  }
}
