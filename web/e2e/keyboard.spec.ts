// A day's work without a mouse: the focus is always somewhere, and always seen.
import type { Page } from "@playwright/test";
import { allDay } from "./days";
import { expect, test } from "./fixtures";
import { messages, row, rows } from "./rows";

test("a task is added, found, opened, edited, completed and brought back by keys", async ({ mine, account }) => {
  await account.task({ title: "Buy milk", ...allDay(0) });
  await mine.goto("/");
  await expect(row(mine, "Buy milk")).toBeVisible();
  const keys = mine.keyboard;
  await keys.press("n");
  await keys.type("Water plants today !low");
  await keys.press("Enter");
  await expect(row(mine, "Water plants")).toBeVisible();
  await expect(mine.getByRole("textbox", { name: "New task" })).toBeFocused();
  await keys.press("Escape");
  await keys.press("j");
  await expect(row(mine, "Water plants")).toBeFocused();
  await seen(mine);
  await keys.press("j");
  await expect(row(mine, "Buy milk")).toBeFocused();
  await keys.press("Enter");
  const task = mine.getByRole("complementary", { name: "Task" });
  await expect(task).toBeFocused();
  await tabTo(mine, task.getByRole("textbox", { name: "Title" }));
  await keys.press("Control+a");
  await keys.type("Buy oat milk");
  await keys.press("Enter");
  await expect(row(mine, "Buy oat milk")).toBeVisible();
  await tabTo(mine, task.getByRole("radiogroup", { name: "Priority" }).getByRole("radio", { name: "No priority" }));
  await keys.press("ArrowUp");
  await expect(row(mine, "Buy oat milk")).toContainText("Low");
  await keys.press("Escape");
  await expect(task).toHaveCount(0);
  await expect(row(mine, "Buy oat milk")).toBeFocused();
  await seen(mine);
  await keys.press("e");
  await expect(messages(mine)).toContainText("Completed “Buy oat milk”");
  // The place of what is done goes to the next.
  await expect(row(mine, "Water plants")).toBeFocused();
  await keys.press("z");
  await expect(row(mine, "Buy oat milk")).toBeVisible();
  await expect(row(mine, "Water plants")).toBeFocused();
  await keys.press("Home");
  await keys.press("x");
  await keys.press("Shift+ArrowDown");
  await keys.press("X");
  await expect(mine.getByRole("toolbar", { name: "Selected tasks" })).toContainText("2 selected");
  await keys.press("#");
  await expect(mine.getByText("Nothing is due today")).toBeVisible();
  await keys.press("g");
  await keys.press("x");
  await expect(mine.getByRole("heading", { level: 1 })).toHaveText("Trash");
  await expect(rows(mine)).toHaveCount(2);
});

test("palette and help open and close by keys, and the focus comes back", async ({ mine, account }) => {
  await account.task({ title: "Buy milk", ...allDay(0) });
  await mine.goto("/");
  await row(mine, "Buy milk").focus();
  await mine.keyboard.press("Control+k");
  const palette = mine.getByRole("dialog", { name: "Search and commands" });
  const box = palette.getByRole("combobox", { name: "Search tasks and commands" });
  await expect(box).toBeFocused();
  await mine.keyboard.press("Escape");
  await expect(palette).toHaveCount(0);
  await expect(row(mine, "Buy milk")).toBeFocused();

  await mine.keyboard.press("?");
  const help = mine.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(help).toContainText("Complete, or open again");
  // Keys of the list do nothing behind a dialog.
  await mine.keyboard.press("e");
  await mine.keyboard.press("Escape");
  await expect(help).toHaveCount(0);
  await expect(row(mine, "Buy milk")).toBeFocused();
  await seen(mine);

  await mine.keyboard.press("Control+k");
  await mine.keyboard.type("milk");
  await expect(palette.getByRole("option", { name: "Buy milk" })).toHaveAttribute("aria-selected", "true");
  await mine.keyboard.press("Enter");
  await expect(mine.getByRole("complementary", { name: "Task" })).toBeFocused();
  await mine.keyboard.press("Escape");
  await mine.keyboard.press("Control+k");
  await mine.keyboard.type("dash");
  await expect(palette.getByRole("option")).toHaveCount(1);
  await mine.keyboard.press("Enter");
  await expect(mine).toHaveURL("/dashboard");
});

test("menus, questions and the panel give the focus back to what opened them", async ({ mine, account }) => {
  await account.task({ title: "Buy milk", tagNames: ["home"] });
  await mine.goto("/all");
  await expect(row(mine, "Buy milk")).toBeVisible();
  const priority = mine.getByRole("button", { name: "Priority", exact: true });
  await tabTo(mine, priority);
  await seen(mine);
  await mine.keyboard.press("Enter");
  await expect(mine.getByRole("dialog", { name: "Priority" })).toBeVisible();
  await mine.keyboard.press("Escape");
  await expect(priority).toBeFocused();
  await mine.keyboard.press("g");
  await mine.keyboard.press("l");
  await expect(mine.getByRole("heading", { level: 1 })).toHaveText("Tags");
  const remove = mine.getByRole("button", { name: "Delete home" });
  await tabTo(mine, remove);
  await mine.keyboard.press("Enter");
  await expect(mine.getByRole("dialog", { name: "Delete the tag “home”?" })).toBeVisible();
  await mine.keyboard.press("Escape");
  await expect(remove).toBeFocused();
  await mine.keyboard.press("F2");
  const name = mine.getByRole("textbox", { name: "Name of home" });
  await expect(name).toBeFocused();
  await mine.keyboard.type("house");
  await mine.keyboard.press("Enter");
  await expect(mine.getByRole("link", { name: /^house/ })).toBeFocused();
});

/** Goes on by Tab until something has the focus. */
async function tabTo(page: Page, to: ReturnType<Page["getByRole"]>): Promise<void> {
  await expect(async () => {
    await page.keyboard.press("Tab");
    await expect(to).toBeFocused({ timeout: 1 });
  }).toPass({ intervals: [1] });
}

/** What has the focus has an outline, and is on the screen. */
async function seen(page: Page): Promise<void> {
  const focus = page.locator(":focus");
  await expect(focus).toBeInViewport();
  await expect(focus).not.toHaveCSS("outline-style", "none");
}
