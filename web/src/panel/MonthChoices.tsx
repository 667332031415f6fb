"use client";
// On which day of the month.
import { useLingui } from "@lingui/react/macro";
import { useLocale } from "@/i18n/useLocale";
import { type MonthMode, PLACES, WEEKDAYS } from "./recurrenceForm";
import { weekdayName } from "./weekdays";

interface Props {
  readonly mode: MonthMode;
  /** The day of the month that the task is due on. */
  readonly day: number;
  readonly onChange: (mode: MonthMode) => void;
}

export function MonthChoices({ mode, day, onChange }: Props) {
  const { t } = useLingui();
  const locale = useLocale();
  const places: Record<(typeof PLACES)[number], string> = {
    1: t`first`,
    2: t`second`,
    3: t`third`,
    4: t`fourth`,
    "-1": t`last`,
  };
  const choose = (kind: string) => {
    if (kind === "weekday") onChange({ kind, place: -1, weekday: "FR" });
    else if (kind === "firstWorkday") onChange({ kind: "workday", place: 1 });
    else if (kind === "lastWorkday") onChange({ kind: "workday", place: -1 });
    else onChange({ kind: kind === "lastDay" ? "lastDay" : "day" });
  };
  const kind = mode.kind === "workday" ? (mode.place === 1 ? "firstWorkday" : "lastWorkday") : mode.kind;
  return (
    <div className="flex flex-col gap-2">
      <select
        className="input"
        aria-label={t`Day of the month`}
        value={kind}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="day">{day > 28 ? t`on the ${day}th, or the last day` : t`on day ${day}`}</option>
        <option value="lastDay">{t`on the last day`}</option>
        <option value="weekday">{t`on a weekday, such as the last Friday`}</option>
        <option value="firstWorkday">{t`on the first day of Monday to Friday`}</option>
        <option value="lastWorkday">{t`on the last day of Monday to Friday`}</option>
      </select>
      {mode.kind === "weekday" && (
        <div className="flex gap-2">
          <select
            className="input"
            aria-label={t`Which`}
            value={mode.place}
            onChange={(event) => {
              const place = PLACES.find((one) => String(one) === event.target.value);
              if (place !== undefined) onChange({ ...mode, place });
            }}
          >
            {PLACES.map((place) => (
              <option key={place} value={place}>
                {places[place]}
              </option>
            ))}
          </select>
          <select
            className="input"
            aria-label={t`Weekday`}
            value={mode.weekday}
            onChange={(event) => {
              const weekday = WEEKDAYS.find((one) => one === event.target.value);
              if (weekday !== undefined) onChange({ ...mode, weekday });
            }}
          >
            {WEEKDAYS.map((weekday) => (
              <option key={weekday} value={weekday}>
                {weekdayName(weekday, locale, "long")}
              </option>
            ))}
          </select>
        </div>
      )}
    </div>
  );
}
