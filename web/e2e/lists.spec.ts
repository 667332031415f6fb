// Lists: what belongs where, adding, searching, filtering, sorting, ticking, bulk changes, the trash, moving by drag.
import type { Page } from "@playwright/test";
import type { Account } from "./account";
import { control } from "./control";
import { allDay, at, weekday } from "./days";
import { expect, test } from "./fixtures";
import { messages, row, rows } from "./rows";

const COMPLETE = "mutation($id: ID!) { completeTask(input: {id: $id}) { errors { message } } }";
const DELETE = "mutation($id: ID!) { deleteTask(input: {id: $id}) { errors { message } } }";

test("a typed line becomes a task, and what was understood of it is marked", async ({ mine }) => {
  await mine.goto("/");
  const line = mine.getByRole("textbox", { name: "New task" });
  await line.fill("Pay rent tomorrow at 9am #home !high");
  await expect(line).toHaveAccessibleDescription(/^Pay rent\s+Tomorrow 09:00\s+High\s+home/);
  await expect(mine.locator(".bg-mark")).toHaveText(["tomorrow at 9am", "#home", "!high"]);
  await line.press("Enter");
  await expect(line).toHaveValue("");
  await expect(messages(mine)).toContainText("Added “Pay rent”");
  // Due tomorrow, it is not in today's list.
  await expect(mine.getByText("Nothing is due today")).toBeVisible();
  await mine.getByRole("link", { name: "Upcoming" }).click();
  await expect(row(mine, "Pay rent")).toContainText(/home.*High.*09:00/);
});

test("each list has what belongs there", async ({ mine, account }) => {
  await account.task({ title: "Long ago", dueDate: at(-3) });
  await account.task({ title: "Today", ...allDay(0) });
  await account.task({ title: "In three days", dueDate: at(3) });
  await account.task({ title: "In a month", dueDate: at(31) });
  await account.task({ title: "Some time" });
  await account.call(COMPLETE, { id: await account.task({ title: "Is done", ...allDay(0) }) });
  await account.call(DELETE, { id: await account.task({ title: "Is gone", ...allDay(0) }) });
  const lists = {
    Today: ["Long ago", "Today"],
    Upcoming: ["Today", "In three days", "In a month"],
    Overdue: ["Long ago"],
    "All tasks": ["Is done", "Some time", "In a month", "In three days", "Today", "Long ago"],
    Completed: ["Is done"],
    Trash: ["Is gone"],
  };
  await mine.goto("/");
  for (const [name, titles] of Object.entries(lists))
    await test.step(name, async () => {
      await mine.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();
      await expect(mine.getByRole("heading", { level: 1 })).toHaveText(name);
      await expect(rows(mine)).toContainText(titles);
    });
  await mine.goto("/upcoming");
  await expect(mine.getByRole("row", { name: `Move to ${weekday(3)}` }).first()).toHaveText(/\D1$/);
});

test("search, filter and sort stand in the address and survive a reload", async ({ mine, account }) => {
  for (const [title, priority, days, tagNames] of [
    ["Paint the fence", "HIGH", 1, ["garden"]],
    ["Paint the door", "HIGH", 2, ["garden", "home"]],
    ["Paint eggs", "LOW", 3, []],
    ["Water flowers", "HIGH", 40, ["garden"]],
  ] as const)
    await account.task({ title, priority, dueDate: at(days), tagNames });
  await account.task({ title: "Mow the lawn", tagNames: ["work"] });
  await mine.goto("/all");
  await expect(rows(mine)).toHaveCount(5);

  await mine.getByRole("searchbox", { name: "Search in this list" }).pressSequentially("pain");
  await expect(mine).toHaveURL("/all?q=pain");
  await expect(rows(mine)).toHaveCount(3);
  await choose(mine, "Priority", async (menu) => menu.getByLabel("High").click());
  await expect(mine).toHaveURL("/all?q=pain&priority=high");
  await expect(rows(mine)).toHaveCount(2);
  await choose(mine, "Sort", async (menu) => {
    await menu.getByLabel("Then by").selectOption("Title");
    await menu.getByRole("button", { name: "Relevance: leave out" }).click();
  });
  await expect(mine).toHaveURL(/sort=title$/);
  await expect(rows(mine)).toContainText(["Paint the door", "Paint the fence"]);
  await choose(mine, "Sort", async (menu) => menu.getByRole("button", { name: "Title: turn round" }).click());
  await expect(rows(mine)).toContainText(["Paint the fence", "Paint the door"]);

  await mine.reload();
  await expect(mine.getByRole("searchbox")).toHaveValue("pain");
  await expect(mine.getByRole("button", { name: "Priority: High" })).toBeVisible();
  await expect(rows(mine)).toContainText(["Paint the fence", "Paint the door"]);
  await mine.getByRole("button", { name: "Clear", exact: true }).click();
  await expect(rows(mine)).toHaveCount(5);
  // Back takes the last step back.
  await mine.goBack();
  await expect(rows(mine)).toHaveCount(2);
});

test("tags, due dates and recurrence filter in every way that there is", async ({ mine, account }) => {
  await account.task({ title: "Garden only", dueDate: at(2), tagNames: ["garden"] });
  await account.task({ title: "Garden and home", dueDate: at(20), tagNames: ["garden", "home"] });
  await account.task({ title: "Home only", tagNames: ["home"] });
  await account.task({ title: "Bare", dueDate: at(3), recurrence: { pattern: "WEEKLY" } });
  const tags = async (mode: string, ...titles: string[]) =>
    test.step(mode, async () => {
      await choose(mine, "Tags", async (menu) => menu.getByLabel("How the tags are meant").selectOption(mode));
      await expect(rows(mine)).toContainText(titles);
    });
  await mine.goto("/all?sort=title");
  await choose(mine, "Tags", async (menu) => {
    await menu.getByLabel("garden").click();
    await menu.getByLabel("home").click();
  });
  await expect(rows(mine)).toContainText(["Garden and home", "Garden only", "Home only"]);
  await tags("All of these", "Garden and home");
  await tags("Only these", "Garden and home", "Garden only", "Home only");
  await tags("None of these", "Bare");
  await choose(mine, "Tags", async (menu) => menu.getByLabel("home").click());
  await expect(rows(mine)).toContainText(["Bare", "Home only"]);
  await tags("Only these", "Garden only");
  await choose(mine, "Tags", async (menu) => menu.getByLabel("Without any tag").click());
  await expect(rows(mine)).toContainText(["Bare"]);
  await mine.goto("/all?sort=title");
  await choose(mine, "Due", async (menu) => menu.getByRole("button", { name: "The next 7 days" }).click());
  await expect(rows(mine)).toContainText(["Bare", "Garden only"]);
  await choose(mine, "Due", async (menu) => menu.getByRole("button", { name: "No due date" }).click());
  await expect(rows(mine)).toContainText(["Home only"]);
  await mine.goto("/all?sort=title");
  await choose(mine, "Repeats", async (menu) => menu.getByLabel("Only what repeats").click());
  await expect(mine).toHaveURL(/recurring=yes/);
  await expect(rows(mine)).toContainText(["Bare"]);
});

test("a forged or old address is explained, and what is left of it counts", async ({ mine, account }) => {
  await account.task({ title: "Urgent", priority: "URGENT" });
  await account.task({ title: "Idle" });
  await mine.goto("/all?status=bogus&priority=urgent&due=2026-13-45..&q=%3Cb%3E&sort=age&x=1");
  const problem = mine.locator("main").getByRole("status").filter({ hasText: "means nothing here" });
  await expect(problem).toContainText("status=bogus, due=2026-13-45.., sort=age, x=1");
  await mine.goto("/all?status=bogus&priority=urgent");
  await expect(rows(mine)).toContainText(["Urgent"]);
  await problem.getByRole("button", { name: "Remove it" }).click();
  await expect(mine).toHaveURL("/all?priority=urgent");
  await expect(problem).toHaveCount(0);
  await expect(rows(mine)).toContainText(["Urgent"]);
  await mine.goto("/all?tags=any:999999999");
  await expect(mine.getByText("A tag of this filter is not there any more.")).toBeVisible();
  await mine.getByRole("button", { name: "Clear the filter" }).click();
  await expect(rows(mine)).toHaveCount(2);
  await mine.goto("/all?task=999999999");
  await expect(mine.getByText("There is no such task")).toBeVisible();
});

test("a ticked task goes, and comes back by undo", async ({ mine, account }) => {
  const id = await account.task({ title: "Buy milk", ...allDay(0) });
  await mine.goto("/");
  await mine.getByRole("checkbox", { name: "Complete Buy milk" }).click();
  await expect(messages(mine)).toContainText("Completed “Buy milk”");
  await expect(rows(mine)).toHaveCount(0);
  await expect.poll(() => status(account, id)).toBe("COMPLETED");
  await messages(mine).getByRole("button", { name: "Undo" }).click();
  await expect(row(mine, "Buy milk")).toBeVisible();
  await expect.poll(() => status(account, id)).toBe("OPEN");
});

test("many are chosen, changed, completed, deleted and restored together", async ({ mine, account }) => {
  for (const title of ["Five", "Four", "Three", "Two", "One"]) await account.task({ title });
  await mine.goto("/all?status=open&sort=-created");
  await mine.getByRole("button", { name: "Select", exact: true }).click();
  const bar = mine.getByRole("toolbar", { name: "Selected tasks" });
  await mine.getByRole("checkbox", { name: "Select One" }).click();
  await mine.getByRole("checkbox", { name: "Select Four" }).click({ modifiers: ["Shift"] });
  await expect(bar).toContainText("4 selected");
  await bar.getByRole("button", { name: "Priority" }).click();
  await mine.getByRole("dialog", { name: "Priority" }).getByRole("button", { name: "Urgent" }).click();
  for (const title of ["One", "Two", "Three", "Four"]) await expect(row(mine, title)).toContainText("Urgent");
  await expect(row(mine, "Five")).not.toContainText("Urgent");
  await expect(messages(mine)).toContainText("Changed 4 tasks");

  await mine.getByRole("checkbox", { name: "Select Four" }).click();
  await mine.getByRole("checkbox", { name: "Select Three" }).click();
  await expect(bar).toContainText("2 selected");
  await bar.getByRole("button", { name: "Complete" }).click();
  await expect(rows(mine)).toContainText(["Three", "Four", "Five"]);

  await mine.getByRole("checkbox", { name: "Select Three" }).click();
  await mine.getByRole("checkbox", { name: "Select Five" }).click();
  await bar.getByRole("button", { name: "Delete" }).click();
  await expect(rows(mine)).toContainText(["Four"]);
  await expect(bar).toHaveCount(0);
  await mine.getByRole("link", { name: "Completed" }).click();
  await expect(rows(mine)).toHaveCount(2);

  await mine.getByRole("link", { name: "Trash" }).click();
  await expect(rows(mine)).toHaveCount(2);
  await mine.getByRole("button", { name: "Restore Five" }).click();
  await expect(rows(mine)).toContainText(["Three"]);
  await mine.getByRole("checkbox", { name: "Select Three" }).check({ force: true });
  await bar.getByRole("button", { name: "Restore" }).click();
  await expect(mine.getByText("The trash is empty")).toBeVisible();
  await mine.getByRole("link", { name: "All tasks" }).click();
  await expect(rows(mine)).toHaveCount(5);
});

test("a task is dragged to another day, and keeps its time", async ({ mine, account }) => {
  const id = await account.task({ title: "Meet Ada", dueDate: at(1, "15:30") });
  await mine.goto("/upcoming");
  await row(mine, "Meet Ada").hover();
  await mine
    .getByRole("button", { name: "Move Meet Ada to another day" })
    .dragTo(mine.getByRole("button", { name: new RegExp(`^Move to ${weekday(4)}`) }));
  await expect(messages(mine)).toContainText(`Moved to ${weekday(4)}`);
  await expect.poll(() => due(account, id)).toBe(at(4, "15:30"));
  await messages(mine).getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => due(account, id)).toBe(at(1, "15:30"));
});

test("a task is moved to another day by keys", async ({ mine, account }) => {
  const id = await account.task({ title: "Meet Ada", dueDate: at(1, "15:30") });
  await mine.goto("/upcoming");
  await row(mine, "Meet Ada").focus();
  const handle = mine.getByRole("button", { name: "Move Meet Ada to another day" });
  await expect(async () => {
    await mine.keyboard.press("Tab");
    await expect(handle).toBeFocused({ timeout: 200 });
  }).toPass();
  await mine.keyboard.press("Enter");
  // While it is moved, Tab goes from day to day.
  const target = mine.getByRole("button", { name: new RegExp(`^Move to ${weekday(3)}`) });
  await expect(async () => {
    await mine.keyboard.press("Tab");
    await expect(target).toBeFocused({ timeout: 200 });
  }).toPass();
  await mine.keyboard.press("Enter");
  await expect.poll(() => due(account, id)).toBe(at(3, "15:30"));
  await expect(messages(mine)).toContainText(`Moved to ${weekday(3)}`);
});

test("10,000 tasks scroll to the end", async ({ mine, account }) => {
  test.setTimeout(180_000);
  await control.tasks(account.id, 10_000);
  await mine.goto("/all");
  await expect(mine.getByText("10000", { exact: true })).toBeVisible();
  await rows(mine).first().focus();
  const last = row(mine, "Task 10000:");
  await expect(async () => {
    await mine.keyboard.press("End");
    await expect(last).toBeFocused({ timeout: 50 });
  }).toPass({ intervals: [50], timeout: 150_000 });
  await expect(last).toBeInViewport();
  // Only what is in sight is drawn.
  expect(await rows(mine).count()).toBeLessThan(60);
  await mine.keyboard.press("Home");
  await expect(row(mine, "Task 1:")).toBeFocused();
});

/** Opens a button of the filter bar, chooses something there, and closes it again. */
async function choose(
  page: Page,
  name: string,
  act: (menu: ReturnType<Page["getByRole"]>) => Promise<unknown>,
): Promise<void> {
  await page.getByRole("button", { name: new RegExp(`^${name}(:|$)`) }).click();
  const menu = page.getByRole("dialog", { name });
  await act(menu);
  await page.keyboard.press("Escape");
  await expect(menu).toHaveCount(0);
}

async function status(account: Account, id: string): Promise<string> {
  return (await account.call<{ task: { status: string } }>("query($id: ID!) { task(id: $id) { status } }", { id })).task
    .status;
}

async function due(account: Account, id: string): Promise<string> {
  const { task } = await account.call<{ task: { dueDate: string } }>("query($id: ID!) { task(id: $id) { dueDate } }", {
    id,
  });
  return new Date(task.dueDate).toISOString();
}
