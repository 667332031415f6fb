// How much a first visit loads and how soon it shows, with 10,000 tasks.
import { control } from "./control";
import { median, tell, watchPaints } from "./figures";
import { expect, test } from "./fixtures";

const TASKS = 10_000;
const VISITS = 5;
const KILOBYTES = 200;
const PAINTED_MS = 1200;

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
