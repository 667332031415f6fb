// How much a first visit loads and how soon it shows, with 10,000 tasks.
import { control } from "./control";
import { median, paintAfterClick, tell, watchInteractions, watchPaints } from "./figures";
import { expect, test } from "./fixtures";

const TASKS = 10_000;
const VISITS = 5;
const KILOBYTES = 200;
const PAINTED_MS = 1200;
const TICK_MS = 50;
const INTERACTION_MS = 100;

test("a list's first load has at most 200 KB of JavaScript, compressed", async ({ mine, account, context }) => {
  await account.task({ title: "Buy milk", dueDate: new Date().toISOString() });
  const session = await context.newCDPSession(mine);
  await session.send("Network.enable");
  const scripts = new Map<string, string>();
  let bytes = 0;
  let later = 0;
  let shown = false;
  session.on("Network.responseReceived", ({ requestId, response, type }) => {
    if (type === "Script" || response.mimeType === "text/javascript") scripts.set(requestId, response.url);
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (!scripts.has(requestId)) return;
    if (shown) later += encodedDataLength;
    else bytes += encodedDataLength;
  });
  await mine.goto("/all");
  await expect(mine.getByText("Buy milk")).toBeVisible();
  shown = true;
  await mine.waitForLoadState("networkidle");
  tell({ name: "JavaScript of a list until it shows its tasks", value: bytes / 1000, unit: "KB", limit: KILOBYTES });
  tell({ name: "JavaScript that it fetches after that, by itself", value: later / 1000, unit: "KB" });
  expect(scripts.size).toBeGreaterThan(3);
  expect(bytes / 1000).toBeLessThanOrEqual(KILOBYTES);
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
  tell({
    name: `Largest paint of a list of ${TASKS} tasks, median of ${VISITS}`,
    value: median(paints),
    unit: "ms",
    limit: PAINTED_MS,
  });
  expect(median(paints)).toBeLessThan(PAINTED_MS);
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
    const tick = rows.first().getByRole("checkbox", { name: /^Complete / });
    const name = (await tick.getAttribute("aria-label")) ?? "";
    const painted = await paintAfterClick(mine, `[role=checkbox][aria-label="${name}"]`);
    await tick.click();
    paints.push(await painted());
  }
  // The first has the code that it needs to load, if any.
  tell({ name: "A tick's paint, first", value: paints[0] ?? Number.NaN, unit: "ms" });
  tell({
    name: `A tick's paint, the server taking 2 s, median of ${VISITS}`,
    value: median(paints),
    unit: "ms",
    limit: TICK_MS,
  });
  expect(median(paints)).toBeLessThan(TICK_MS);
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
  tell({
    name: `Worst of ${count} interactions with ${TASKS} tasks, to the next paint`,
    value: worst,
    unit: "ms",
    limit: INTERACTION_MS,
  });
  expect(count).toBeGreaterThan(10);
  expect(worst).toBeLessThan(INTERACTION_MS);
});

interface Counted {
  readonly tasks: { readonly totalCount: number };
}
