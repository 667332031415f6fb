// What is typed into a task is saved before anything else happens to it, and when the page or the panel goes away.
import type { Locator, Page } from "@playwright/test";
import type { Account } from "./account";
import { at } from "./days";
import { expect, test } from "./fixtures";
import { messages, row } from "./rows";

const TASK = "query($id: ID!) { task(id: $id) { title description status dueDate nextTask { title } } }";
const WORKER = { timeout: 20_000 };

interface Found {
  readonly task: {
    readonly title: string;
    readonly description: string;
    readonly status: string;
    readonly dueDate: string | null;
    readonly nextTask: { readonly title: string } | null;
  };
}

test("a task that is completed while its title is being saved has the new title, and so has the next one", async ({
  mine,
  account,
}) => {
  const id = await account.task({ title: "Pay rent", dueDate: at(1), recurrence: { pattern: "WEEKLY" } });
  await slowSaves(mine);
  const task = await open(mine, id);
  await title(task).fill("Pay rent and heating");
  await task.getByRole("button", { name: "Complete" }).click();
  // It is seen at once all the same.
  await expect(task.getByText("Completed", { exact: true }).first()).toBeVisible({ timeout: 2_000 });
  await expect.poll(async () => (await found(account, id)).nextTask?.title, WORKER).toBe("Pay rent and heating");
  expect(await found(account, id)).toMatchObject({ title: "Pay rent and heating", status: "COMPLETED" });
});

test("a tick in the list waits for what is being typed, and so does the trash", async ({ mine, account }) => {
  const ids = [
    await account.task({ title: "Call Ada", dueDate: at(1), recurrence: { pattern: "WEEKLY" } }),
    await account.task({ title: "Write to Bob" }),
  ] as const;
  await slowSaves(mine);
  const task = await open(mine, ids[0]);
  await title(task).fill("Call Ada about the garden");
  await mine.getByRole("checkbox", { name: "Complete Call Ada" }).click();
  await expect
    .poll(async () => (await found(account, ids[0])).nextTask?.title, WORKER)
    .toBe("Call Ada about the garden");
  await row(mine, "Write to Bob").getByText("Write to Bob").click();
  await expect(title(task)).toHaveValue("Write to Bob");
  await task.getByRole("textbox", { name: "Description" }).fill("About the garden");
  await task.getByRole("button", { name: "Move to the trash" }).click();
  await expect(messages(mine)).toContainText("Moved “Write to Bob” to the trash");
  await expect
    .poll(() => account.call("{ tasks(filter: { inTrash: true }) { nodes { description } } }"))
    .toEqual({ tasks: { nodes: [{ description: "About the garden" }] } });
});

test("a task whose text is refused is not completed over it", async ({ mine, account }) => {
  const id = await account.task({ title: "Call Ada" });
  const task = await open(mine, id);
  await title(task).fill("x".repeat(201));
  await task.getByRole("button", { name: "Complete" }).click();
  await expect(messages(mine)).toContainText("What was typed into the task is not saved, so that nothing was done");
  await expect(title(task)).toHaveAccessibleDescription(/at most 200 characters/);
  await expect(title(task)).toHaveValue("x".repeat(201));
  expect(await found(account, id)).toMatchObject({ title: "Call Ada", status: "OPEN" });
});

test("a page that is left, or only put behind another, saves what was typed", async ({ mine, account }) => {
  const id = await account.task({ title: "Report", dueDate: at(1, "09:00") });
  const task = await open(mine, id);
  await title(task).fill("Yearly report");
  await leave(mine);
  await expect.poll(async () => (await found(account, id)).title).toBe("Yearly report");

  await open(mine, id);
  await task.getByRole("spinbutton", { name: /^hour/ }).click();
  await mine.keyboard.type("14");
  await leave(mine);
  await expect.poll(async () => instant((await found(account, id)).dueDate)).toBe(at(1, "14:00"));

  await open(mine, id);
  await task.getByRole("textbox", { name: "Description" }).fill("For Ada");
  await mine.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect.poll(async () => (await found(account, id)).description).toBe("For Ada");
});

test("a reload, and the panel that closes, save what was typed; nothing is left over", async ({ mine, account }) => {
  const id = await account.task({ title: "Report" });
  const task = await open(mine, id);
  await title(task).fill("Yearly report");
  await mine.reload();
  await expect(title(task)).toHaveValue("Yearly report");
  await expect(row(mine, "Yearly report")).toBeVisible();
  await expect.poll(() => mine.evaluate(() => Object.keys(sessionStorage).join())).not.toContain("draft.task");
  await title(task).fill("Yearly report, with figures");
  await mine.keyboard.press("Escape");
  await expect(task).toHaveCount(0);
  await expect(row(mine, "Yearly report, with figures")).toBeVisible();
  await row(mine, "Yearly report, with figures").getByText("Yearly report").click();
  await title(task).fill("Report with figures");
  // Closed so, no field is left before it is gone.
  await mine.goBack();
  await expect(task).toHaveCount(0);
  await expect(row(mine, "Report with figures")).toBeVisible();
  // What somebody else writes is seen now, for no draft is in its way.
  await account.call("mutation($i: UpdateTaskInput!) { updateTask(input: $i) { errors { message } } }", {
    i: { id, title: "Report of the year" },
  });
  await mine.reload();
  await row(mine, "Report of the year").getByText("Report of the year").click();
  await expect(title(task)).toHaveValue("Report of the year");
});

async function open(page: Page, id: string): Promise<Locator> {
  await page.goto(`/all?status=open&task=${id}`);
  const task = page.getByRole("complementary", { name: "Task" });
  await expect(title(task)).toBeVisible();
  return task;
}

/** For a place where nothing of the page runs any more; it is seen out by the same process, as a reload does. */
async function leave(page: Page): Promise<void> {
  await page.evaluate(() => window.location.assign("/manifest.webmanifest"));
  await expect(page).toHaveURL("/manifest.webmanifest");
}

function title(task: Locator): Locator {
  return task.getByRole("textbox", { name: "Title" });
}

async function found(account: Account, id: string): Promise<Found["task"]> {
  return (await account.call<Found>(TASK, { id })).task;
}

/** Changes of a task's fields take three seconds, everything else is as quick as ever. */
async function slowSaves(page: Page): Promise<void> {
  await page.route("/graphql", async (route) => {
    if (route.request().postData()?.includes("expectedVersion")) await new Promise((done) => setTimeout(done, 3_000));
    await route.continue();
  });
}

function instant(text: string | null): string | null {
  return text && new Date(text).toISOString();
}
