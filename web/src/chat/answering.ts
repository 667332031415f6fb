// The turns under way, outside of any page: an answer goes on being heard while one looks at something else, and a
// reload takes the message up again under its key. One turn for each conversation, and one for a new one.
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { SignedOut } from "@/graphql/failures";
import { readDraft, writeDraft } from "@/session/drafts";
import { newKey } from "@/session/key";
import { refreshEverything } from "@/tasks/everything";
import { changesAnything } from "./calls";
import { conversationsQuery, findBegun, freshen } from "./queries";
import { ask, type Call } from "./stream";
import { again, begin, type Failure, fail, hear, isPassing, reconnecting, stopped, type Turn } from "./turn";

export const NEW = "new";
const KEPT = "chat.turns";
const PAUSES = [700, 2_000, 5_000];
// How often a stopped answer is looked for: the server puts down what was said when it notices.
const LOOKS = [250, 600, 1_200, 2_500];

interface Over {
  /** The conversation that a new message began. */
  readonly conversationId: string | null;
  readonly failure: Failure | null;
}

interface State {
  readonly turns: ReadonlyMap<string, Turn>;
  /** How the last turn of each ended, until it is taken. */
  readonly over: ReadonlyMap<string, Over>;
}

let state: State = { turns: new Map(), over: new Map() };
let owner: string | null = null;
const controllers = new Map<string, AbortController>();
const listeners = new Set<() => void>();

export function useTurn(slot: string): Turn | null {
  return useSyncExternalStore(subscribe, () => state).turns.get(slot) ?? null;
}

export function useOver(slot: string): Over | null {
  return useSyncExternalStore(subscribe, () => state).over.get(slot) ?? null;
}

/** Takes up what a reload interrupted; of somebody else's nothing is left. */
export function resume(client: QueryClient, viewer: string): void {
  if (owner === viewer) return;
  for (const controller of controllers.values()) controller.abort();
  controllers.clear();
  owner = viewer;
  state = { turns: new Map(kept().map(([slot, turn]) => [slot, turn])), over: new Map() };
  change(state);
  for (const [slot, turn] of state.turns)
    if (turn.state === "stopped") void lookFor(client, slot, turn);
    else retry(client, slot);
}

export function send(client: QueryClient, slot: string, text: string): void {
  forget(slot);
  put(slot, begin(text, slot === NEW ? null : slot, newKey()));
  void run(client, slot);
}

export function retry(client: QueryClient, slot: string): void {
  const turn = state.turns.get(slot);
  if (turn === undefined || controllers.has(slot)) return;
  put(slot, again(turn));
  void run(client, slot);
}

/** Ends the answer where it is; what was said and done stays. */
export async function stop(client: QueryClient, slot: string): Promise<void> {
  controllers.get(slot)?.abort();
  const turn = state.turns.get(slot);
  if (turn === undefined) return;
  put(slot, stopped(turn));
  await lookFor(client, slot, turn);
}

/** Puts what the server has of a stopped answer in the place of the turn. */
async function lookFor(client: QueryClient, slot: string, turn: Turn): Promise<void> {
  for (const pause of LOOKS) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (state.turns.get(slot)?.state !== "stopped") return;
    try {
      if (await isPutDown(client, slot, turn)) return;
    } catch {
      // Without the server nothing can be found; the turn stays, and can be gone on with.
    }
  }
}

/** Drops the turn; what the server has of it stays there. */
export function forget(slot: string): void {
  controllers.get(slot)?.abort();
  put(slot, null);
  takeOver(slot);
}

/** The end of a turn has been seen to. */
export function takeOver(slot: string): void {
  if (!state.over.has(slot)) return;
  const over = new Map(state.over);
  over.delete(slot);
  change({ ...state, over });
}

/** How the message that began a conversation ended is a matter of the conversation. */
export function moveOver(from: string, to: string): void {
  const ended = state.over.get(from);
  if (ended === undefined) return;
  const over = new Map(state.over).set(to, ended);
  over.delete(from);
  change({ ...state, over });
}

async function run(client: QueryClient, slot: string): Promise<void> {
  const controller = new AbortController();
  controllers.set(slot, controller);
  try {
    for (let tries = 0; ; tries++) {
      try {
        await listen(client, slot, controller.signal);
        return;
      } catch (error) {
        const turn = state.turns.get(slot);
        if (controller.signal.aborted || turn === undefined) return;
        const pause = isPassing(error) ? PAUSES[tries] : undefined;
        if (pause === undefined) {
          put(slot, fail(turn, error, Date.now()));
          // Whoever is watching the session finds out the same, and leads to the sign-in.
          if (error instanceof SignedOut) void client.refetchQueries({ queryKey: ["viewer"] });
          return;
        }
        put(slot, reconnecting(turn));
        await new Promise((resolve) => setTimeout(resolve, pause));
        const waited = state.turns.get(slot);
        if (controller.signal.aborted || waited === undefined) return;
        put(slot, { ...again(waited), state: "reconnecting" });
      }
    }
  } finally {
    if (controllers.get(slot) === controller) controllers.delete(slot);
  }
}

async function listen(client: QueryClient, slot: string, signal: AbortSignal): Promise<void> {
  const sent = state.turns.get(slot);
  if (sent === undefined) return;
  const outgoing = { text: sent.text, conversationId: sent.conversationId, idempotencyKey: sent.key };
  for await (const heard of ask(outgoing, signal)) {
    const turn = state.turns.get(slot);
    if (turn === undefined) return;
    const next = hear(turn, heard, Date.now());
    if (next.over === null) {
      put(slot, next.turn);
      if (next.turn.state === "failed" && next.turn.conversationId !== null)
        await shown(client, next.turn.conversationId);
      continue;
    }
    const { conversationId, failure } = next.over;
    if (conversationId !== null) await shown(client, conversationId);
    settle(slot, { conversationId, failure });
    await refresh(client, turn.calls);
  }
}

/** The cache has the conversation as it is now; if it cannot be had, the page says so itself. */
async function shown(client: QueryClient, id: string): Promise<void> {
  await freshen(client, id).catch(() => []);
}

async function isPutDown(client: QueryClient, slot: string, turn: Turn): Promise<boolean> {
  const id = turn.conversationId ?? (await findBegun(turn.text));
  if (id === null) return false;
  const messages = await freshen(client, id);
  const last = messages.at(-1);
  const here = state.turns.get(slot);
  if (last?.role === "ASSISTANT" && messages.at(-2)?.text === turn.text.trim() && here?.state === "stopped") {
    settle(slot, { conversationId: id, failure: null });
    await refresh(client, turn.calls);
    return true;
  }
  if (here !== undefined && here.conversationId === null) {
    put(slot, { ...here, conversationId: id });
    await client.invalidateQueries({ queryKey: conversationsQuery.queryKey });
  }
  return false;
}

function settle(slot: string, over: Over): void {
  const turns = new Map(state.turns);
  turns.delete(slot);
  change({ turns, over: new Map(state.over).set(slot, over) });
  keep();
}

async function refresh(client: QueryClient, calls: readonly Call[]): Promise<void> {
  await client.invalidateQueries({ queryKey: conversationsQuery.queryKey });
  if (changesAnything(calls)) await refreshEverything(client);
}

function put(slot: string, turn: Turn | null): void {
  const turns = new Map(state.turns);
  if (turn === null) turns.delete(slot);
  else turns.set(slot, turn);
  change({ ...state, turns });
  keep();
}

type Kept = readonly [string, Turn];

/** Only what a reload needs: which message, under which key, and whether somebody had stopped it. */
function keep(): void {
  const slots = [...state.turns].map(([slot, { key, text, conversationId, state: how, mayBeThere }]) => [
    slot,
    { key, text, conversationId, stopped: how === "stopped", mayBeThere },
  ]);
  const written = slots.length === 0 ? null : JSON.stringify(slots);
  if (readDraft(KEPT) !== written) writeDraft(KEPT, written);
}

function kept(): readonly Kept[] {
  try {
    const slots: unknown = JSON.parse(readDraft(KEPT) ?? "[]");
    if (!Array.isArray(slots)) return [];
    return slots.map(([slot, was]): Kept => {
      const turn = begin(String(was.text), was.conversationId, String(was.key));
      return [String(slot), { ...turn, mayBeThere: true, state: was.stopped ? "stopped" : "reconnecting" }];
    });
  } catch {
    return [];
  }
}

function change(next: State): void {
  state = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
