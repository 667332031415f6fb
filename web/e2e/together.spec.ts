// One task in two browsers, and what comes while a page is open.
import type { Locator, Page } from "@playwright/test";
import type { Account } from "./account";
import { at } from "./days";
import { expect, test } from "./fixtures";
import { messages } from "./rows";

const TASK = "query($id: ID!) { task(id: $id) { title description priority tags { name } } }";
const TAG = "mutation($input: UpdateTaskInput!) { updateTask(input: $input) { errors { message } } }";
// A page asks every 15 seconds what there is.
const POLL = { timeout: 25_000 };

test("two change one title: both are shown, and nothing is overwritten before one has chosen", async ({
  mine,
  account,
  another,
}) => {
  const id = await account.task({ title: "Report" });
  const [here, there] = [await open(mine, id), await open(await another(account), id)];
  for (const [choice, kept] of [
    ["Keep mine", "Mine 1"],
    ["Take theirs", "Theirs 2"],
  ] as const)
    await test.step(choice, async () => {
      const [own, foreign] = kept.endsWith("1") ? ["Mine 1", "Theirs 1"] : ["Mine 2", "Theirs 2"];
      await title(here).fill(own);
      await title(there).fill(foreign);
      await title(there).press("Enter");
      await expect.poll(() => stored(account, id)).toMatchObject({ title: foreign });
      await title(here).press("Enter");
      const conflict = here.getByRole("alertdialog", { name: "Changed in two places" });
      await expect(conflict).toBeFocused();
      await expect(conflict.getByRole("definition")).toHaveText([own, foreign]);
      expect(await stored(account, id)).toMatchObject({ title: foreign });
      await conflict.getByRole("button", { name: choice }).click();
      await expect(conflict).toHaveCount(0);
      await expect(title(here)).toHaveValue(kept);
      await expect.poll(() => stored(account, id)).toMatchObject({ title: kept });
      await expect(title(there)).toHaveValue(kept, POLL);
    });
});

test("two change different fields: both changes are kept, and nobody is asked", async ({ mine, account, another }) => {
  const id = await account.task({ title: "Report" });
  const [here, there] = [await open(mine, id), await open(await another(account), id)];
  await there.getByRole("radiogroup", { name: "Priority" }).getByText("High").click();
  await expect.poll(() => stored(account, id)).toMatchObject({ priority: "HIGH" });
  await here.getByRole("textbox", { name: "Description" }).fill("By Friday");
  await title(here).focus();
  await expect.poll(() => stored(account, id)).toMatchObject({ priority: "HIGH", description: "By Friday" });
  await expect(here.getByRole("radio", { name: "High" })).toBeChecked();
  await expect(here.getByRole("alertdialog")).toHaveCount(0);
});

test("tags that clash are told by their names", async ({ mine, account }) => {
  await account.task({ title: "Other", tagNames: ["home", "work"] });
  const id = await account.task({ title: "Report" });
  const here = await open(mine, id);
  await here.getByRole("combobox", { name: "Add a tag" }).fill("home");
  const home = here.getByRole("option", { name: "home" });
  await expect(home).toBeVisible();
  await account.call(TAG, { input: { id, tagNames: ["work"] } });
  await home.click();
  const conflict = here.getByRole("alertdialog", { name: "Changed in two places" });
  await expect(conflict.getByRole("definition")).toHaveText(["home", "work"]);
  await conflict.getByRole("button", { name: "Keep mine" }).click();
  await expect.poll(() => stored(account, id)).toMatchObject({ tags: [{ name: "home" }] });
});

test("a reminder that arrives while the page is open is counted, told and listed", async ({ mine, account }) => {
  const id = await account.task({ title: "Tea is ready", dueDate: at(1) });
  await mine.goto("/");
  const bell = mine.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Notifications" });
  await expect(bell).toHaveAccessibleName("Notifications");
  await remind(account, id);
  await expect(bell).toHaveAccessibleName(/1 unread/, POLL);
  await expect(messages(mine)).toContainText("Reminder: Tea is ready");
  await bell.click();
  const line = mine.getByRole("list", { name: "Notifications" }).getByRole("listitem");
  await expect(line).toContainText("Tea is ready");
  await line.getByRole("link", { name: /Tea is ready/ }).click();
  await expect(title(mine.getByRole("complementary", { name: "Task" }))).toHaveValue("Tea is ready");
  await expect(bell).toHaveAccessibleName("Notifications");
});

test("where it is allowed, the browser notifies of a reminder, once for all tabs", async ({ account, another }) => {
  const id = await account.task({ title: "Tea is ready", dueDate: at(1) });
  const page = await another(account, { permissions: ["notifications"] });
  const shown: string[] = [];
  await page.context().exposeFunction("tell", (text: string) => shown.push(text));
  // The browser shows its notifications where no test can look: it is listened to what it is told.
  await page.context().addInitScript(() => {
    const told = window as unknown as { tell: (text: string) => void };
    window.Notification = class extends Notification {
      constructor(name: string, options?: NotificationOptions) {
        super(name, options);
        told.tell(`${name}: ${options?.body}`);
      }
    };
  });
  const second = await page.context().newPage();
  for (const tab of [page, second]) {
    await tab.goto("/");
    await expect(tab.getByRole("link", { name: /^Notifications/ }).first()).toBeVisible();
  }
  await remind(account, id);
  await expect.poll(() => shown.length, POLL).toBe(1);
  expect(shown[0]).toContain("Tea is ready: Due");
  for (const tab of [page, second])
    await expect(tab.getByRole("link", { name: /^Notifications.*1 unread/ }).first()).toBeVisible(POLL);
  expect(shown).toHaveLength(1);
});

async function open(page: Page, id: string): Promise<Locator> {
  await page.goto(`/all?task=${id}`);
  const task = page.getByRole("complementary", { name: "Task" });
  await expect(title(task)).toHaveValue("Report");
  return task;
}

function title(task: Locator): Locator {
  return task.getByRole("textbox", { name: "Title" });
}

async function stored(account: Account, id: string): Promise<object> {
  return (await account.call<{ task: object }>(TASK, { id })).task;
}

/** A reminder in a second or two. */
async function remind(account: Account, id: string): Promise<void> {
  const soon = new Date(Date.now() + 2_000).toISOString();
  const document =
    "mutation($input: AddReminderInput!) { addReminder(input: $input) { reminder { id } errors { message } } }";
  const { addReminder } = await account.call<{ addReminder: { reminder: object | null } }>(document, {
    input: { taskId: id, at: soon },
  });
  expect(addReminder.reminder).not.toBeNull();
}
