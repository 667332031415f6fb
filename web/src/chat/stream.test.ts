import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { RequestRefused, SignedOut, Unreachable } from "@/graphql/failures";
import { ask, Cut, type Heard, type Outgoing } from "./stream";

const SENT: Outgoing = { text: "Hello", conversationId: null, idempotencyKey: "0b1f4b0e-0000-4000-8000-000000000001" };
const DONE = 'event: done\ndata: {"conversationId":"9","reply":{"id":"2"}}\n\n';
const delta = (text: string) => `event: delta\ndata: ${JSON.stringify({ text })}\n\n`;

let close: (() => void) | undefined;
afterEach(() => close?.());

/** A server of HTTP that answers with this. Gives its address and what it was asked. */
async function serving(answer: (response: ServerResponse) => void | Promise<void>) {
  const asked: { body: unknown; headers: Record<string, unknown> }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push({ body: JSON.parse(body), headers: request.headers });
    await answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => server.closeAllConnections();
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat`, asked };
}

const streaming = (...pieces: (string | Uint8Array)[]) =>
  serving(async (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const piece of pieces) {
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    response.end();
  });

async function hear(address: string, signal = new AbortController().signal, quiet?: number): Promise<Heard[]> {
  const heard: Heard[] = [];
  for await (const one of ask(SENT, signal, address, quiet)) heard.push(one);
  return heard;
}

describe("the stream of an answer", () => {
  it("is heard piece by piece, with what was called, and its end", async () => {
    const tool = 'event: tool\ndata: {"name":"add_task","arguments":{"a":1},"result":{"task_id":"5"}}\n\n';
    const { address, asked } = await streaming(delta("Hel"), ": still at it\n\n", tool, delta("lo"), DONE);
    expect(await hear(address)).toEqual([
      { kind: "delta", text: "Hel" },
      { kind: "tool", call: { name: "add_task", arguments: { a: 1 }, result: { task_id: "5" } } },
      { kind: "delta", text: "lo" },
      { kind: "end", conversationId: "9", replied: true, error: null },
    ]);
    expect(asked[0]?.body).toEqual(SENT);
    expect(asked[0]?.headers["tickler-session"]).toBe("cookie");
  });

  it("is the same wherever the network cuts it, inside characters too", async () => {
    const bytes = new TextEncoder().encode(delta("Grüße 👋").replaceAll("\n", "\r\n") + DONE);
    const { address } = await streaming(...Array.from(bytes, (_, at) => bytes.slice(at, at + 1)).slice(0, 400));
    expect(await hear(address)).toEqual([
      { kind: "delta", text: "Grüße 👋" },
      { kind: "end", conversationId: "9", replied: true, error: null },
    ]);
  });

  it("that ends before its end was cut, also in the middle of the last event", async () => {
    for (const rest of ["", DONE.slice(0, -2), "event: done"]) {
      const { address } = await streaming(delta("Hel"), rest);
      await expect(hear(address)).rejects.toThrow(Cut);
    }
  });

  it("whose connection breaks was cut", async () => {
    const { address } = await serving(async (response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      await new Promise<void>((resolve) => response.write(delta("Hel"), () => resolve()));
      setTimeout(() => response.destroy(), 30);
    });
    await expect(hear(address)).rejects.toThrow(Cut);
  });

  it("that falls silent was cut", async () => {
    const { address } = await serving((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(delta("Hel"));
    });
    await expect(hear(address, undefined, 100)).rejects.toThrow(Cut);
  });

  it("can be stopped, which is no cut", async () => {
    const { address } = await serving((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(delta("Hel"));
    });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    await expect(hear(address, controller.signal)).rejects.toMatchObject({ name: "AbortError" });
  });

  it("ends with the error that the server says, and whether anything was put down", async () => {
    const error = { code: "RATE_LIMITED", message: "too many", path: [], retryAfter: 37 };
    const { address } = await streaming(`event: error\ndata: ${JSON.stringify(error)}\n\n`);
    expect(await hear(address)).toEqual([{ kind: "end", conversationId: null, replied: false, error }]);
  });

  it("does not stumble over events that it does not know", async () => {
    const { address } = await streaming("event: news\ndata: {}\n\n", "event: delta\ndata: no json\n\n", DONE);
    expect(await hear(address)).toHaveLength(1);
  });
});

describe("a refused request", () => {
  it("says how long to wait", async () => {
    const { address } = await serving((response) => {
      response.writeHead(429, { "Content-Type": "application/json", "Retry-After": "12" });
      response.end('{"errors":[{"message":"too many requests","extensions":{"code":"RATE_LIMITED"}}]}');
    });
    await expect(hear(address)).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfter: 12 });
    await expect(hear(address)).rejects.toThrow(RequestRefused);
  });

  it("without a session is told apart, and so is a server that is away", async () => {
    const { address } = await serving((response) => void response.writeHead(401).end("{}"));
    await expect(hear(address)).rejects.toThrow(SignedOut);
    await expect(hear("http://127.0.0.1:1/chat")).rejects.toThrow(Unreachable);
  });
});
