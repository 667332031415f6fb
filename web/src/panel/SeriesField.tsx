"use client";
// The neighbours of an occurrence in its series.
import { useLingui } from "@lingui/react/macro";
import { useLocale } from "@/i18n/useLocale";
import { STATUS_NAMES } from "@/tasks/names";
import { openTask } from "@/tasks/openTask";
import { dueText } from "@/time/format";
import { useToday } from "@/time/useToday";
import type { TaskDetail } from "./detail";
import { FieldRow } from "./FieldRow";

export function SeriesField({ task }: { task: TaskDetail }) {
  const { t, i18n } = useLingui();
  const locale = useLocale();
  const { today, zone } = useToday();
  const neighbours = [
    { name: t`Before`, other: task.parentTask },
    { name: t`After`, other: task.nextTask },
  ].flatMap(({ name, other }) => (other ? [{ name, other }] : []));
  if (neighbours.length === 0) return null;
  return (
    <FieldRow icon="history" label={t`Series`}>
      <ul className="flex flex-col gap-0.5">
        {neighbours.map(({ name, other }) => (
          <li key={other.id} className="flex items-baseline gap-2">
            <span className="hint w-14 shrink-0">{name}</span>
            <button
              type="button"
              className="truncate text-left text-accent hover:underline"
              onClick={() => openTask(other.id, "replace")}
            >
              {dueText(other, zone, today, locale) || other.title}
            </button>
            <span className="hint">{i18n._(STATUS_NAMES[other.status])}</span>
          </li>
        ))}
      </ul>
    </FieldRow>
  );
}
