"use client";
import { useLingui } from "@lingui/react/macro";
import type { KeyboardEvent } from "react";
import { useLocale } from "@/i18n/useLocale";
import { useZone } from "@/session/session";
import { PRIORITIES } from "@/tasks/filter";
import { PRIORITY_NAMES } from "@/tasks/names";
import { seen, useLayers } from "@/tasks/overlay";
import { fullInstant } from "@/time/format";
// The fields of the open task.
import { lazily } from "@/ui/lazily";
import { ConflictNotice } from "./ConflictNotice";
import { DueField } from "./DueField";
import type { TaskDetail } from "./detail";
import { FieldRow } from "./FieldRow";
import { RecurrenceField } from "./RecurrenceField";
import { RemindersField } from "./RemindersField";
import { SeriesField } from "./SeriesField";
import { TagsField } from "./TagsField";
import { useSave } from "./useSave";
import { useTextDraft } from "./useTextDraft";
import { useUnsaved } from "./useUnsaved";

const History = lazily(() => import("./History"));

export function TaskForm({ task }: { task: TaskDetail }) {
  const { t, i18n } = useLingui();
  const saving = useSave(task.id);
  const locale = useLocale();
  const zone = useZone();
  const shown = { ...task, ...seen(task, useLayers()) };
  const title = useTextDraft("title", task, saving);
  const description = useTextDraft("description", task, saving);
  useUnsaved(task, async () => {
    const saved = await Promise.all([title.commit(), description.commit()]);
    await saving.settled();
    return saved.every(Boolean);
  });
  const { errors } = saving;
  const onTitleKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void title.commit();
    }
  };
  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">
      <ConflictNotice saving={saving} zone={zone} locale={locale} />
      {saving.again && (
        <button type="button" className="btn mb-3 text-danger" onClick={saving.again}>
          {t`Save again`}
        </button>
      )}
      <textarea
        aria-label={t`Title`}
        aria-invalid={errors.title ? true : undefined}
        aria-describedby="task-title-error"
        rows={1}
        className="field-sizing-content w-full resize-none rounded-lg bg-transparent px-2 py-1 text-lg font-semibold -mx-2 hover:bg-hover focus:bg-transparent"
        value={title.value}
        onChange={(event) => title.type(event.target.value.replace(/\n/g, " "))}
        onKeyDown={onTitleKey}
        onBlur={() => void title.commit()}
      />
      <p id="task-title-error" role="alert" className="error">
        {errors.title}
      </p>
      <textarea
        aria-label={t`Description`}
        aria-invalid={errors.description ? true : undefined}
        aria-describedby="task-description-error"
        placeholder={t`Add a description`}
        rows={2}
        className="field-sizing-content -mx-2 mt-1 w-full resize-none rounded-lg bg-transparent px-2 py-1 placeholder:text-muted hover:bg-hover focus:bg-transparent"
        value={description.value}
        onChange={(event) => description.type(event.target.value)}
        onBlur={() => void description.commit()}
      />
      <p id="task-description-error" role="alert" className="error">
        {errors.description}
      </p>
      <div className="mt-3 flex flex-col gap-4">
        <DueField task={shown} saving={saving} />
        <FieldRow icon="flag" label={t`Priority`} error={errors.priority}>
          <div role="radiogroup" aria-label={t`Priority`} className="flex flex-wrap gap-1">
            {PRIORITIES.map((priority) => (
              <label
                key={priority}
                className="chip cursor-pointer has-checked:border-accent has-checked:bg-selected has-focus-visible:outline-2 has-focus-visible:outline-accent"
              >
                <input
                  type="radio"
                  name="priority"
                  className="sr-only"
                  checked={shown.priority === priority}
                  onChange={() => void saving.save({ priority }, task, { priority })}
                />
                {i18n._(PRIORITY_NAMES[priority])}
              </label>
            ))}
          </div>
        </FieldRow>
        <TagsField task={shown} saving={saving} />
        <RemindersField task={task} saving={saving} />
        <RecurrenceField task={task} saving={saving} />
        <SeriesField task={task} />
        <History id={task.id} />
        <p className="text-xs text-muted" role="status">
          {saving.saving ? t`Saving…` : t`Created ${fullInstant(task.createdAt, zone, locale)}`}
        </p>
      </div>
    </div>
  );
}
