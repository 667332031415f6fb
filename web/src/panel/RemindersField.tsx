"use client";
import { parseDateTime, toZoned } from "@internationalized/date";
// When one is reminded: so long before the due date, or at a time of its own.
import { useLingui } from "@lingui/react/macro";
import { type FormEvent, useState } from "react";
import { AddReminderDocument, RemoveReminderDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted } from "@/graphql/payload";
import { useLocale } from "@/i18n/useLocale";
import { newKey } from "@/quickadd/pending";
import { minutesText, OFFERED_MINUTES } from "@/tasks/minutes";
import { fullInstant } from "@/time/format";
import { useToday } from "@/time/useToday";
import { Icon } from "@/ui/Icon";
import { readDetail, type TaskDetail } from "./detail";
import { FieldRow } from "./FieldRow";
import type { Saving } from "./useSave";

type Adding = "custom" | "absolute" | null;

const UNITS = { minutes: 1, hours: 60, days: 1440, weeks: 10_080 } as const;

export function RemindersField({ task, saving }: { task: TaskDetail; saving: Saving }) {
  const { t, i18n } = useLingui();
  const locale = useLocale();
  const { zone } = useToday();
  const [adding, setAdding] = useState<Adding>(null);
  const minutes = task.reminderMinutes;
  const put = (next: readonly number[]) =>
    void saving.save({ reminderMinutes: [...new Set(next)].sort((a, b) => a - b) }, task);
  const removeAbsolute = (id: string) =>
    void saving.run("reminderMinutes", async () => {
      const { task: left } = accepted((await execute(RemoveReminderDocument, { id })).removeReminder);
      return left && readDetail(left);
    });
  const own = task.reminders.filter((reminder) => reminder.minutesBefore === null && reminder.state !== "CANCELLED");
  const firesAt = (before: number) =>
    task.reminders.find((reminder) => reminder.minutesBefore === before && reminder.state !== "CANCELLED");
  const choose = (value: string) => {
    if (value === "custom" || value === "absolute") setAdding(value);
    else if (value !== "") put([...minutes, Number(value)]);
  };
  return (
    <FieldRow icon="bell" label={t`Reminders`} error={saving.errors.reminderMinutes}>
      <ul className="mb-1.5 flex flex-col gap-0.5 empty:hidden">
        {minutes.map((before) => {
          const reminder = firesAt(before);
          return (
            <Line
              key={before}
              text={minutesText(before, i18n)}
              note={reminder && fullInstant(reminder.remindAt, zone, locale)}
              sent={reminder?.state === "SENT"}
              onRemove={() => put(minutes.filter((other) => other !== before))}
            />
          );
        })}
        {own.map((reminder) => (
          <Line
            key={reminder.id}
            text={fullInstant(reminder.remindAt, zone, locale)}
            sent={reminder.state === "SENT"}
            onRemove={reminder.state === "SENT" ? null : () => removeAbsolute(reminder.id)}
          />
        ))}
      </ul>
      <select
        className="input min-h-8"
        aria-label={t`Add a reminder`}
        value=""
        onChange={(event) => choose(event.target.value)}
      >
        <option value="">{t`Add a reminder`}</option>
        {task.dueDate !== null &&
          OFFERED_MINUTES.filter((offered) => !minutes.includes(offered)).map((offered) => (
            <option key={offered} value={offered}>
              {minutesText(offered, i18n)}
            </option>
          ))}
        {task.dueDate !== null && <option value="custom">{t`Another time before …`}</option>}
        <option value="absolute">{t`At a fixed time …`}</option>
      </select>
      {adding === "custom" && (
        <CustomForm
          onAdd={(before) => {
            setAdding(null);
            put([...minutes, before]);
          }}
        />
      )}
      {adding === "absolute" && <AbsoluteForm task={task} saving={saving} zone={zone} onDone={() => setAdding(null)} />}
    </FieldRow>
  );
}

interface LineProps {
  readonly text: string;
  readonly note?: string | undefined;
  readonly sent: boolean;
  readonly onRemove: (() => void) | null;
}

function Line({ text, note, sent, onRemove }: LineProps) {
  const { t } = useLingui();
  return (
    <li className="flex min-h-7 items-center gap-2">
      <span className={sent ? "text-muted" : ""}>{text}</span>
      <span className="hint min-w-0 flex-1 truncate">
        {note} {sent && t`(sent)`}
      </span>
      {onRemove && (
        <button
          type="button"
          className="grid size-7 place-items-center rounded-lg text-muted hover:bg-hover hover:text-ink"
          aria-label={t`Remove the reminder: ${text}`}
          onClick={onRemove}
        >
          <Icon name="close" className="size-3.5" />
        </button>
      )}
    </li>
  );
}

function CustomForm({ onAdd }: { onAdd: (minutes: number) => void }) {
  const { t } = useLingui();
  const [count, setCount] = useState("2");
  const [unit, setUnit] = useState<keyof typeof UNITS>("hours");
  const names = { minutes: t`minutes before`, hours: t`hours before`, days: t`days before`, weeks: t`weeks before` };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAdd(Math.round(Number(count) * UNITS[unit]));
  };
  return (
    <form className="mt-1.5 flex gap-1.5" onSubmit={submit}>
      <input
        type="number"
        required
        min={0}
        step={1}
        className="input w-20"
        aria-label={t`How many`}
        value={count}
        onChange={(event) => setCount(event.target.value)}
      />
      <select
        className="input"
        aria-label={t`Unit`}
        value={unit}
        onChange={(event) => setUnit(event.target.value as keyof typeof UNITS)}
      >
        {Object.entries(names).map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
      <button type="submit" className="btn">
        {t`Add`}
      </button>
    </form>
  );
}

interface AbsoluteProps {
  readonly task: TaskDetail;
  readonly saving: Saving;
  readonly zone: string;
  readonly onDone: () => void;
}

function AbsoluteForm({ task, saving, zone, onDone }: AbsoluteProps) {
  const { t } = useLingui();
  const [at, setAt] = useState("");
  // The same key for the same time: sent again after a lost answer it makes no second reminder.
  const [key] = useState(newKey);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const instant = toZoned(parseDateTime(at), zone).toAbsoluteString();
    const added = await saving.run("reminderMinutes", async () => {
      const input = { taskId: task.id, at: instant, idempotencyKey: key };
      const { reminder } = accepted((await execute(AddReminderDocument, { input })).addReminder);
      return reminder && readDetail(reminder.task);
    });
    if (added) onDone();
  };
  return (
    <form className="mt-1.5 flex gap-1.5" onSubmit={(event) => void submit(event)}>
      <input
        type="datetime-local"
        required
        className="input"
        aria-label={t`When`}
        value={at}
        onChange={(event) => setAt(event.target.value)}
      />
      <button type="submit" className="btn">
        {t`Add`}
      </button>
    </form>
  );
}
