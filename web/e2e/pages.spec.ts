// The pages beside the lists: tags, dashboard, notifications, settings, languages and themes.
import { PASSWORD } from "./account";
import { allDay, at } from "./days";
import { expect, test } from "./fixtures";
import { messages, row } from "./rows";

const ENDED = [/^status: 401 POST \/graphql$/, /^console: .*401/];

test("tags are made, renamed, recoloured and deleted, and tasks follow", async ({ mine, account }) => {
  await account.task({ title: "Buy milk", tagNames: ["home"] });
  await mine.goto("/tags");
  const name = mine.getByRole("textbox", { name: "New tag" });
  await name.fill("HOME");
  await name.press("Enter");
  await expect(name).toHaveAccessibleDescription(/already/);
  await expect(name).toHaveValue("HOME");
  await name.fill("errands");
  await name.press("Enter");
  await expect(name).toHaveValue("");
  await expect(mine.getByRole("link", { name: /^errands ?, no open tasks/ })).toBeVisible();

  await mine.getByRole("button", { name: "Rename home" }).click();
  await mine.getByRole("textbox", { name: "Name of home" }).fill("house");
  await mine.keyboard.press("Enter");
  await expect(mine.getByRole("link", { name: /^house ?, 1 open task/ })).toBeFocused();
  await mine.getByRole("button", { name: "Colour of house" }).click();
  const colour = mine.getByRole("dialog", { name: "Colour of house" });
  await colour.getByRole("textbox", { name: "Number of the colour" }).fill("#00AA55");
  await colour.getByRole("textbox", { name: "Number of the colour" }).press("Tab");
  await colour.getByRole("button", { name: "Done" }).click();
  await expect
    .poll(() => account.call("{ tags { name color } }"))
    .toMatchObject({
      tags: expect.arrayContaining([{ name: "house", color: "#00AA55" }]),
    });
  await mine.getByRole("link", { name: /^house/ }).click();
  await expect(row(mine, "Buy milk")).toContainText("house");

  await mine.getByRole("link", { name: "Tags" }).click();
  await mine.getByRole("button", { name: "Delete house" }).click();
  const question = mine.getByRole("dialog", { name: "Delete the tag “house”?" });
  await expect(question).toContainText("1 task carries it, 1 of them open.");
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(mine.getByRole("link", { name: /^house/ })).toHaveCount(0);
  await mine.getByRole("link", { name: "All tasks" }).click();
  await expect(row(mine, "Buy milk")).not.toContainText("house");
});

test("the dashboard counts, and leads to what it counts", async ({ mine, account }) => {
  await account.task({ title: "Late", dueDate: at(-2) });
  await account.task({ title: "Today", ...allDay(0) });
  for (const title of ["One", "Two"])
    await account.call("mutation($id: ID!) { completeTask(input: {id: $id}) { errors { message } } }", {
      id: await account.task({ title }),
    });
  await mine.goto("/dashboard");
  const tile = (name: string) => mine.locator("main").getByRole("link", { name: new RegExp(name) });
  await expect(tile("^Open")).toContainText("2");
  await expect(tile("^Overdue")).toContainText("1");
  await expect(tile("^Due today")).toContainText("1");
  await expect(tile("^Completion rate")).toContainText("50%");
  await expect(mine.getByText(/2 tasks/)).toBeVisible();
  const activity = mine.getByRole("region", { name: "Last activity" }).getByRole("listitem");
  await expect(activity.filter({ hasText: "Two" }).first()).toContainText("Completed", { timeout: 20_000 });
  await tile("^Overdue").click();
  await expect(mine).toHaveURL("/overdue");
  await expect(row(mine, "Late")).toBeVisible();
});

test("notifications are read one by one, all at once, and page after page", async ({ mine, account }) => {
  test.setTimeout(120_000);
  // What is past when a task is made is no news: they become overdue together, in a moment.
  const dueDate = new Date(Date.now() + 10_000).toISOString();
  const late = (_: unknown, place: number) => account.task({ title: `Late ${place + 1}`, dueDate });
  await Promise.all(Array.from({ length: 35 }, late));
  await expect
    .poll(() => account.call("{ unreadNotificationCount }"), { timeout: 60_000 })
    .toEqual({ unreadNotificationCount: 35 });
  await mine.goto("/notifications");
  const lines = mine.getByRole("list", { name: "Notifications" }).getByRole("listitem");
  await expect(mine.locator("header").getByText("35 unread")).toBeVisible();
  const name = (await lines.first().getByRole("link").textContent()) ?? "";
  await mine.getByRole("button", { name: `Mark “${name}” as read` }).click();
  await expect(mine.locator("header").getByText("34 unread")).toBeVisible();
  await expect(lines.first()).not.toContainText("(unread)");
  await expect(async () => {
    await lines.last().scrollIntoViewIfNeeded();
    await expect(lines).toHaveCount(35, { timeout: 1_000 });
  }).toPass();
  await mine.getByRole("button", { name: "Unread only" }).click();
  await expect(mine).toHaveURL("/notifications?unread=yes");
  await expect(lines.filter({ hasText: new RegExp(`${name}\\b`) })).toHaveCount(0);
  await mine.getByRole("button", { name: "Mark all as read" }).click();
  await expect(mine.getByText("All read")).toBeVisible();
  expect(await account.call("{ unreadNotificationCount }")).toEqual({ unreadNotificationCount: 0 });
});

test("name and time zone are changed, and days are counted in the new zone", async ({ mine, account }) => {
  await account.task({ title: "Call", dueDate: at(1, "12:00") });
  await mine.goto("/settings");
  const profile = mine.getByRole("region", { name: "Profile" });
  await profile.getByLabel("Name").fill(" ");
  await profile.getByRole("button", { name: "Save" }).click();
  await expect(profile.getByLabel("Name")).toHaveAccessibleDescription(/empty/);
  await profile.getByLabel("Name").fill("Grace");
  const zone = profile.getByRole("combobox", { name: "Time zone" });
  await zone.click();
  await zone.fill("tokyo");
  await mine.getByRole("option", { name: /Tokyo/ }).click();
  await profile.getByRole("button", { name: "Save" }).click();
  await expect(messages(mine)).toContainText("Saved.");
  await expect(mine.getByRole("navigation", { name: "Main" }).getByText("Grace")).toBeVisible();
  await mine.getByRole("link", { name: "All tasks" }).click();
  await expect(row(mine, "Call")).toContainText(/(20|19):00/);
  expect(await account.call("{ viewer { name timeZone } }")).toEqual({
    viewer: { name: "Grace", timeZone: "Asia/Tokyo" },
  });
});

test("an API token is shown once, works, and is refused once it is revoked", async ({ mine, request }) => {
  const works = async (token: string) =>
    (
      await request.post("/graphql", {
        headers: { Authorization: `Bearer ${token}` },
        data: { query: "{ viewer { id } }" },
      })
    ).status();
  await mine.goto("/settings");
  const tokens = mine.getByRole("region", { name: "API tokens" });
  await tokens.getByLabel("Name").fill("laptop");
  await tokens.getByRole("button", { name: "Create token" }).click();
  const secret = tokens.getByRole("textbox", { name: "The token" });
  await expect(secret).toBeFocused();
  const token = await secret.inputValue();
  expect(await works(token)).toBe(200);
  await expect(tokens.getByRole("listitem")).toContainText("laptop");
  await mine.reload();
  await expect(tokens.getByRole("listitem")).toContainText("laptop");
  await expect(secret).toHaveCount(0);
  await tokens.getByRole("button", { name: "Revoke laptop" }).click();
  await mine.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(tokens.getByText("No tokens yet.")).toBeVisible();
  expect(await works(token)).toBe(401);
});

test("signing out everywhere ends every session", async ({ mine, account, another, guard }) => {
  guard.expect(...ENDED);
  const other = await another(account);
  await other.goto("/all");
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("All tasks");
  await mine.goto("/settings");
  await mine.getByRole("button", { name: "Sign out everywhere…" }).click();
  await mine.getByRole("dialog").getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(mine).toHaveURL("/sign-in");
  await other.reload();
  await expect(other).toHaveURL(/\/sign-in\?next=/);
});

test("an account is deleted only with its address and password", async ({ mine, account, guard }) => {
  guard.expect(...ENDED);
  await mine.goto("/settings");
  await mine.getByRole("button", { name: "Delete the account…" }).click();
  const question = mine.getByRole("dialog", { name: "Delete the account for good?" });
  const address = question.getByLabel("Type your e-mail address to confirm");
  const remove = question.getByRole("button", { name: "Delete for good" });
  await question.getByLabel("Password").fill("not the password");
  await remove.click();
  await expect(address).toHaveAccessibleDescription("This is not the address of this account.");
  await address.fill(account.email);
  await remove.click();
  await expect(question.getByLabel("Password")).toHaveAccessibleDescription(/wrong/);
  await question.getByLabel("Password").fill(PASSWORD);
  await remove.click();
  await expect(mine).toHaveURL("/sign-in");
  await mine.getByLabel("E-mail address").fill(account.email);
  await mine.getByLabel("Password").fill(PASSWORD);
  await mine.getByRole("button", { name: "Sign in" }).click();
  await expect(mine.locator("main").getByRole("alert")).toHaveText(/wrong/);
});

test("German and a theme are chosen, kept, and everything is in them", async ({ mine, account }) => {
  await account.task({ title: "Milch", dueDate: at(1, "09:00"), priority: "HIGH" });
  await mine.goto("/settings");
  await mine.getByLabel("Language", { exact: true }).selectOption("Deutsch");
  await expect(mine.getByRole("heading", { level: 1 })).toHaveText("Einstellungen");
  await expect(mine.locator("html")).toHaveAttribute("lang", /^de/);
  const background = () => mine.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await mine.getByText("Hell", { exact: true }).click();
  const light = await background();
  await mine.getByText("Dunkel", { exact: true }).click();
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await mine.reload();
  await expect(mine.getByRole("heading", { level: 1 })).toHaveText("Einstellungen");
  expect(await background()).toBe(dark);
  await mine.getByRole("link", { name: "Alle Aufgaben" }).click();
  await expect(row(mine, "Milch")).toContainText(/Hoch.*Morgen 09:00/);
});
