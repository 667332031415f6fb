// One message on its way to its answer, as plain data: what is heard, and what fails, makes another of it.
import { RequestRefused, SignedOut } from "@/graphql/failures";
import { type Call, Cut, type Heard } from "./stream";

export interface Failure {
  /** Such as RATE_LIMITED; UNREACHABLE where the server was not heard to the end. */
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
  /** When it may be tried again, in milliseconds. */
  readonly after: number | null;
}

export interface Turn {
  /** Says to the server that it is the same message, however often it comes. */
  readonly key: string;
  readonly text: string;
  readonly conversationId: string | null;
  readonly state: "answering" | "reconnecting" | "failed" | "stopped";
  readonly said: string;
  readonly calls: readonly Call[];
  readonly failure: Failure | null;
  /** The server may have it: then its text must not be sent again as another message. */
  readonly mayBeThere: boolean;
  /** What is heard next replaces what an earlier try had heard. */
  readonly anew: boolean;
}

/** What became of a turn: still one, or over, with a reply in the conversation and perhaps what broke it off. */
export type Next =
  | { readonly turn: Turn; readonly over: null }
  | {
      readonly turn: null;
      readonly over: { readonly conversationId: string | null; readonly failure: Failure | null };
    };

export function begin(text: string, conversationId: string | null, key: string): Turn {
  return {
    key,
    text,
    conversationId,
    state: "answering",
    said: "",
    calls: [],
    failure: null,
    mayBeThere: false,
    anew: false,
  };
}

/** The same message once more. */
export function again(turn: Turn): Turn {
  return { ...turn, state: "answering", failure: null, anew: true };
}

export function hear(turn: Turn, heard: Heard, now: number): Next {
  if (heard.kind === "end") return end(turn, heard, now);
  const { said, calls } = turn.anew ? { said: "", calls: [] } : turn;
  const heardNow: Turn = { ...turn, said, calls, state: "answering", anew: false, mayBeThere: true };
  if (heard.kind === "delta") return going({ ...heardNow, said: said + heard.text });
  return going({ ...heardNow, calls: [...calls, heard.call] });
}

function end(turn: Turn, heard: Extract<Heard, { kind: "end" }>, now: number): Next {
  const { error } = heard;
  const conversationId = heard.conversationId ?? turn.conversationId;
  const failure: Failure | null = error && {
    code: error.code,
    message: error.message,
    field: error.path.at(-1) ?? null,
    after: error.retryAfter === null ? null : now + error.retryAfter * 1000,
  };
  if (heard.replied || failure === null) return { turn: null, over: { conversationId, failure } };
  // An error that names the conversation came after the message had been put down there.
  const mayBeThere = turn.mayBeThere || heard.conversationId !== null;
  return going({ ...turn, conversationId, mayBeThere, state: "failed", failure });
}

/** What was thrown on the way. */
export function fail(turn: Turn, error: unknown, now: number): Turn {
  if (error instanceof RequestRefused) {
    const path = error.errors[0]?.extensions?.path;
    const field = Array.isArray(path) ? String(path.at(-1)) : null;
    const after = error.retryAfter === null ? null : now + error.retryAfter * 1000;
    return {
      ...turn,
      state: "failed",
      failure: { code: error.code ?? "REFUSED", message: error.message, field, after },
    };
  }
  const code = error instanceof SignedOut ? "UNAUTHENTICATED" : "UNREACHABLE";
  // Of a connection that could not be made one cannot tell whether it was.
  const mayBeThere = turn.mayBeThere || code === "UNREACHABLE";
  return { ...turn, state: "failed", mayBeThere, failure: { code, message: "", field: null, after: null } };
}

export function reconnecting(turn: Turn): Turn {
  return { ...turn, state: "reconnecting", mayBeThere: true };
}

export function stopped(turn: Turn): Turn {
  return { ...turn, state: "stopped", mayBeThere: true };
}

/** Whether asking once more, by itself, can help. */
export function isPassing(error: unknown): boolean {
  return error instanceof Cut || (error instanceof Error && error.name === "Unreachable");
}

function going(turn: Turn): Next {
  return { turn, over: null };
}
