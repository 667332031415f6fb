// POST /chat: a message goes out, its answer comes back as server-sent events. A stream that ends before its last event
// was cut, and the caller may send the same message again under the same key.
import { EventSourceParserStream } from "eventsource-parser/stream";
import { type RequestError, RequestRefused, SignedOut, Unreachable } from "@/graphql/failures";
import { reached, unreached } from "@/graphql/reachability";

export interface Outgoing {
  readonly text: string;
  readonly conversationId: string | null;
  readonly idempotencyKey: string;
}

export interface Call {
  readonly name: string;
  readonly arguments: unknown;
  readonly result: unknown;
}

export interface StreamError {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
  /** Seconds to wait, where it was too much. */
  readonly retryAfter: number | null;
}

export type Heard =
  | { readonly kind: "delta"; readonly text: string }
  | { readonly kind: "tool"; readonly call: Call }
  | {
      readonly kind: "end";
      readonly conversationId: string | null;
      /** Whether a reply has been put down. */
      readonly replied: boolean;
      readonly error: StreamError | null;
    };

/** The stream ended, or fell silent, before the answer did. */
export class Cut extends Error {
  override name = "Cut";
}

// The server says something every 15 seconds, if only that it is still at it.
const QUIET = 40_000;

/**
 * Sends a message and gives what is heard, the end last. Throws Cut, Unreachable, SignedOut, RequestRefused, or what
 * the signal was aborted with.
 */
export async function* ask(
  outgoing: Outgoing,
  signal: AbortSignal,
  address = "/chat",
  quiet = QUIET,
): AsyncGenerator<Heard> {
  const watch = new AbortController();
  const response = await post(outgoing, AbortSignal.any([signal, watch.signal]), address);
  const events = response.body
    ?.pipeThrough(alive(watch, quiet))
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  try {
    for (;;) {
      const { value } = (await events?.read().catch(() => undefined)) ?? { value: undefined };
      signal.throwIfAborted();
      if (value === undefined) throw new Cut();
      const heard = understand(value.event ?? "", value.data);
      if (heard === null) continue;
      yield heard;
      if (heard.kind === "end") return;
    }
  } finally {
    watch.abort();
  }
}

async function post(outgoing: Outgoing, signal: AbortSignal, address: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream", "Tickler-Session": "cookie" },
      body: JSON.stringify(outgoing),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    unreached();
    throw new Unreachable();
  }
  if (response.status === 502 || response.status === 503) {
    unreached();
    throw new Unreachable();
  }
  reached();
  if (response.status === 401) throw new SignedOut();
  if (!response.ok) throw await refused(response);
  return response;
}

async function refused(response: Response): Promise<RequestRefused> {
  const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const errors = await response
    .json()
    .then((body: { errors?: RequestError[] }) => body.errors ?? [])
    .catch(() => []);
  return new RequestRefused(response.status, errors, Number.isFinite(wait) ? wait : null);
}

/** Passes on what comes, and aborts when nothing has come for too long. */
function alive(watch: AbortController, quiet: number): TransformStream<Uint8Array, Uint8Array> {
  let timer: ReturnType<typeof setTimeout>;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => watch.abort(), quiet);
  };
  watch.signal.addEventListener("abort", () => clearTimeout(timer));
  return new TransformStream({
    start: wait,
    transform(chunk, controller) {
      wait();
      controller.enqueue(chunk);
    },
    flush: () => clearTimeout(timer),
  });
}

/** An event of api/chat_stream.py; null for one that is not known, or cannot be read. */
export function understand(event: string, data: string): Heard | null {
  let said: Record<string, unknown>;
  try {
    said = JSON.parse(data) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (event === "delta") return { kind: "delta", text: String(said.text ?? "") };
  if (event === "tool")
    return { kind: "tool", call: { name: String(said.name), arguments: said.arguments, result: said.result } };
  if (event !== "done" && event !== "error") return null;
  return {
    kind: "end",
    conversationId: said.conversationId == null ? null : String(said.conversationId),
    replied: said.reply != null,
    error:
      event === "done"
        ? null
        : {
            code: String(said.code),
            message: String(said.message),
            path: Array.isArray(said.path) ? said.path.map(String) : [],
            retryAfter: typeof said.retryAfter === "number" ? said.retryAfter : null,
          },
  };
}
