// The completions of a range of days as numbers to speak of.

export interface DayCount {
  readonly day: string;
  readonly count: number;
}

export interface Summary {
  readonly total: number;
  readonly average: number;
  /** The day with the most; the latest of equals; null when nothing was completed. */
  readonly best: DayCount | null;
}

export function summarise(days: readonly DayCount[]): Summary {
  const total = days.reduce((sum, day) => sum + day.count, 0);
  const best = days.reduce<DayCount | null>(
    (found, day) => (day.count > 0 && day.count >= (found?.count ?? 0) ? day : found),
    null,
  );
  return { total, average: days.length === 0 ? 0 : total / days.length, best };
}

/** Steps for an axis of whole numbers: few lines, no fractions. */
export function wholeSteps(most: number): readonly number[] {
  const rough = Math.max(1, most / 4);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10));
  const steps: number[] = [];
  for (let value = 0; value < Math.max(most, 1) + step; value += step) steps.push(value);
  return steps;
}
