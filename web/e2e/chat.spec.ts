// The chat, with a language model that says what the test wrote.
import type { Locator, Page } from "@playwright/test";
import type { Account } from "./account";
import { control } from "./control";
import { expect, test } from "./fixtures";

// What is asked for without a network: the API, and code that is loaded when it is needed.
const LOST = [/^failed: (POST \/(chat|graphql)|GET \/_next\/static\/\S+\.js) /, /^console: .*ERR_/];
const OUT_OF_TRASH = "{ tasks { nodes { title } } }";

test("an answer is streamed, what was done is a card, and both are there after a reload", async ({ mine }) => {
  await control.model(
    { calls: [["add_task", { title: "Buy <b>oat milk</b>", priority: "HIGH" }]] },
    { text: "It is **on** your list." },
  );
  await mine.goto("/chat");
  await say(mine, "We are out of oat milk");
  const cards = mine.getByRole("list", { name: "What was done" }).getByRole("listitem");
  await expect(cards).toHaveText(["Added Buy <b>oat milk</b>High"]);
  await expect(mine.getByText("It is **on** your list.").last()).toBeVisible();
  await expect(mine).toHaveURL(/conversation=\d+/);
  await mine.reload();
  await expect(cards).toHaveText(["Added Buy <b>oat milk</b>High"]);
  await cards.getByRole("link").click();
  await expect(mine.getByRole("complementary").getByRole("textbox", { name: "Title" })).toHaveValue(
    "Buy <b>oat milk</b>",
  );
  await expect(mine.getByRole("navigation", { name: "Conversations" })).toContainText("We are out of oat milk");
});

test("before deleting several it asks, and does what the answer says", async ({ mine, account }) => {
  const ids = [await account.task({ title: "Buy milk" }), await account.task({ title: "Buy bread" })];
  const remove = { calls: ids.map((id) => ["delete_task", { id }] as const) };
  await mine.goto("/chat");
  const question = mine.getByRole("region", { name: "This waits for your answer" });
  await control.model(remove, { text: "Shall I?" });
  await say(mine, "delete both");
  await expect(question).toContainText("Not done yet");
  await expect(question.getByRole("listitem")).toHaveText([
    "Move to the trash: Buy milk",
    "Move to the trash: Buy bread",
  ]);
  expect(await titles(account)).toEqual(["Buy bread", "Buy milk"]);
  await question.getByRole("button", { name: "No, leave it" }).click();
  await expect(mine.getByText(/^Left as it was/).last()).toBeVisible();
  await expect(mine.getByRole("button", { name: "Yes, do it" })).toHaveCount(0);
  expect(await titles(account)).toEqual(["Buy bread", "Buy milk"]);

  await control.model(remove, { text: "Shall I?" });
  await say(mine, "yes, really both");
  await mine.getByRole("button", { name: "Yes, do it" }).click();
  const done = mine.getByRole("list", { name: "What was done" }).getByRole("listitem");
  await expect(done).toHaveText(["Put in the trash Buy milk", "Put in the trash Buy bread"]);
  expect(await titles(account)).toEqual([]);
});

test("an answer is stopped, and what was said until then stays", async ({ mine }) => {
  await control.model({ hangs: "Once upon a time" });
  await mine.goto("/chat");
  await say(mine, "Tell me a story");
  await expect(mine.getByText(/Once upon a/).last()).toBeVisible();
  await mine.getByRole("button", { name: "Stop" }).click();
  await expect(mine.getByRole("button", { name: "Send" })).toBeVisible();
  // A reload right behind it does not lose it either.
  await mine.reload();
  await expect(mine.getByText("Once upon a time", { exact: true })).toBeVisible();
  await expect(broken(mine)).toHaveText("The answer broke off here.Ask again");
});

test("a reload while an answer comes keeps what was said, says that it broke off, and asks again", async ({ mine }) => {
  await control.model({ hangs: "Once upon a time" });
  await mine.goto("/chat");
  await say(mine, "Tell me a story");
  await expect(mine.getByText(/Once upon a/).last()).toBeVisible();
  await mine.reload();
  await expect(mine.getByText("Once upon a time", { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(broken(mine)).toContainText("The answer broke off here.");
  await control.model({ text: "There was a list, and it was done." });
  await broken(mine).getByRole("button", { name: "Ask again" }).click();
  await expect(mine.getByText("There was a list, and it was done.").last()).toBeVisible();
  await expect(mine.getByText("Tell me a story").filter({ hasText: "You:" })).toHaveCount(2);
  // Of the first one only that it broke off is left: what has been said since is another matter.
  await expect(broken(mine)).toHaveText("The answer broke off here.");
});

test("a stream that is cut goes on by itself, and nothing is done twice", async ({ mine, account, guard }) => {
  guard.expect(...LOST);
  await control.model({ calls: [["add_task", { title: "Buy milk" }]] }, { hangs: "I have just" });
  await mine.goto("/chat");
  await say(mine, "add milk, please");
  await expect(mine.getByText(/I have just/).last()).toBeVisible();
  await control.network(false);
  await expect(mine.getByText("The connection was lost. Trying again; nothing is done twice.")).toBeVisible();
  // Were the message another one, the model would be asked anew.
  await control.model({ calls: [["add_task", { title: "Buy milk" }]] }, { text: "Once more." });
  await control.network(true);
  await expect(mine.getByText(/^I have just\s+Done:/).last()).toBeVisible({ timeout: 30_000 });
  await expect(broken(mine)).toContainText("The answer broke off here.");
  await expect(mine.getByRole("list", { name: "What was done" }).getByRole("listitem")).toHaveText(["Added Buy milk"]);
  await expect(mine.getByText("add milk, please").filter({ hasText: "You:" })).toHaveCount(1);
  expect(await titles(account)).toEqual(["Buy milk"]);
  expect((await control.asked()).asked).toEqual([]);
});

test("an answer of the model that breaks off says so, and why, where it began a conversation and later", async ({
  mine,
}) => {
  await control.model({ cut: "Nothing is" });
  await mine.goto("/chat");
  await say(mine, "Anything overdue?");
  await expect(mine).toHaveURL(/conversation=\d+/);
  await expect(mine.getByText("Nothing is", { exact: true }).last()).toBeVisible();
  await expect(broken(mine)).toHaveText(
    "The answer broke off here.The language model does not answer now; try again later.Ask again",
  );
  await control.model({ cut: "Still nothing" });
  await broken(mine).getByRole("button", { name: "Ask again" }).click();
  await expect(mine.getByText("Still nothing", { exact: true }).last()).toBeVisible();
  await expect(broken(mine).last()).toContainText("The language model does not answer now; try again later.");
  await mine.reload();
  await expect(mine.getByText("Still nothing", { exact: true }).last()).toBeVisible();
  await expect(broken(mine)).toHaveText(["The answer broke off here.", "The answer broke off here.Ask again"]);
});

test("a model that fails is told, and the message can be sent again", async ({ mine, guard }) => {
  guard.expect(/^status: 5\d\d POST \/chat/, /^console: .*50\d/);
  await control.model({ fails: 401 });
  await mine.goto("/chat");
  await say(mine, "Anything overdue?");
  const failure = mine.getByRole("alert").filter({ hasText: "language model" });
  await expect(failure).toBeVisible();
  await control.model({ text: "Nothing is overdue." });
  await failure.getByRole("button", { name: "Try again" }).click();
  await expect(mine.getByText("Nothing is overdue.").last()).toBeVisible();
  await expect(failure).toHaveCount(0);
});

function broken(page: Page): Locator {
  return page.getByRole("group", { name: "Broken off" });
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message to the assistant" }).fill(text);
  await page.keyboard.press("Enter");
}

async function titles(account: Account): Promise<readonly string[]> {
  const { tasks } = await account.call<{ tasks: { nodes: { title: string }[] } }>(OUT_OF_TRASH);
  return tasks.nodes.map((task) => task.title).sort();
}
