// Signing up, in and out; a session that ends while a page is open.
import { newEmail, PASSWORD } from "./account";
import { expect, test } from "./fixtures";

const SIGN_OUT_EVERYWHERE = "mutation { signOutEverywhere { errors { message } } }";
// A session that is over is answered with 401, which Chromium logs.
const ENDED = [/^status: 401 POST \/graphql$/, /^console: .*401/];

test("somebody new makes an account and is led to today's tasks", async ({ page, context, guard }) => {
  guard.expect(...ENDED);
  await page.goto("/");
  await expect(page).toHaveURL("/sign-in");
  await page.getByRole("link", { name: "Sign up" }).click();
  await page.getByLabel("Name").fill("Grace");
  await page.getByLabel("E-mail address").fill(newEmail());
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Today");
  await expect(page.getByText("Grace")).toBeVisible();
  expect((await context.cookies()).map((cookie) => cookie.name)).toEqual(["tickler-session"]);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Today");
});

test("what signing up refuses is told at its field, and what was typed stays", async ({ page, account }) => {
  await page.goto("/sign-up");
  await page.getByLabel("Name").fill("Grace");
  await page.getByLabel("E-mail address").fill(account.email.toUpperCase());
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription(/10 to 128 characters/);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByLabel("E-mail address")).toHaveAccessibleDescription(/already/i);
  await expect(page.getByLabel("E-mail address")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Name")).toHaveValue("Grace");
  await expect(page).toHaveURL("/sign-up");
});

test("signing in by the keyboard alone", async ({ page, account }) => {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").focus();
  await page.keyboard.type(account.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/");
  await expect(page.getByText(account.name)).toBeVisible();
});

test("a wrong password is told without saying which of both is wrong", async ({ page, account, context }) => {
  await page.goto("/sign-in");
  for (const email of [account.email, newEmail()]) {
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.locator("main").getByRole("alert")).toHaveText(/e-mail address or password is wrong/i);
    await expect(page.getByLabel("E-mail address")).toHaveValue(email);
  }
  expect(await context.cookies()).toEqual([]);
});

test("a session that ends leads to signing in and back to where one was", async ({ mine, account, context, guard }) => {
  guard.expect(...ENDED);
  await mine.goto("/all?status=open");
  await expect(mine.getByRole("heading", { level: 1 })).toHaveText("All tasks");
  await account.call(SIGN_OUT_EVERYWHERE);
  await mine.reload();
  await expect(mine).toHaveURL(/\/sign-in\?next=/);
  // The 401 has taken the cookie away.
  expect(await context.cookies()).toEqual([]);
  await mine.getByLabel("E-mail address").fill(account.email);
  await mine.getByLabel("Password").fill(PASSWORD);
  await mine.getByRole("button", { name: "Sign in" }).click();
  await expect(mine).toHaveURL("/all?status=open");
  await expect(mine.getByRole("heading", { level: 1 })).toHaveText("All tasks");
});

test("?next= leads nowhere but into this UI", async ({ page, account }) => {
  await page.goto(`/sign-in?next=${encodeURIComponent("//evil.example/x")}`);
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/");
});

test("signing out ends the session of this browser only, on every open page", async ({
  mine,
  account,
  another,
  context,
  guard,
}) => {
  guard.expect(...ENDED);
  const other = await another(account);
  await other.goto("/");
  await mine.goto("/settings");
  await mine.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(mine).toHaveURL("/sign-in");
  expect(await context.cookies()).toEqual([]);
  await mine.goto("/all");
  await expect(mine).toHaveURL(/\/sign-in\?next=/);
  await other.reload();
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("Today");
});
