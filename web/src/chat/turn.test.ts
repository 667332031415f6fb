import { describe, expect, it } from "vitest";
import { RequestRefused, Unreachable } from "@/graphql/failures";
import { Cut, type Heard } from "./stream";
import { again, begin, fail, hear, isPassing, type Turn } from "./turn";

const NOW = 1_000_000;
const delta = (text: string): Heard => ({ kind: "delta", text });
const tool: Heard = { kind: "tool", call: { name: "add_task", arguments: {}, result: { task_id: "5" } } };
const end = (over: Partial<Extract<Heard, { kind: "end" }>> = {}): Heard => ({
  kind: "end",
  conversationId: "9",
  replied: true,
  error: null,
  ...over,
});
const error = (code: string, retryAfter: number | null = null) => ({
  code,
  message: "why",
  path: ["text"],
  retryAfter,
});

function hearing(turn: Turn, ...heard: Heard[]): Turn {
  return heard.reduce((before, one) => hear(before, one, NOW).turn ?? before, turn);
}

describe("a turn", () => {
  it("gathers what is said and called, and is over with its reply", () => {
    const turn = hearing(begin("Hi", null, "k"), delta("Hel"), tool, delta("lo"));
    expect([turn.said, turn.calls.length, turn.state]).toEqual(["Hello", 1, "answering"]);
    expect(hear(turn, end(), NOW)).toEqual({ turn: null, over: { conversationId: "9", failure: null } });
  });

  it("after a cut keeps its key and shows what it had until something new is heard, which replaces it", () => {
    const cut = hearing(begin("Hi", "9", "k"), delta("Half an ans"), tool);
    const retried = again(cut);
    expect([retried.key, retried.said, retried.calls.length]).toEqual(["k", "Half an ans", 1]);
    const heard = hearing(retried, delta("The whole"), delta(" answer"));
    expect([heard.said, heard.calls.length]).toEqual(["The whole answer", 0]);
  });

  it("that was refused before it was put down can be changed and sent as another", () => {
    const limited = hearing(
      begin("Hi", null, "k"),
      end({ conversationId: null, replied: false, error: error("RATE_LIMITED", 30) }),
    );
    expect(limited).toMatchObject({ state: "failed", mayBeThere: false });
    expect(limited.failure).toEqual({ code: "RATE_LIMITED", message: "why", field: "text", after: NOW + 30_000 });
  });

  it("that was put down, or may have been, is only sent again as itself", () => {
    const unavailable = end({ replied: false, error: error("UNAVAILABLE") });
    expect(hearing(begin("Hi", null, "k"), unavailable)).toMatchObject({ mayBeThere: true, conversationId: "9" });
    const heardBefore = again(hearing(begin("Hi", null, "k"), delta("x")));
    const refused = end({ conversationId: null, replied: false, error: error("CONFLICT") });
    expect(hearing(heardBefore, refused).mayBeThere).toBe(true);
    expect(fail(begin("Hi", null, "k"), new Unreachable(), NOW).mayBeThere).toBe(true);
  });

  it("that broke off is over, for its reply is there, and says why", () => {
    const next = hear(begin("Hi", "9", "k"), end({ error: error("UNAVAILABLE") }), NOW);
    expect(next).toMatchObject({ turn: null, over: { failure: { code: "UNAVAILABLE" } } });
  });

  it("is tried again by itself only where the network is to blame", () => {
    expect([new Cut(), new Unreachable()].map(isPassing)).toEqual([true, true]);
    expect([new RequestRefused(429, [], 3), new Error("x")].map(isPassing)).toEqual([false, false]);
  });
});
