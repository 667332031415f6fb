// The rows of a list, as those find them who see it.
import type { Locator, Page } from "@playwright/test";

/** The tasks of the list, without the headings between them. */
export function rows(page: Page): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("checkbox") });
}

/** The task with that title. */
export function row(page: Page, title: string): Locator {
  return rows(page).filter({ hasText: title });
}

/** What is in the toasts. */
export function messages(page: Page): Locator {
  return page.getByRole("region", { name: "Messages" });
}
