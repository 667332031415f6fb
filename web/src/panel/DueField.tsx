"use client";
// When the task is due: a day, a time unless it is for the whole day, and the zone that both are counted in.
import {
  type CalendarDate,
  parseAbsolute,
  parseDate,
  toCalendarDate,
  toCalendarDateTime,
  toZoned,
  type ZonedDateTime,
} from "@internationalized/date";
import { useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { useLocale } from "@/i18n/useLocale";
import { addDays, startOf, todayIn } from "@/time/days";
import { fullInstant } from "@/time/format";
import { useToday } from "@/time/useToday";
import { lazily } from "@/ui/lazily";
import { DatePick } from "./DatePick";
import type { TaskDetail } from "./detail";
import { FieldRow } from "./FieldRow";
import type { Saving } from "./useSave";

const ZonePicker = lazily(() => import("@/settings/ZonePicker"));

export function DueField({ task, saving }: { task: TaskDetail; saving: Saving }) {
  const { t } = useLingui();
  const locale = useLocale();
  const { zone: viewerZone } = useToday();
  const [zoneOpen, setZoneOpen] = useState(false);
  const { dueDate, allDay, timeZone } = task;
  const value = dueDate === null ? null : parseAbsolute(dueDate, timeZone);
  const here = todayIn(timeZone, new Date());

  const put = async (next: string | null, more: { allDay?: boolean; timeZone?: string } = {}) => {
    const change = { ...(next !== dueDate ? { dueDate: next } : {}), ...more };
    return Object.keys(change).length === 0 || saving.save(change, task, { ...change });
  };
  const pick = (picked: ZonedDateTime | CalendarDate) =>
    put("timeZone" in picked ? picked.toAbsoluteString() : startOf(picked, timeZone));
  const toDay = (day: string) => {
    if (value === null || allDay) void put(startOf(day, timeZone), value === null ? { allDay: true } : {});
    else {
      const { year, month, day: date } = parseDate(day);
      void put(value.set({ year, month, day: date }).toAbsoluteString());
    }
  };
  const turnAllDay = (on: boolean) => {
    if (value === null) return;
    if (on) void put(startOf(toCalendarDate(value), timeZone), { allDay: true });
    else void put(value.set({ hour: 9, minute: 0 }).toAbsoluteString(), { allDay: false });
  };
  // The clock stays, the instant moves: nine o'clock there instead of here.
  const turnZone = (zone: string) => {
    if (value === null) void put(dueDate, { timeZone: zone });
    else
      void put(toZoned(allDay ? toCalendarDate(value) : toCalendarDateTime(value), zone).toAbsoluteString(), {
        timeZone: zone,
      });
  };
  const quick = [
    { label: t`Today`, day: here },
    { label: t`Tomorrow`, day: addDays(here, 1) },
    { label: t`In a week`, day: addDays(here, 7) },
  ];
  const { errors } = saving;
  return (
    <FieldRow icon="calendar" label={t`Due`} error={errors.dueDate ?? errors.allDay ?? errors.timeZone}>
      {value !== null && (
        <div className="mb-2 flex flex-wrap items-center gap-2">
          <DatePick label={t`Due date`} task={task} value={allDay ? toCalendarDate(value) : value} onPick={pick} />
          <label className="flex min-h-9 items-center gap-1.5">
            <input
              type="checkbox"
              className="size-4 accent-(--accent)"
              checked={allDay}
              onChange={(event) => turnAllDay(event.target.checked)}
            />
            {t`All day`}
          </label>
        </div>
      )}
      <div className="flex flex-wrap gap-1">
        {quick.map(({ label, day }) => (
          <button key={label} type="button" className="chip" onClick={() => toDay(day)}>
            {label}
          </button>
        ))}
        {value !== null && (
          <button
            type="button"
            className="chip border-transparent bg-transparent text-muted"
            disabled={task.isRecurring}
            title={task.isRecurring ? t`A task that repeats needs a due date.` : undefined}
            onClick={() => void put(null)}
          >
            {t`Remove`}
          </button>
        )}
      </div>
      {value !== null && (
        <div className="hint mt-1.5 flex flex-col items-start gap-1">
          {zoneOpen ? (
            <ZonePicker label={t`Time zone`} value={timeZone} onChange={turnZone} />
          ) : (
            <button
              type="button"
              className="underline decoration-dotted underline-offset-2"
              onClick={() => setZoneOpen(true)}
            >
              {timeZone}
            </button>
          )}
          {timeZone !== viewerZone && !allDay && dueDate !== null && (
            <span>{t`For you: ${fullInstant(dueDate, viewerZone, locale)}`}</span>
          )}
          {task.isRecurring && <span>{t`Another date moves only this one; the series stays where it is.`}</span>}
        </div>
      )}
    </FieldRow>
  );
}
