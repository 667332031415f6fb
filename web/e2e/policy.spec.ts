// What is served, and under which policy.
import { expect, test } from "./fixtures";
import { OUTSIDE, SIGNED_IN } from "./pages";

for (const path of [...SIGNED_IN, ...OUTSIDE])
  test(`${path} is served under a strict policy`, async ({ request }) => {
    const response = await request.get(path, { headers: { Accept: "text/html" } });
    expect(response.status()).toBe(200);
    const headers = response.headers();
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["cache-control"]).toBe("no-cache");
    expect(headers["content-encoding"]).toBe("gzip");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    const policy = directives(headers["content-security-policy"] ?? "");
    expect(policy["default-src"]).toEqual(["'none'"]);
    for (const [name, sources] of Object.entries(policy))
      for (const source of sources)
        expect(source, name).toMatch(/^('none'|'self'|'sha256-[\w+/]+=*'|data:|'unsafe-hashes')$/);
    expect(policy["img-src"]).toEqual(["'self'", "data:"]);
    for (const name of ["script-src", "style-src", "connect-src", "worker-src"])
      expect(policy[name], name).not.toContain("data:");
    for (const name of ["frame-ancestors", "base-uri"]) expect(policy[name], name).toEqual(["'none'"]);

    const again = await request.get(path, { headers: { "If-None-Match": headers.etag ?? "" } });
    expect(again.status()).toBe(304);
  });

test("code that got into a page does not run", async ({ mine, guard }) => {
  guard.expect(
    /^policy: (script-src|connect-src|img-src|frame-src|form-action|base-uri)/,
    /^console: /,
    /^failed: .* csp$/,
    /^foreign: /,
    /^script: .*eval/,
  );
  await mine.goto("/");
  const ran = await mine.evaluate(async () => {
    const found = window as unknown as Record<string, unknown>;
    const box = document.createElement("div");
    box.innerHTML = `<img src="x:" onerror="window.byAttribute = true"><a id="link" href="javascript:window.byAddress = true">x</a>`;
    document.body.append(box);
    box.querySelector<HTMLAnchorElement>("#link")?.click();
    const script = document.createElement("script");
    script.textContent = "window.inline = true";
    document.body.append(script);
    // Later, for what is called from here is the debugger's, and that may evaluate.
    setTimeout(() => {
      // biome-ignore lint/security/noGlobalEval: what must not work
      window.eval("window.byEval = true");
    });
    const sent = await fetch("http://127.0.0.1:9/secret").then(
      () => true,
      () => false,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    return {
      ...Object.fromEntries(
        ["byAttribute", "byAddress", "inline", "byEval"].map((name) => [name, found[name] === true]),
      ),
      sent,
    };
  });
  expect(ran).toEqual({ byAttribute: false, byAddress: false, inline: false, byEval: false, sent: false });
  expect(guard.all().filter((problem) => problem.startsWith("policy: script-src")).length).toBeGreaterThanOrEqual(4);
});

test("the session is in no place that a script can read", async ({ mine, context }) => {
  await mine.goto("/");
  await expect(mine.getByRole("heading", { level: 1 })).toHaveText("Today");
  const seen = await mine.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]));
  expect(seen).not.toContain("eyJ");
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ name: "tickler-session", httpOnly: true, sameSite: "Strict", path: "/" });
});

test("files whose names have their hash are kept for a year, compressed", async ({ page }) => {
  const answers: Record<string, string>[] = [];
  page.on("response", async (response) => {
    if (response.url().includes("/_next/static/")) answers.push(await response.allHeaders());
  });
  await page.goto("/sign-in");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  const scripts = answers.filter((headers) => headers["content-type"]?.startsWith("text/javascript"));
  expect(scripts.length).toBeGreaterThan(3);
  for (const headers of answers) expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  for (const headers of scripts) expect(headers["content-encoding"]).toBe("gzip");
});

test("an address that is no page says so, with the status 404", async ({ mine, guard }) => {
  guard.expect(/^status: 404 GET \/no\/such\/page$/, /^console: .*404/);
  const response = await mine.goto("/no/such/page");
  expect(response?.status()).toBe(404);
  await expect(mine.getByRole("heading", { level: 1 })).toHaveText("There is no such page");
  await mine.getByRole("link", { name: /today's tasks/ }).click();
  await expect(mine.getByRole("heading", { level: 1 })).toHaveText("Today");
});

test("GraphiQL is beside it", async ({ page }) => {
  await page.goto("/graphiql");
  await expect(page.getByRole("button", { name: /execute query/i })).toBeVisible();
});

test("it can be installed", async ({ page, request }) => {
  await page.goto("/sign-in");
  const address = await page.locator('link[rel="manifest"]').getAttribute("href");
  const response = await request.get(address ?? "");
  expect(response.headers()["content-type"]).toContain("application/manifest+json");
  const manifest = (await response.json()) as { name: string; start_url: string; icons: { src: string }[] };
  expect(manifest.start_url).toBe("/");
  for (const icon of manifest.icons) expect((await request.get(icon.src)).status()).toBe(200);
});

function directives(policy: string): Record<string, string[]> {
  return Object.fromEntries(
    policy.split(";").map((part) => {
      const [name = "", ...sources] = part.trim().split(/\s+/);
      return [name, sources];
    }),
  );
}
