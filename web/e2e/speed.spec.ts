// How much a first visit loads and how soon it shows, with 10,000 tasks.
import { cpus, loadavg } from "node:os";
import type { Page } from "@playwright/test";
import { control } from "./control";
import { median, paintAfterClick, tell, watchInteractions, watchPaints } from "./figures";
import { expect, test } from "./fixtures";

const TASKS = 10_000;
const VISITS = 5;
const KILOBYTES = 200;
const PAINTED_MS = 1200;
const TICK_MS = 50;
const INTERACTION_MS = 100;

// Taking pictures for a trace costs as much as drawing the page.
test.use({ trace: "off" });

test("a list's first load has at most 200 KB of JavaScript, compressed", async ({ mine, account }) => {
  await account.task({ title: "Buy milk", dueDate: new Date().toISOString() });
  await mine.goto("/all");
  await expect(mine.getByText("Buy milk")).toBeVisible();
  const first = await scripts(mine);
  await mine.waitForLoadState("networkidle");
  const every = await scripts(mine);
  const html = await (await mine.request.get("/all")).text();
  const named = await scripts(
    mine,
    [...html.matchAll(/<script src="([^"]+)"/g)].map(([, source]) => source ?? ""),
  );
  tell({ name: "JavaScript that a list's page names", value: named.kilobytes, unit: "KB", limit: KILOBYTES });
  // With what is fetched for later by then, which is more on a slow machine.
  tell({ name: "JavaScript of a list when it shows its tasks", value: first.kilobytes, unit: "KB" });
  tell({ name: "JavaScript that it fetches after that", value: every.kilobytes - first.kilobytes, unit: "KB" });
  expect(named.count).toBeGreaterThan(3);
  expect(named.kilobytes).toBeLessThanOrEqual(KILOBYTES);
});

test("a list of 10,000 tasks has its largest paint within 1.2 s", async ({ account, another }) => {
  await control.tasks(account.id, TASKS);
  const paints: number[] = [];
  for (let visit = 0; visit < VISITS; visit += 1) {
    // Each time a browser that has nothing of ours in its cache.
    const page = await another(account);
    const largest = await watchPaints(page);
    await page.goto("/all");
    await expect(page.getByText(/^Task \d+/).first()).toBeVisible();
    await page.waitForTimeout(300);
    paints.push(await largest());
    await page.close();
  }
  within(`Largest paint of a list of ${TASKS} tasks, median of ${VISITS}`, median(paints), PAINTED_MS);
});

test("a task is ticked on the screen within 50 ms, though the server takes 2 s", async ({ mine, account }) => {
  await control.tasks(account.id, TASKS);
  await mine.goto("/all");
  const rows = mine.getByRole("row", { name: /Task \d+/ });
  await expect(rows.first()).toBeVisible();
  await mine.waitForLoadState("networkidle");
  await control.delay(2);
  const paints: number[] = [];
  for (let time = 0; time < VISITS; time += 1) {
    const tick = mine.getByRole("checkbox", { name: /^Complete / }).first();
    const name = (await tick.getAttribute("aria-label")) ?? "";
    const painted = await paintAfterClick(mine, `[role=checkbox][aria-label="${name}"]`);
    await tick.click();
    paints.push(await painted());
  }
  // The first has the code that it needs to load, if any.
  tell({ name: "A tick's paint, first", value: paints[0] ?? Number.NaN, unit: "ms" });
  within(`A tick's paint, the server taking 2 s, median of ${VISITS}`, median(paints), TICK_MS);
  await control.delay(0);
  await expect
    .poll(() => account.call<Counted>("{ tasks(filter: {status: {eq: COMPLETED}}) { totalCount } }"))
    .toEqual({ tasks: { totalCount: VISITS } });
});

test("every interaction with 10,000 tasks paints within 100 ms", async ({ mine, account }) => {
  await control.tasks(account.id, TASKS);
  const interactions = await watchInteractions(mine);
  await mine.goto("/all");
  const rows = mine.getByRole("row", { name: /Task \d+/ });
  await expect(rows.first()).toBeVisible();
  await mine.waitForLoadState("networkidle");
  await rows
    .first()
    .getByRole("checkbox", { name: /^Complete / })
    .click();
  await rows.nth(2).focus();
  for (let time = 0; time < 10; time += 1) await mine.keyboard.press("ArrowDown");
  await mine.keyboard.press("x");
  await mine.keyboard.press("Escape");
  await mine.keyboard.press("/");
  await mine.keyboard.type("visit ada", { delay: 60 });
  await expect(rows.first()).toContainText("visit Ada");
  await mine.getByRole("link", { name: "Upcoming" }).click();
  await expect(mine.getByRole("heading", { level: 1 })).toHaveText("Upcoming");
  await mine.waitForTimeout(500);
  const { worst, count } = await interactions();
  // Those below 16 ms are not told of.
  expect(count).toBeGreaterThan(3);
  within(`Worst of ${count} interactions with ${TASKS} tasks, to the next paint`, worst, INTERACTION_MS);
});

// Times say something of us only where this is well below the number of processors.
test.afterAll(() =>
  tell({ name: `Load of this machine (${cpus().length} processors)`, value: loadavg()[0] ?? 0, unit: "" }),
);

/** What has come over the network of JavaScript: bodies as they were sent, compressed, without headers. */
function scripts(page: Page, only?: readonly string[]): Promise<{ count: number; kilobytes: number }> {
  return page.evaluate((names) => {
    const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    const paths = entries.map((entry) => ({ path: new URL(entry.name).pathname, size: entry.encodedBodySize }));
    const found = paths.filter(({ path }) => path.endsWith(".js") && (names === undefined || names.includes(path)));
    return { count: found.length, kilobytes: found.reduce((sum, { size }) => sum + size, 0) / 1000 };
  }, only);
}

/** Tells a time. Above its limit it fails only where it was asked to (TICKLER_TIMES=check): on a machine that is idle. */
function within(name: string, value: number, limit: number): void {
  tell({ name, value, unit: "ms", limit });
  expect(Number.isFinite(value), name).toBe(true);
  if (process.env.TICKLER_TIMES === "check") expect(value, name).toBeLessThan(limit);
}

interface Counted {
  readonly tasks: { readonly totalCount: number };
}
