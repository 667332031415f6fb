// The page in German: what the server says in English is said in the page's language, as far as it is known.
import type { Locator, Page } from "@playwright/test";
import { instant } from "./days";
import { expect, test } from "./fixtures";

test.use({ locale: "de-DE" });

test("how a task repeats is said in German, and a rule that the choices cannot say as the server says it", async ({
  mine,
  account,
}) => {
  const due = instant("2027-03-31", "09:00");
  const say = async (recurrence: object, more: object = {}) =>
    repeats(mine, await account.task({ title: "Müll", dueDate: due, timeZone: "Europe/Berlin", recurrence, ...more }));
  await expect(await say({ pattern: "DAILY", interval: 2 })).toContainText("alle 2 Tage um 09:00");
  await expect(await say({ rule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=10" })).toContainText(
    "jeden Werktag (Montag bis Freitag) um 09:00, 10-mal",
  );
  await expect(await say({ pattern: "WEEKLY" })).toContainText("jede Woche am Mittwoch um 09:00");
  await expect(await say({ rule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR" })).toContainText(
    "alle 2 Wochen am Montag und Freitag um 09:00",
  );
  await expect(await say({ pattern: "MONTHLY", endDate: instant("2028-12-31", "23:00") })).toContainText(
    "jeden Monat am 31. des Monats (am letzten Tag, wenn es ihn nicht gibt) um 09:00 bis 31. Dez. 2028",
  );
  await expect(await say({ rule: "FREQ=MONTHLY;BYDAY=-1FR" })).toContainText(
    "jeden Monat am letzten Freitag des Monats um 09:00",
  );
  await expect(await say({ rule: "FREQ=MONTHLY;BYDAY=2TU" })).toContainText(
    "jeden Monat am 2. Dienstag des Monats um 09:00",
  );
  await expect(await say({ pattern: "YEARLY" })).toContainText("jedes Jahr am 31. März um 09:00");
  const day = { dueDate: instant("2027-03-31", "00:00"), allDay: true };
  await expect(await say({ pattern: "DAILY" }, day)).toContainText(/jeden Tag(?! um)/);
  await expect(await say({ rule: "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR" })).toContainText(
    "every month on the 13th at 09:00, only if it is Friday",
  );
});

test("what the server refuses is said in German at its field", async ({ mine, account }) => {
  const id = await account.task({ title: "Ada anrufen" });
  await mine.goto(`/all?task=${id}`);
  const title = panel(mine).getByRole("textbox", { name: "Titel" });
  await title.fill("x".repeat(201));
  await title.press("Enter");
  await expect(title).toHaveAccessibleDescription("Darf höchstens 200 Zeichen haben, hat 201.");
  await title.fill("  ");
  await title.press("Enter");
  await expect(title).toHaveAccessibleDescription("Darf nicht leer sein.");
  await title.fill("Ada anrufen");
  await title.press("Enter");
  await expect(title).toHaveAccessibleDescription("");

  const line = mine.getByRole("textbox", { name: "Neue Aufgabe" });
  await line.fill("Müll every friday");
  await expect(mine.getByText("jede Woche am Freitag")).toBeVisible();
});

function panel(page: Page): Locator {
  return page.getByRole("complementary", { name: "Aufgabe" });
}

async function repeats(page: Page, id: string): Promise<Locator> {
  await page.goto(`/all?task=${id}`);
  return panel(page).getByRole("region", { name: "Wiederholung", exact: true });
}
