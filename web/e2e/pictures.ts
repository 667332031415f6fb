// Five pages as their user sees them, for README and docs: written to docs/pictures.
import type { Page } from "@playwright/test";
import type { Account } from "./account";
import { control } from "./control";
import { expect, test } from "./fixtures";
import { row } from "./rows";

const HOUR = 3_600_000;
const DOCS = "../docs/pictures";

test("pictures", async ({ mine, account, another }) => {
  await fill(account);
  await mine.goto("/");
  await expect(row(mine, "Water the plants")).toBeVisible();
  await take(mine, "today");

  await mine.goto("/upcoming");
  await row(mine, "Pay rent").click();
  await expect(mine.getByRole("complementary").getByRole("textbox", { name: "Title" })).toHaveValue("Pay rent");
  await take(mine, "task");

  await mine.goto("/dashboard");
  await expect(mine.getByRole("heading", { level: 1 })).toBeVisible();
  await take(mine, "dashboard");

  const due = { dueDate: new Date(Date.now() + 24 * HOUR).toISOString(), allDay: true };
  await control.model(
    { calls: [["add_task", { title: "Buy milk", ...due, priority: "HIGH" }]] },
    { text: "Done: “Buy milk” is due tomorrow, with high priority." },
  );
  await mine.goto("/chat");
  const message = mine.getByRole("textbox", { name: "Message to the assistant" });
  await message.fill("add task buy milk tomorrow, it is important");
  await message.press("Enter");
  await expect(mine.getByRole("list", { name: "What was done" })).toContainText("Added");
  await expect(mine.getByText("Done: “Buy milk”").last()).toBeVisible();
  await take(mine, "chat");

  const phone = await another(account, { viewport: { width: 390, height: 800 }, colorScheme: "dark" });
  await phone.goto("/upcoming");
  await expect(row(phone, "Pay rent")).toBeVisible();
  await take(phone, "phone");
});

/** Without what comes and goes: messages of the page, and where the text cursor blinks. */
async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: `${DOCS}/${name}.png`, animations: "disabled", caret: "hide" });
}

async function fill(account: Account): Promise<void> {
  const at = (hours: number) => new Date(Math.ceil(Date.now() / HOUR) * HOUR + hours * HOUR).toISOString();
  const tasks = [
    { title: "Water the plants", dueDate: at(1), tagNames: ["home", "garden"], reminderMinutes: [30] },
    { title: "Send the quarterly report", dueDate: at(2), priority: "URGENT", tagNames: ["work"] },
    { title: "Call the dentist", dueDate: at(-5), priority: "HIGH", tagNames: ["health"] },
    {
      title: "Stand-up",
      dueDate: at(20),
      tagNames: ["work"],
      recurrence: { rule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" },
    },
    {
      title: "Pay rent",
      dueDate: at(44),
      priority: "HIGH",
      tagNames: ["home"],
      reminderMinutes: [60, 1440],
      recurrence: { pattern: "MONTHLY" },
    },
    { title: "Book the train to Vienna", dueDate: at(70), priority: "MEDIUM", tagNames: ["travel"] },
    { title: "Bring the bicycle to the workshop", dueDate: at(74), tagNames: ["errands"] },
    { title: "Read about soil", tagNames: ["garden", "reading"] },
  ];
  for (const task of tasks) await account.task({ timeZone: "Europe/Berlin", ...task });
  for (const title of ["Buy stamps", "Mend the lamp", "Answer Ben", "Sow the beans"]) {
    const id = await account.task({ title, tagNames: ["home"] });
    await account.call("mutation($id: ID!) { completeTask(input: {id: $id}) { errors { message } } }", { id });
  }
}
