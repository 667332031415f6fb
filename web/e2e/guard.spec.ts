// The guard itself: each of these tests has to fail, for a guard that lets things pass would let every test pass.
import { expect, test } from "./fixtures";

test.describe("a test fails by", () => {
  test("inline code that the build has not put there", async ({ page }) => {
    test.fail();
    await page.goto("/sign-in");
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
    });
    expect(await page.evaluate(() => "ran" in window)).toBe(false);
  });

  test("an error in the console", async ({ page }) => {
    test.fail();
    await page.goto("/sign-in");
    await page.evaluate(() => console.error("something is wrong"));
  });

  test("an error that no script has caught", async ({ page }) => {
    test.fail();
    await page.goto("/sign-in");
    await page.evaluate(
      () =>
        void setTimeout(() => {
          throw new Error("nobody catches this");
        }),
    );
    await page.waitForTimeout(100);
  });

  test("a request that is refused", async ({ page }) => {
    test.fail();
    await page.goto("/sign-in");
    await page.evaluate(() => fetch("/nothing"));
  });

  test("a request to elsewhere", async ({ page }) => {
    test.fail();
    await page.goto("/sign-in");
    await page.evaluate(() => fetch("http://127.0.0.1:9/x").catch(() => null));
  });

  test("a problem in a second browser", async ({ another }) => {
    test.fail();
    const page = await another();
    await page.goto("/sign-in");
    await page.evaluate(() => console.error("something is wrong"));
  });
});

test("a test may say what goes wrong", async ({ page, guard }) => {
  guard.expect(/^status: 404 GET \/nothing$/, /^console: .*404/);
  await page.goto("/sign-in");
  await page.evaluate(() => fetch("/nothing"));
});
