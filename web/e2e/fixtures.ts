// What every test has: a guarded browser, an account, and surroundings that are put right again afterwards.
import { type BrowserContext, type BrowserContextOptions, test as base, expect, type Page } from "@playwright/test";
import { type Account, newAccount, signIn } from "./account";
import { control } from "./control";
import { Guard } from "./guard";

interface Fixtures {
  /** What the pages of this test may not do; `guard.expect()` says what this test is about. */
  readonly guard: Guard;
  /** A new account. */
  readonly account: Account;
  /** A page of a browser where the account has signed in. It is nowhere yet. */
  readonly mine: Page;
  /** Another browser, guarded as well, signed in if an account is given. */
  readonly another: (account?: Account, options?: BrowserContextOptions) => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  guard: [
    async ({ baseURL }, use) => {
      const guard = new Guard(new URL(baseURL ?? "").origin);
      await use(guard);
      await control.reset();
      expect(guard.unexpected(), "what no page may do").toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, guard }, use) => {
    await guard.watch(context);
    await use(context);
  },
  account: async ({ playwright, baseURL, ignoreHTTPSErrors }, use) => {
    const api = await playwright.request.newContext({ ...(baseURL ? { baseURL } : {}), ignoreHTTPSErrors });
    await use(await newAccount(api));
    await api.dispose();
  },
  mine: async ({ page, context, account }, use) => {
    await signIn(context, account);
    await use(page);
  },
  another: async ({ browser, guard }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (account, options = {}) => {
      // Playwright gives it what this test uses: its address, its language, its screen.
      const context = await browser.newContext(options);
      opened.push(context);
      await guard.watch(context);
      if (account !== undefined) await signIn(context, account);
      return context.newPage();
    });
    for (const context of opened) await context.close();
  },
});

export { expect } from "@playwright/test";
