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
  const file = process.env.FIGURES;
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

/** The worst interaction so far, from the input to the next paint (INP of fewer than 50), in milliseconds. */
export async function watchInteractions(page: Page): Promise<() => Promise<{ worst: number; count: number }>> {
  await page.addInitScript(() => {
    const seen = window as unknown as { interactions: Map<number, number> };
    seen.interactions = new Map();
    const watch = (list: PerformanceObserverEntryList) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { interactionId?: number })[])
        if (entry.interactionId)
          seen.interactions.set(
            entry.interactionId,
            Math.max(entry.duration, seen.interactions.get(entry.interactionId) ?? 0),
          );
    };
    // 16 ms is the least that a browser tells of.
    new PerformanceObserver(watch).observe({ type: "event", buffered: true, durationThreshold: 16 } as object);
  });
  return () =>
    page.evaluate(() => {
      const { interactions } = window as unknown as { interactions: Map<number, number> };
      return { worst: Math.max(0, ...interactions.values()), count: interactions.size };
    });
}

/** Waits until the next click has been painted that leaves no element for the selector, and gives the milliseconds. */
export async function paintAfterClick(page: Page, gone: string): Promise<() => Promise<number>> {
  await page.evaluate((selector) => {
    const seen = window as unknown as { painted: Promise<number> };
    seen.painted = new Promise((resolve) => {
      addEventListener(
        "click",
        (click) => {
          const look = () => {
            if (document.querySelector(selector) !== null) return false;
            // Behind the frame that shows it.
            requestAnimationFrame(() => {
              const { port1, port2 } = new MessageChannel();
              port1.onmessage = () => resolve(performance.now() - click.timeStamp);
              port2.postMessage(null);
            });
            return true;
          };
          const observer = new MutationObserver(() => void (look() && observer.disconnect()));
          observer.observe(document.body, { subtree: true, childList: true, attributes: true });
        },
        { capture: true, once: true },
      );
    });
  }, gone);
  return () => page.evaluate(() => (window as unknown as { painted: Promise<number> }).painted);
}
