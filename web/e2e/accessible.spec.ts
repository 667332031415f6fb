// axe finds nothing on any page: light and dark, wide and on a phone.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import type { Account } from "./account";
import { expect, test } from "./fixtures";
import { OUTSIDE, SIGNED_IN } from "./pages";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];

for (const colorScheme of ["light", "dark"] as const)
  for (const viewport of SIZES)
    test.describe(`${colorScheme}, ${viewport.width} px`, () => {
      test.use({ colorScheme, viewport, contextOptions: { reducedMotion: "reduce" } });

      test("nothing is wrong on any page", async ({ mine, account, another }) => {
        test.setTimeout(240_000);
        await something(account);
        for (const path of SIGNED_IN) await look(mine, path);
        const outside = await another();
        for (const path of OUTSIDE) await look(outside, path);
      });
    });

test("what is wrong is found", async ({ page }) => {
  await page.goto("/sign-in");
  await settled(page);
  await page.evaluate(() => {
    const image = document.createElement("img");
    image.src = "/icon.svg";
    const pale = document.createElement("p");
    pale.textContent = "hard to read";
    pale.style.color = "#999";
    pale.style.backgroundColor = "#fff";
    document.querySelector("main")?.append(image, pale);
  });
  const found = await violations(page);
  expect(found.map((line) => line.split(":")[0])).toEqual(expect.arrayContaining(["image-alt", "color-contrast"]));
});

async function look(page: Page, path: string): Promise<void> {
  await test.step(path, async () => {
    await page.goto(path);
    await settled(page);
    expect.soft(await violations(page), path).toEqual([]);
  });
}

/** A page that has its words and what it asked for. */
async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.waitForLoadState("networkidle");
  // Nothing is wider than the screen.
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
}

async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

/** One of each kind of thing, so that pages have something to show. */
async function something(account: Account): Promise<void> {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  await account.task({ title: "Buy milk", dueDate: new Date().toISOString(), priority: "HIGH", tagNames: ["home"] });
  await account.task({
    title: "Water the plants",
    dueDate: tomorrow,
    recurrence: { pattern: "WEEKLY" },
    reminderMinutes: [30],
  });
  await account.task({
    title: "File the taxes",
    dueDate: "2026-01-01T09:00:00Z",
    priority: "URGENT",
    tagNames: ["home", "money"],
  });
  const done = await account.task({ title: "Call Ada" });
  await account.call("mutation($id: ID!) { completeTask(input: {id: $id}) { errors { message } } }", { id: done });
  const gone = await account.task({ title: "Thrown away" });
  await account.call("mutation($id: ID!) { deleteTask(input: {id: $id}) { errors { message } } }", { id: gone });
  await account.call('mutation { sendChatMessage(input: {text: "add oat milk"}) { errors { message } } }');
}
