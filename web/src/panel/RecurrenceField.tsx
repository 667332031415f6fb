"use client";
import { useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { useLocale } from "@/i18n/useLocale";
import { fullInstant } from "@/time/format";
// How the task repeats, in words; the editor is loaded when it is wanted.
import { lazily } from "@/ui/lazily";
import type { TaskDetail } from "./detail";
import { FieldRow } from "./FieldRow";
import { recurrenceWords } from "./recurrenceWords";
import type { Saving } from "./useSave";

const RecurrenceEditor = lazily(() => import("./RecurrenceEditor"));

export function RecurrenceField({ task, saving }: { task: TaskDetail; saving: Saving }) {
  const { t, i18n } = useLingui();
  const locale = useLocale();
  const [editing, setEditing] = useState(false);
  const { recurrence } = task;
  const next = recurrence?.next.slice(1, 4) ?? [];
  return (
    <FieldRow icon="repeat" label={t`Recurrence`} error={editing ? undefined : saving.errors.recurrence}>
      {editing ? (
        <RecurrenceEditor task={task} saving={saving} onDone={() => setEditing(false)} />
      ) : (
        <>
          {recurrence && (
            <p>{recurrenceWords(recurrence, { zone: task.timeZone, allDay: task.allDay, locale, i18n })}</p>
          )}
          {next.length > 0 && (
            <p className="hint mt-0.5">
              {t`Then:`} {next.map((instant) => fullInstant(instant, task.timeZone, locale)).join(" · ")}
            </p>
          )}
          <button type="button" className={recurrence ? "chip mt-1.5" : "chip"} onClick={() => setEditing(true)}>
            {recurrence ? t`Change` : t`Repeat …`}
          </button>
        </>
      )}
    </FieldRow>
  );
}
