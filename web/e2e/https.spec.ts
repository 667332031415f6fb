// By https, before a proxy that ends TLS and says so (tests/browser/tls.py): the session's cookie is of that alone.
import { PASSWORD } from "./account";
import { expect, test } from "./fixtures";
import { row } from "./rows";

const HTTP = process.env.BASE_URL ?? "";
const SECURE = "__Host-tickler-session";
const PLAIN = "tickler-session";
const VIEWER = { query: "{ viewer { id } }" };

// The certificate was made for this run, and signed by nobody whom a browser knows.
test.use({ baseURL: process.env.HTTPS_URL ?? "", ignoreHTTPSErrors: true });

test("a session by https is kept in a cookie for https and this host only, and works to its end", async ({
  page,
  context,
  account,
  guard,
  baseURL,
}) => {
  guard.expect(/^status: 401 POST/, /^console: .*401/);
  await page.goto("/all");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${baseURL}/all`);
  const [cookie, ...others] = await context.cookies();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ name: SECURE, secure: true, httpOnly: true, sameSite: "Strict", path: "/" });
  expect(await page.evaluate(() => [window.isSecureContext, document.cookie])).toEqual([true, ""]);

  await page.getByRole("textbox", { name: "New task" }).fill("Buy milk");
  await page.keyboard.press("Enter");
  await expect(row(page, "Buy milk")).toBeVisible();
  await page.reload();
  await expect(row(page, "Buy milk")).toBeVisible();

  await page.goto("/settings");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  expect(await context.cookies()).toEqual([]);
});

test("the same host without TLS has a cookie of its own, and no use of this one", async ({
  mine,
  context,
  account,
}) => {
  await mine.goto("/all");
  await expect(mine.getByText("No tasks yet")).toBeVisible();
  const [secure] = await context.cookies();
  expect(secure?.name).toBe(SECURE);

  const asks = { "Tickler-Session": "cookie" };
  // A page without TLS, of the same host: neither the cookie that came by https, nor a request for the page by https.
  const planted = { ...asks, Cookie: `${PLAIN}=${secure?.value}; ${SECURE}=${secure?.value}` };
  const byHttp = (headers: Record<string, string>) =>
    context.request.post(`${HTTP}/graphql`, { headers, data: VIEWER });
  const byHttps = (headers: Record<string, string>) => context.request.post("/graphql", { headers, data: VIEWER });
  expect((await byHttps(asks)).status()).toBe(200);
  expect((await byHttps({ ...asks, Cookie: `${PLAIN}=${secure?.value}` })).status()).toBe(401);
  expect((await byHttps({ ...asks, Origin: HTTP })).status()).toBe(403);
  expect((await byHttp({ ...asks, Cookie: `${SECURE}=${secure?.value}` })).status()).toBe(401);
  // The plain one is what a page without TLS has; that the caller says otherwise himself is not overwritten there.
  expect((await byHttp(planted)).status()).toBe(200);
  const signedIn = await context.request.post(`${HTTP}/graphql`, {
    headers: asks,
    data: {
      query: "mutation($input: SignInInput!) { signIn(input: $input) { token errors { message } } }",
      variables: { input: { email: account.email, password: PASSWORD } },
    },
  });
  expect(signedIn.headers()["set-cookie"]).toMatch(/^tickler-session=(?!.*Secure)/);
});
