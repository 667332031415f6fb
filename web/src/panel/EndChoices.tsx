"use client";
// When a recurrence ends.
import { useLingui } from "@lingui/react/macro";
import { addDays, isDay } from "@/time/days";
import type { End } from "./recurrenceForm";

interface Props {
  readonly end: End;
  /** The day that the task is due on. */
  readonly due: string;
  readonly onChange: (end: End) => void;
}

const A_MONTH = 30;
const MOST_COUNT = 9999;

export function EndChoices({ end, due, onChange }: Props) {
  const { t } = useLingui();
  const choose = (kind: string) => {
    if (kind === "until") onChange({ kind, day: addDays(due, A_MONTH) });
    else if (kind === "count") onChange({ kind, count: 10 });
    else onChange({ kind: "never" });
  };
  return (
    <div className="flex items-center gap-2">
      <select
        className="input w-auto"
        aria-label={t`End`}
        value={end.kind}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="never">{t`without an end`}</option>
        <option value="until">{t`until`}</option>
        <option value="count">{t`so many times:`}</option>
      </select>
      {end.kind === "until" && (
        <input
          type="date"
          className="input"
          aria-label={t`Last day`}
          min={due}
          value={end.day}
          onChange={(event) => isDay(event.target.value) && onChange({ kind: "until", day: event.target.value })}
        />
      )}
      {end.kind === "count" && (
        <input
          type="number"
          className="input w-24"
          aria-label={t`How many times`}
          min={1}
          max={MOST_COUNT}
          value={end.count}
          onChange={(event) => {
            const count = event.target.valueAsNumber;
            if (Number.isInteger(count) && count >= 1 && count <= MOST_COUNT) onChange({ kind: "count", count });
          }}
        />
      )}
    </div>
  );
}
