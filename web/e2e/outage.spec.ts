// The server away and back: it is said, nothing that was typed is lost, and what is sent again happens once.
import { PASSWORD } from "./account";
import { control } from "./control";
import { allDay } from "./days";
import { expect, test } from "./fixtures";
import { messages, row, rows } from "./rows";

const AWAY = [/^failed: (POST \/graphql|(GET|HEAD) \/\S*) /, /^console: .*(ERR_|50[23])/, /^status: 50[23] POST/];
// It stops and starts, and a page that is away asks every few seconds.
test.describe.configure({ timeout: 150_000 });

test("Tickler stops and starts again: a banner, lines that wait, and all goes on by itself", async ({
  mine,
  account,
  guard,
}) => {
  guard.expect(...AWAY);
  await account.task({ title: "Buy milk", ...allDay(0) });
  await mine.goto("/");
  await expect(row(mine, "Buy milk")).toBeVisible();
  await control.server(false);
  const line = mine.getByRole("textbox", { name: "New task" });
  await line.fill("Buy bread today");
  await line.press("Enter");
  const banner = mine.getByText("The server cannot be reached. What you see may be old");
  await expect(banner).toBeVisible();
  const waiting = mine.getByRole("alert").filter({ hasText: "Buy bread today" });
  await expect(waiting).toContainText("Nothing was lost; try again.");
  await expect(line).toHaveValue("");
  // What is there can still be read; a tick that fails is taken back and can be tried again.
  await mine.getByRole("checkbox", { name: "Complete Buy milk" }).click();
  await expect(messages(mine)).toContainText("The server cannot be reached");
  await expect(mine.getByRole("checkbox", { name: "Complete Buy milk" })).not.toBeChecked();

  await control.server(true);
  await expect(banner).toHaveCount(0, { timeout: 30_000 });
  await expect(waiting).toHaveCount(0);
  await expect(row(mine, "Buy bread")).toHaveCount(1);
  await mine.reload();
  await expect(rows(mine)).toHaveCount(2);
});

test("lines that wait survive a reload", async ({ mine, guard }) => {
  guard.expect(...AWAY);
  await mine.goto("/all");
  await expect(mine.getByText("No tasks yet")).toBeVisible();
  await control.network(false);
  const line = mine.getByRole("textbox", { name: "New task" });
  await line.fill("Buy bread");
  await line.press("Enter");
  await line.fill("half a thou");
  await expect(mine.getByRole("alert").filter({ hasText: "Buy bread" })).toContainText("Nothing was lost");
  // A page that is loaded anew knows no more than what was kept.
  await mine.goto("about:blank");
  await control.network(true);
  await mine.goto("/all");
  await expect(line).toHaveValue("half a thou");
  await expect(rows(mine)).toContainText(["Buy bread"]);
});

test("a line that is refused can be mended", async ({ mine }) => {
  const long = "Sweep ".repeat(40).trim();
  await mine.goto("/all");
  const line = mine.getByRole("textbox", { name: "New task" });
  await line.fill(long);
  await line.press("Enter");
  const refused = mine.getByRole("alert").filter({ hasText: long });
  await expect(refused).toContainText("at most 200 characters");
  await refused.getByRole("button", { name: "Edit" }).click();
  await expect(line).toHaveValue(long);
  await expect(line).toBeFocused();
  await line.fill("Sweep");
  await line.press("Enter");
  await expect(rows(mine)).toContainText(["Sweep"]);
  await expect(refused).toHaveCount(0);
});

test("a line whose answer was lost makes one task, not two", async ({ mine, account, guard }) => {
  guard.expect(...AWAY);
  await mine.goto("/all");
  await expect(mine.getByText("No tasks yet")).toBeVisible();
  // The task is made; that it is does not come back.
  let lost = false;
  await mine.route("/graphql", async (route) => {
    if (lost || !route.request().postData()?.includes("idempotencyKey")) return route.continue();
    lost = true;
    await route.fetch();
    await route.abort("connectionreset");
  });
  await mine.getByRole("textbox", { name: "New task" }).fill("Buy milk");
  await mine.keyboard.press("Enter");
  await expect(messages(mine)).toContainText("Added “Buy milk”");
  await expect(rows(mine)).toContainText(["Buy milk"]);
  expect(lost).toBe(true);
  expect(await account.call("{ tasks { totalCount } }")).toEqual({ tasks: { totalCount: 1 } });
});

test("what is typed into a task without a network is kept, and saved when asked again", async ({
  mine,
  account,
  guard,
}) => {
  guard.expect(...AWAY);
  const id = await account.task({ title: "Report" });
  await mine.goto(`/all?task=${id}`);
  const task = mine.getByRole("complementary", { name: "Task" });
  const title = task.getByRole("textbox", { name: "Title" });
  await expect(title).toHaveValue("Report");
  await control.network(false);
  await title.fill("Yearly report");
  await title.press("Enter");
  await expect(title).toHaveAccessibleDescription(/server cannot be reached/);
  await expect(title).toHaveValue("Yearly report");
  await control.network(true);
  await task.getByRole("button", { name: "Save again" }).click();
  await expect(row(mine, "Yearly report")).toBeVisible();
  await expect(title).toHaveAccessibleDescription("");
  await expect
    .poll(() => account.call("query($id: ID!) { task(id: $id) { title } }", { id }))
    .toEqual({ task: { title: "Yearly report" } });
});

test("a session that ends while one types leads back to the text", async ({ mine, account, guard }) => {
  guard.expect(/^status: 401 POST/, /^console: .*401/);
  const id = await account.task({ title: "Report" });
  await mine.goto(`/all?status=open&task=${id}`);
  const description = mine.getByRole("complementary").getByRole("textbox", { name: "Description" });
  await description.fill("Many words about it");
  await account.call("mutation { signOutEverywhere { errors { message } } }");
  await mine.getByRole("complementary").getByRole("textbox", { name: "Title" }).focus();
  await expect(mine).toHaveURL(/\/sign-in\?next=/);
  await mine.getByLabel("E-mail address").fill(account.email);
  await mine.getByLabel("Password").fill(PASSWORD);
  await mine.getByRole("button", { name: "Sign in" }).click();
  await expect(mine).toHaveURL(`/all?status=open&task=${id}`);
  await expect(description).toHaveValue("Many words about it");
  await description.focus();
  await description.blur();
  await expect(mine.getByRole("complementary").getByText("description")).toBeVisible({ timeout: 20_000 });
  await mine.reload();
  await expect(description).toHaveValue("Many words about it");
});
