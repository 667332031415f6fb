// Whether the gateway answered the last time it was asked, for the banner and for how soon to ask again.
import { useSyncExternalStore } from "react";

let away = false;
const listeners = new Set<() => void>();

function set(value: boolean): void {
  if (away === value) return;
  away = value;
  for (const listener of listeners) listener();
}

export const reached = () => set(false);
export const unreached = () => set(true);
export const isAway = () => away;

export function useAway(): boolean {
  return useSyncExternalStore(subscribe, isAway, () => false);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
