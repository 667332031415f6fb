"use client";
// Completions per day: in words, as a chart, and as a table for those who want the numbers.
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useLocale } from "@/i18n/useLocale";
import { numberText, weekdayText } from "@/time/instants";
import { lazily } from "@/ui/lazily";
import { type DayCount, summarise } from "./summary";

const Chart = lazily(
  () => import("./Chart"),
  () => <div className="h-50" />,
);
export const RANGES = [7, 14, 30, 90] as const;
export type Range = (typeof RANGES)[number];

interface Props {
  readonly days: readonly DayCount[];
  readonly range: Range;
  readonly onRange: (range: Range) => void;
}

export function CompletionsCard({ days, range, onRange }: Props) {
  const { t } = useLingui();
  const locale = useLocale();
  return (
    <section className="card flex flex-col gap-2 p-4" aria-labelledby="completions">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 id="completions" className="flex-1 font-semibold">
          <Trans>Completed per day</Trans>
        </h2>
        <fieldset className="flex gap-1">
          <legend className="sr-only">{t`How many days`}</legend>
          {RANGES.map((days) => (
            <button
              key={days}
              type="button"
              className="chip"
              aria-pressed={days === range}
              onClick={() => onRange(days)}
            >
              <Plural value={days} one="# day" other="# days" />
            </button>
          ))}
        </fieldset>
      </div>
      <Words days={days} locale={locale} />
      <Chart days={days} locale={locale} />
      <details className="text-sm">
        <summary className="w-fit rounded text-muted">
          <Trans>As a table</Trans>
        </summary>
        <div className="mt-2">
          <table className="w-full max-w-xs text-left tabular-nums">
            <thead className="text-xs text-muted">
              <tr>
                <th scope="col" className="py-1 font-medium">
                  <Trans>Day</Trans>
                </th>
                <th scope="col" className="py-1 text-right font-medium">
                  <Trans>Completed</Trans>
                </th>
              </tr>
            </thead>
            <tbody>
              {days.toReversed().map((day) => (
                <tr key={day.day} className="border-t border-line">
                  <th scope="row" className="py-1 font-normal">
                    <time dateTime={day.day}>{weekdayText(day.day, locale)}</time>
                  </th>
                  <td className="py-1 text-right">{day.count}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}

function Words({ days, locale }: { days: readonly DayCount[]; locale: string }) {
  const { total, average, best } = summarise(days);
  if (best === null)
    return (
      <p className="text-sm text-muted">
        <Trans>Nothing was completed in these days.</Trans>
      </p>
    );
  const perDay = numberText(Math.round(average * 10) / 10, locale);
  const day = weekdayText(best.day, locale);
  return (
    <p className="text-sm text-muted">
      <Plural value={total} one="# task" other="# tasks" />
      {" · "}
      <Trans>{perDay} a day</Trans>
      {" · "}
      <Trans>
        most on {day} ({best.count})
      </Trans>
    </p>
  );
}
