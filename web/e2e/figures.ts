// What is measured, for the table that ./task test:browser prints at its end.
import { appendFileSync } from "node:fs";
import type { Page } from "@playwright/test";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit?: number;
}

export function tell(figure: Figure): void {
  const file = process.env["FIGURES"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figure)}\n`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** From the start of the navigation to the last largest paint, in milliseconds. Begins before the page is opened. */
export async function watchPaints(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const seen = window as unknown as { largestPaint: number };
    seen.largestPaint = 0;
    const watch = (list: PerformanceObserverEntryList) => {
      for (const entry of list.getEntries()) seen.largestPaint = entry.startTime;
    };
    new PerformanceObserver(watch).observe({ type: "largest-contentful-paint", buffered: true });
  });
  return () => page.evaluate(() => (window as unknown as { largestPaint: number }).largestPaint);
}
