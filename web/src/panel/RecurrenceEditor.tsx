"use client";
// Edits how the task repeats, and shows while one edits what the server makes of it: its words and the next dates.
import { useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { useLocale } from "@/i18n/useLocale";
import { dayIn, dueDay } from "@/time/days";
import type { TaskDetail } from "./detail";
import { EndChoices } from "./EndChoices";
import { MonthChoices } from "./MonthChoices";
import { Preview } from "./RecurrencePreview";
import {
  FREQUENCIES,
  type Frequency,
  formOf,
  inputOf,
  NEW_FORM,
  type RecurrenceForm,
  WEEKDAYS,
} from "./recurrenceForm";
import type { Saving } from "./useSave";
import { weekdayName } from "./weekdays";

interface Props {
  readonly task: TaskDetail;
  readonly saving: Saving;
  readonly onDone: () => void;
}

const MOST_INTERVAL = 999;

export default function RecurrenceEditor({ task, saving, onDone }: Props) {
  const { t } = useLingui();
  const locale = useLocale();
  const [form, setForm] = useState(() => (task.recurrence ? formOf(task.recurrence, task.timeZone, dayIn) : NEW_FORM));
  const put = (more: Partial<RecurrenceForm>) => setForm((old) => ({ ...old, ...more }));
  const day = dueDay({ ...task, allDay: true }, task.timeZone);
  if (task.dueDate === null || day === null)
    return (
      <div className="flex flex-col items-start gap-2">
        <p className="text-muted">{t`A task that repeats needs a due date: give it one first.`}</p>
        <button type="button" className="btn" onClick={onDone}>
          {t`Close`}
        </button>
      </div>
    );
  const input = inputOf(form, task.timeZone, Number(day.slice(8)));
  const units: Record<Frequency, string> = { DAILY: t`days`, WEEKLY: t`weeks`, MONTHLY: t`months`, YEARLY: t`years` };
  const names: Record<Frequency, string> = {
    DAILY: t`Daily`,
    WEEKLY: t`Weekly`,
    MONTHLY: t`Monthly`,
    YEARLY: t`Yearly`,
  };
  const save = async (recurrence: typeof input | null) => {
    if (await saving.save({ recurrence }, task)) onDone();
  };
  return (
    <div className="flex flex-col gap-3 rounded-xl border border-line p-3">
      <div className="flex flex-wrap gap-1">
        {FREQUENCIES.map((frequency) => (
          <button
            key={frequency}
            type="button"
            className="chip"
            aria-pressed={form.rule === null && form.frequency === frequency}
            onClick={() => put({ frequency, rule: null })}
          >
            {names[frequency]}
          </button>
        ))}
        <button
          type="button"
          className="chip"
          aria-pressed={form.rule !== null}
          onClick={() => put({ rule: task.recurrence?.rule ?? input.rule ?? `FREQ=${form.frequency}` })}
        >
          {t`Rule`}
        </button>
      </div>
      {form.rule !== null ? (
        <label className="field">
          <span className="label">{t`Rule (RFC 5545)`}</span>
          <textarea
            className="input font-mono text-xs"
            rows={2}
            spellCheck={false}
            value={form.rule}
            onChange={(event) => put({ rule: event.target.value })}
          />
        </label>
      ) : (
        <>
          <label className="flex items-center gap-2">
            {t`Every`}
            <input
              type="number"
              className="input w-20"
              min={1}
              max={MOST_INTERVAL}
              value={form.interval}
              onChange={(event) => put({ interval: clamp(event.target.valueAsNumber, MOST_INTERVAL) })}
            />
            {units[form.frequency]}
          </label>
          {form.frequency === "WEEKLY" && (
            <fieldset>
              <legend className="label mb-1">{t`On`}</legend>
              <div className="flex flex-wrap gap-1">
                {WEEKDAYS.map((weekday) => (
                  <button
                    key={weekday}
                    type="button"
                    className="chip"
                    aria-pressed={form.weekdays.includes(weekday)}
                    aria-label={weekdayName(weekday, locale, "long")}
                    onClick={() =>
                      put({
                        weekdays: form.weekdays.includes(weekday)
                          ? form.weekdays.filter((other) => other !== weekday)
                          : [...form.weekdays, weekday],
                      })
                    }
                  >
                    {weekdayName(weekday, locale, "short")}
                  </button>
                ))}
              </div>
              {form.weekdays.length === 0 && <p className="hint mt-1">{t`On the weekday of the due date.`}</p>}
            </fieldset>
          )}
          {form.frequency === "MONTHLY" && (
            <MonthChoices mode={form.month} day={Number(day.slice(8))} onChange={(month) => put({ month })} />
          )}
          <EndChoices end={form.end} due={day} onChange={(end) => put({ end })} />
        </>
      )}
      <label className="field">
        <span className="label">{t`When one is completed, the next is`}</span>
        <select
          className="input"
          value={form.anchor}
          onChange={(event) => put({ anchor: event.target.value as RecurrenceForm["anchor"] })}
        >
          <option value="NEXT_SLOT">{t`the first one still to come`}</option>
          <option value="EVERY_SLOT">{t`the following one, even if it is past`}</option>
          <option value="COMPLETION">{t`one interval after completing`}</option>
        </select>
      </label>
      <Preview input={input} start={task.dueDate} zone={task.timeZone} />
      <p role="alert" className="error empty:hidden">
        {saving.errors.recurrence}
      </p>
      <div className="flex flex-wrap gap-2">
        <button type="button" className="btn btn-primary" onClick={() => void save(input)}>
          {t`Save`}
        </button>
        <button type="button" className="btn" onClick={onDone}>
          {t`Cancel`}
        </button>
        {task.recurrence && (
          <button type="button" className="btn btn-danger ml-auto" onClick={() => void save(null)}>
            {t`End the series here`}
          </button>
        )}
      </div>
    </div>
  );
}

function clamp(value: number, most: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(1, Math.round(value))) : 1;
}
