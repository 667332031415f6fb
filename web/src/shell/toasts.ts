// Short messages at the edge of the page, some with a way back. A store, so that anything may speak.
import { useSyncExternalStore } from "react";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: "done" | "failed";
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN = 7_000;
const SHOWN_FAILED = 12_000;
const MOST = 3;

let toasts: readonly Toast[] = [];
let last = 0;
const timers = new Map<number, ReturnType<typeof setTimeout>>();
const listeners = new Set<() => void>();

export function toast(text: string, options: Partial<Pick<Toast, "kind" | "action">> = {}): number {
  const made: Toast = { id: ++last, text, kind: "done", ...options };
  for (const old of toasts.slice(0, Math.max(0, toasts.length - MOST + 1))) dismiss(old.id);
  change([...toasts, made]);
  start(made);
  return made.id;
}

export function dismiss(id: number): void {
  hold(id);
  change(toasts.filter((other) => other.id !== id));
}

/** Stops the clock: somebody is reading. */
export function hold(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
}

export function start(given: Toast): void {
  hold(given.id);
  timers.set(
    given.id,
    setTimeout(() => dismiss(given.id), given.kind === "failed" ? SHOWN_FAILED : SHOWN),
  );
}

/** Runs the newest way back that is still on the screen. */
export function undoLast(): void {
  const undoable = toasts.findLast((candidate) => candidate.action !== undefined);
  if (undoable === undefined) return;
  dismiss(undoable.id);
  undoable.action?.run();
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    subscribe,
    () => toasts,
    () => toasts,
  );
}

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
