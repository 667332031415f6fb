import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { addressOf, forward, isOfTheApi, passedBack, passedOn } from "./forward";
import { policyOf } from "./policy";

describe("what is passed on to the API", () => {
  it("is the API's paths, and of the chat only what is posted", () => {
    expect(isOfTheApi("POST", "/graphql")).toBe(true);
    expect(isOfTheApi("GET", "/readyz")).toBe(true);
    expect(isOfTheApi("GET", "/calendar/x.ics")).toBe(true);
    expect(isOfTheApi("POST", "/chat")).toBe(true);
    expect(isOfTheApi("GET", "/chat")).toBe(false);
    for (const path of ["/", "/graphqlx", "/metrics", "/reminder-cron", "/_next/x.js"])
      expect(isOfTheApi("POST", path)).toBe(false);
    // Behind these a sidecar could find what only the cluster may ask for.
    for (const path of [
      "/graphql/..%2freminder-cron",
      "/graphql/%2E%2e/metrics",
      "/graphql//metrics",
      "/mcp/..%5cmetrics",
    ])
      expect(isOfTheApi("POST", path)).toBe(false);
  });

  it("goes through the sidecar by the API's name, or straight to its address", () => {
    const dapr = { TICKLER_API_APP_ID: "tickler-api", DAPR_HTTP_PORT: "3501" };
    expect(addressOf("/graphql", "?a=1", dapr)).toBe(
      "http://127.0.0.1:3501/v1.0/invoke/tickler-api/method/graphql?a=1",
    );
    expect(addressOf("/chat", "", { ...dapr, TICKLER_API_URL: "http://api:8000/" })).toBe("http://api:8000/chat");
    expect(() => addressOf("/graphql", "", {})).toThrow(/TICKLER_API_APP_ID/);
  });

  it("has the caller's headers and host, and nothing of the connection", () => {
    const given = new Headers({
      cookie: "s=1",
      host: "tasks.example.org",
      connection: "close",
      "tickler-session": "cookie",
    });
    const passed = passedOn(given, { DAPR_API_TOKEN: "t" });
    expect(Object.fromEntries(passed)).toEqual({
      cookie: "s=1",
      "tickler-session": "cookie",
      "x-forwarded-host": "tasks.example.org",
      "accept-encoding": "identity",
      "dapr-api-token": "t",
    });
    expect(passedOn(given, { DAPR_API_TOKEN: "t", TICKLER_API_URL: "http://api" }).has("dapr-api-token")).toBe(false);
  });

  it("comes back with every cookie by itself", () => {
    const given = new Headers({ "content-encoding": "gzip", "content-type": "text/event-stream" });
    given.append("set-cookie", "a=1; Path=/");
    given.append("set-cookie", "b=2; Path=/");
    const back = passedBack(given);
    expect(back.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Path=/"]);
    expect(back.has("content-encoding")).toBe(false);
  });
});

describe("a request that is passed on", () => {
  it("streams: the first part of the answer is there before the last is written", async () => {
    let finish = () => {};
    const api = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => {
        body += String(part);
      });
      request.on("end", () => {
        response.writeHead(200, { "content-type": "text/event-stream", "set-cookie": "s=1; HttpOnly" });
        response.write(`${request.method} ${request.url} ${request.headers.cookie} ${body}`);
        finish = () => response.end(" and the rest");
      });
    });
    await new Promise<void>((resolve) => void api.listen(0, "127.0.0.1", resolve));
    const environment = { TICKLER_API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}` };
    const asked = new Request("http://ui.test/chat?x=1", { method: "POST", body: "hello", headers: { cookie: "a=b" } });
    const answer = await forward(asked, environment);
    expect(answer.headers.getSetCookie()).toEqual(["s=1; HttpOnly"]);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe("POST /chat?x=1 a=b hello");
    finish();
    expect((await reader?.read())?.value).toBe(" and the rest");
    api.close();
    expect(
      (await forward(new Request("http://ui.test/graphql"), { TICKLER_API_URL: "http://127.0.0.1:1" })).status,
    ).toBe(502);
  });
});

describe("a sidecar that answers for the API", () => {
  it("is the API away, whatever it says", async () => {
    let status = 200;
    const headers: Record<string, string> = {};
    const sidecar = createServer((_, response) => {
      response.writeHead(status, headers).end("{}");
    });
    await new Promise<void>((resolve) => void sidecar.listen(0, "127.0.0.1", resolve));
    const port = String((sidecar.address() as AddressInfo).port);
    const asked = async () =>
      (await forward(new Request("http://ui.test/graphql"), { TICKLER_API_APP_ID: "api", DAPR_HTTP_PORT: port }))
        .status;
    for (status of [401, 403, 500]) expect(await asked()).toBe(502);
    headers["x-request-id"] = "of the API";
    for (status of [200, 401, 500]) expect(await asked()).toBe(status);
    sidecar.close();
  });
});

describe("the policy of a page", () => {
  it("lets run what the build put into it, by its hash, and nothing else that is inline", () => {
    const policy = policyOf('<script src="/a.js"></script><script>let a = 1\r\n</script><style>p{}</style>');
    expect(policy).toContain("script-src 'self' 'sha256-1kR9b2MdF6r4sNsK3xRwZG6ZGjryLG+Pf2BB3kK20hM='");
    expect(policy.match(/sha256-/g)).toHaveLength(4);
    expect(policy).not.toContain("unsafe");
  });
});
