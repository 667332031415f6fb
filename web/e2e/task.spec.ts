// One task: its fields, reminders, recurrence and series, its history, and what is refused.
import type { Locator, Page } from "@playwright/test";
import { at, day, instant } from "./days";
import { expect, test } from "./fixtures";
import { messages, row, rows } from "./rows";

const DETAIL = `query($id: ID!) { task(id: $id) {
  title description priority dueDate allDay timeZone reminderMinutes tags { name } nextTask { id }
  reminders { minutesBefore remindAt } recurrence { rule text next(count: 3) } } }`;
// What a worker does is seen at the next poll, at the latest.
const POLL = { timeout: 20_000 };

interface Detail {
  readonly task: {
    readonly [field: string]: unknown;
    readonly reminders: readonly { readonly minutesBefore: number | null; readonly remindAt: string }[];
    readonly recurrence: { readonly text: string; readonly next: readonly string[] } | null;
    readonly nextTask: { readonly id: string } | null;
  };
}

test("every field is edited and saved", async ({ mine, account }) => {
  const id = await account.task({ title: "Report" });
  await mine.goto("/all");
  const task = await open(mine, "Report");
  await task.getByRole("textbox", { name: "Title" }).fill("Yearly report");
  await mine.keyboard.press("Enter");
  await expect(row(mine, "Yearly report")).toBeVisible();
  await task.getByRole("textbox", { name: "Description" }).fill("For Ada,\nwith figures");
  await field(task, "Priority").getByText("High", { exact: true }).click();
  await task.getByRole("combobox", { name: "Add a tag" }).fill("work");
  await mine.keyboard.press("Enter");
  await expect(field(task, "Tags").getByRole("listitem")).toHaveText("work");
  await field(task, "Due").getByRole("button", { name: "Tomorrow" }).click();
  await expect(row(mine, "Yearly report")).toContainText(/work.*High.*Tomorrow$/);
  await task.getByRole("checkbox", { name: "All day" }).uncheck();
  await expect(row(mine, "Yearly report")).toContainText("Tomorrow 09:00");
  await type(task, "hour", "14");
  await type(task, "minute", "30");
  await task.getByRole("textbox", { name: "Title" }).focus();
  await expect(row(mine, "Yearly report")).toContainText("Tomorrow 14:30");
  await task.getByRole("button", { name: "Europe/Berlin" }).click();
  await task.getByRole("combobox", { name: "Time zone" }).fill("new york");
  await expect(task.getByRole("option", { name: /New York/ })).toHaveAttribute("aria-selected", "true");
  await mine.keyboard.press("Enter");
  // Half past two there is half past eight in the evening here.
  await expect(row(mine, "Yearly report")).toContainText("Tomorrow 20:30");
  await expect(task.getByText(/^For you: .*20:30/)).toBeVisible();
  await expect(task.getByText("Saving…")).toHaveCount(0);

  await mine.reload();
  await expect(task.getByRole("textbox", { name: "Title" })).toHaveValue("Yearly report");
  await expect(task.getByRole("textbox", { name: "Description" })).toHaveValue("For Ada,\nwith figures");
  await expect(task.getByRole("radio", { name: "High" })).toBeChecked();
  await expect(field(task, "Tags").getByRole("listitem")).toHaveText("work");
  await expect(task.getByRole("spinbutton", { name: /^hour/ })).toHaveText("14");
  await expect(task.getByRole("button", { name: "America/New_York" })).toBeVisible();
  const { task: saved } = await account.call<Detail>(DETAIL, { id });
  expect(saved).toMatchObject({ allDay: false, timeZone: "America/New_York", priority: "HIGH" });
  expect(iso(saved.dueDate)).toBe(at(1, "20:30"));
});

test("reminders: so long before, of one's own length, and at a fixed time", async ({ mine, account }) => {
  const id = await account.task({ title: "Dentist", dueDate: at(9, "15:00") });
  await mine.goto("/all");
  const task = await open(mine, "Dentist");
  const reminders = field(task, "Reminders");
  const add = reminders.getByLabel("Add a reminder");
  await add.selectOption("15 minutes before");
  await expect(reminders.getByRole("listitem")).toContainText(["15 minutes before"]);
  await add.selectOption("1 week before");
  await expect(reminders.getByRole("listitem")).toHaveCount(2);
  await add.selectOption("Another time before …");
  await reminders.getByLabel("How many").fill("3");
  await reminders.getByLabel("Unit").selectOption("hours before");
  await reminders.getByRole("button", { name: "Add", exact: true }).click();
  await expect(reminders.getByRole("listitem")).toHaveCount(3);
  await add.selectOption("At a fixed time …");
  await reminders.getByLabel("When").fill(`${day(3)}T18:45`);
  await reminders.getByRole("button", { name: "Add", exact: true }).click();
  await expect(reminders.getByRole("listitem")).toContainText([
    "15 minutes before",
    "3 hours before",
    "1 week before",
    "18:45",
  ]);
  await reminders.getByRole("button", { name: "Remove the reminder: 3 hours before" }).click();
  await expect(reminders.getByRole("listitem")).toHaveCount(3);
  await mine.reload();
  await expect(reminders.getByRole("listitem")).toContainText([/14:45/, /15:00/, /18:45/], POLL);
  const { task: saved } = await account.call<Detail>(DETAIL, { id });
  expect(saved.reminders.map(({ minutesBefore, remindAt }) => [minutesBefore, iso(remindAt)])).toEqual(
    expect.arrayContaining([
      [15, at(9, "14:45")],
      [10_080, at(2, "15:00")],
      [null, at(3, "18:45")],
    ]),
  );
});

test("the recurrence editor shows the server's words and the next five dates", async ({ mine, account }) => {
  const id = await account.task({ title: "Invoice", dueDate: instant("2027-01-29", "09:00") });
  await mine.goto("/all");
  const task = await open(mine, "Invoice");
  const editor = field(task, "Recurrence");
  const dates = editor.getByRole("list", { name: "The next dates" }).getByRole("listitem");
  await editor.getByRole("button", { name: "Repeat …" }).click();
  await expect(editor.getByText("every week on Friday at 09:00")).toBeVisible();
  await expect(dates).toContainText(["29 Jan", "5 Feb", "12 Feb", "19 Feb", "26 Feb"]);
  await editor.getByRole("button", { name: "Monday" }).click();
  await editor.getByRole("button", { name: "Friday" }).click();
  await editor.getByLabel("Every").fill("2");
  await expect(editor.getByText("every 2 weeks on Mon and Fri at 09:00")).toBeVisible();
  await editor.getByRole("button", { name: "Monthly" }).click();
  await editor.getByLabel("Every").fill("1");
  await editor.getByLabel("Day of the month").selectOption("on a weekday, such as the last Friday");
  await editor.getByLabel("End").selectOption("so many times:");
  await editor.getByLabel("How many times").fill("4");
  await expect(editor.getByText("every month on the last Friday at 09:00, 4 times")).toBeVisible();
  await expect(dates).toContainText(["29 Jan", "26 Feb", "26 Mar", "30 Apr"]);
  await editor.getByRole("button", { name: "Save" }).click();
  await expect(editor.getByRole("button", { name: "Change" })).toBeVisible();
  await expect(editor).toContainText("every month on the last Friday at 09:00, 4 times");
  await expect(row(mine, "Invoice")).toContainText("Repeats");
  // Opened again it has what was saved.
  await editor.getByRole("button", { name: "Change" }).click();
  await expect(editor.getByLabel("How many times")).toHaveValue("4");
  await editor.getByRole("button", { name: "End the series here" }).click();
  await expect(editor.getByRole("button", { name: "Repeat …" })).toBeVisible();
  expect((await account.call<Detail>(DETAIL, { id })).task.recurrence).toBeNull();
});

test("nine o'clock stays nine o'clock over the change of clocks", async ({ mine, account }) => {
  await account.task({
    title: "Stand-up",
    dueDate: instant("2027-03-22", "09:00"),
    recurrence: { pattern: "WEEKLY" },
    timeZone: "Europe/Berlin",
  });
  await mine.goto("/all");
  const task = await open(mine, "Stand-up");
  const recurrence = field(task, "Recurrence");
  await expect(recurrence).toContainText(/29 Mar 2027, 09:00/);
  await recurrence.getByRole("button", { name: "Change" }).click();
  await expect(recurrence.getByRole("list", { name: "The next dates" }).getByRole("listitem")).toHaveText([
    /^Mon, 22 Mar 2027, 09:00 (CET|GMT\+1)$/,
    /^Mon, 29 Mar 2027, 09:00 (CEST|GMT\+2)$/,
    /^Mon, 5 Apr 2027, 09:00/,
    /^Mon, 12 Apr 2027, 09:00/,
    /^Mon, 19 Apr 2027, 09:00/,
  ]);
  await task.getByRole("button", { name: "Complete" }).click();
  // The next one, made by a worker, is an hour earlier in UTC.
  await mine.goto("/all?status=open");
  await expect(row(mine, "Stand-up")).toContainText("29 Mar 2027 09:00", POLL);
  await expect(row(mine, "Stand-up").locator("time")).toHaveAttribute("datetime", "2027-03-29T07:00:00Z");
});

test("one occurrence is skipped, the next is moved alone, and the series stays", async ({ mine, account }) => {
  const id = await account.task({ title: "Bins", dueDate: at(3, "07:00"), recurrence: { pattern: "WEEKLY" } });
  await mine.goto("/upcoming");
  const task = await open(mine, "Bins");
  await task.getByRole("button", { name: "Skip" }).click();
  await expect(task.getByText("Skipped", { exact: true }).first()).toBeVisible();
  const series = task.getByRole("region", { name: "Series" });
  await expect(series).toContainText(/After.*07:00.*Open/, POLL);
  await series.getByRole("button").click();
  await expect(series).toContainText(/Before.*07:00.*Skipped/);
  await expect(task.getByText("Another date moves only this one")).toBeVisible();
  const next = (await account.call<Detail>(DETAIL, { id })).task.nextTask?.id;
  await field(task, "Due").getByRole("button", { name: "In a week" }).click();
  await expect.poll(async () => iso((await detail(next)).dueDate)).toBe(at(7, "07:00"));
  // What comes after it is where it was: two weeks behind the first.
  expect((await detail(next)).recurrence?.next.map(iso)).toContain(at(17, "07:00"));

  async function detail(of: string | undefined) {
    return (await account.call<Detail>(DETAIL, { id: of })).task;
  }
});

test("the history tells what happened, from what to what", async ({ mine, account }) => {
  await account.task({ title: "Plan", priority: "LOW" });
  await mine.goto("/all");
  const task = await open(mine, "Plan");
  await field(task, "Priority").getByText("Urgent").click();
  await task.getByRole("textbox", { name: "Title" }).fill("Big plan");
  await mine.keyboard.press("Enter");
  await expect(task.getByText("Saving…")).toHaveCount(0);
  await task.getByRole("button", { name: "Complete" }).click();
  const history = task.getByRole("region", { name: "History" }).getByRole("listitem");
  await expect(history).toContainText(
    ["Completed", "title: “Plan” → “Big plan”", "priority: low → urgent", "Created"],
    POLL,
  );
});

test("what is refused is said at its field, and what was typed stays", async ({ mine, account }) => {
  const id = await account.task({ title: "Call Ada", dueDate: at(2) });
  await mine.goto(`/all?task=${id}`);
  const task = mine.getByRole("complementary", { name: "Task" });
  const title = task.getByRole("textbox", { name: "Title" });
  await title.fill("x".repeat(201));
  await mine.keyboard.press("Enter");
  await expect(title).toHaveAccessibleDescription(/at most 200 characters/);
  await expect(title).toHaveValue("x".repeat(201));
  await title.fill("  ");
  await mine.keyboard.press("Enter");
  await expect(title).toHaveAccessibleDescription(/empty/);
  await expect(title).toHaveAttribute("aria-invalid", "true");
  await title.fill("Call Ada back");
  await mine.keyboard.press("Enter");
  await expect(title).toHaveAccessibleDescription("");

  const reminders = field(task, "Reminders");
  await reminders.getByLabel("Add a reminder").selectOption("Another time before …");
  await reminders.getByLabel("How many").fill("60");
  await reminders.getByLabel("Unit").selectOption("weeks before");
  await reminders.getByRole("button", { name: "Add", exact: true }).click();
  await expect(reminders.getByRole("alert")).toContainText("525600");

  const recurrence = field(task, "Recurrence");
  await recurrence.getByRole("button", { name: "Repeat …" }).click();
  await recurrence.getByRole("button", { name: "Rule" }).click();
  await recurrence.getByLabel("Rule (RFC 5545)").fill("FREQ=HOURLY");
  await expect(recurrence).toContainText(
    "FREQ=HOURLY is not supported: a task recurs DAILY, WEEKLY, MONTHLY or YEARLY",
  );
  await recurrence.getByRole("button", { name: "Save" }).click();
  await expect(recurrence.getByRole("alert")).toContainText("FREQ=HOURLY is not supported");
  await expect(recurrence.getByLabel("Rule (RFC 5545)")).toHaveValue("FREQ=HOURLY");
});

test("HTML and scripts in titles are text, wherever they are shown", async ({ mine, account }) => {
  const title = `<img src="/no" onerror="window.ran=1"><b>bold</b><script>window.ran=1</script>`;
  const id = await account.task({ title, description: title, tagNames: ["<i>tag</i>"], dueDate: at(0, "00:00") });
  await mine.goto(`/?task=${id}`);
  await expect(rows(mine)).toContainText([title]);
  await expect(mine.getByRole("complementary").getByRole("textbox", { name: "Title" })).toHaveValue(title);
  await mine.getByRole("checkbox", { name: "Complete <img" }).click();
  await expect(messages(mine)).toContainText("<img");
  await mine.goto("/tags");
  await expect(mine.getByRole("link", { name: "<i>tag</i>" })).toBeVisible();
  await mine.goto("/dashboard");
  await expect(mine.getByRole("link", { name: title }).first()).toBeVisible();
  expect(await mine.evaluate(() => "ran" in window)).toBe(false);
});

/** Opens a task from its list. */
async function open(page: Page, title: string): Promise<Locator> {
  await row(page, title).getByText(title).click();
  const panel = page.getByRole("complementary", { name: "Task" });
  await expect(panel.getByRole("textbox", { name: "Title" })).toHaveValue(title);
  return panel;
}

function field(task: Locator, name: string): Locator {
  return task.getByRole("region", { name, exact: true });
}

/** Types into a part of the due date. */
async function type(task: Locator, part: string, text: string): Promise<void> {
  await task.getByRole("spinbutton", { name: new RegExp(`^${part}`) }).click();
  await task.page().keyboard.type(text);
}

function iso(instant: unknown): string {
  return new Date(String(instant)).toISOString();
}
