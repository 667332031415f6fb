"use client";
// What a typed line was understood as, in words.
import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import type { ParseQuickAddQuery } from "@/gql/graphql";
import { useLocale } from "@/i18n/useLocale";
import { recurrenceWords } from "@/panel/recurrenceWords";
import { minutesText } from "@/tasks/minutes";
import { PRIORITY_NAMES } from "@/tasks/names";
import { dueText } from "@/time/format";
import { useToday } from "@/time/useToday";
import { Icon, type IconName } from "@/ui/Icon";

export default function Understood({ parsed }: { parsed: ParseQuickAddQuery["parseQuickAdd"] }) {
  const { i18n, t } = useLingui();
  const locale = useLocale();
  const { today, zone } = useToday();
  const due = dueText({ dueDate: parsed.dueDate, allDay: parsed.allDay, timeZone: zone }, zone, today, locale);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-1 pt-1.5 text-xs text-muted">
      <span className="max-w-full truncate font-medium text-ink">{parsed.title}</span>
      {due !== "" && <Part icon="calendar">{due}</Part>}
      {parsed.recurrence && (
        <Part icon="repeat">{recurrenceWords(parsed.recurrence, { zone, locale, i18n, allDay: parsed.allDay })}</Part>
      )}
      {parsed.priority !== "NONE" && <Part icon="flag">{i18n._(PRIORITY_NAMES[parsed.priority])}</Part>}
      {parsed.tagNames.map((name) => (
        <Part key={name} icon="tag">
          {name}
        </Part>
      ))}
      {parsed.reminderMinutes.map((minutes) => (
        <Part key={minutes} icon="bell">
          {minutesText(minutes, i18n)}
        </Part>
      ))}
      <span className="sr-only">{t`Enter adds it.`}</span>
    </div>
  );
}

function Part({ icon, children }: { icon: IconName; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1">
      <Icon name={icon} className="size-3.5" />
      {children}
    </span>
  );
}
