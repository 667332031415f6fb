// What was asked for and not yet answered, laid over what the server last said. So a tick is seen at once, a poll in
// between does not take it back, and a refusal leaves no trace.
import { notifyManager } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { Row } from "./rows";

export type Patch = Partial<Omit<Row, "id">>;

interface Layer {
  readonly ids: ReadonlySet<string>;
  readonly patch: Patch | ((row: Row) => Patch);
}

export type Layers = readonly Layer[];

let layers: Layers = [];
const listeners = new Set<() => void>();

/** Lays a patch over some tasks; gives what takes it off again. */
export function layOver(ids: Iterable<string>, patch: Layer["patch"]): () => void {
  const layer: Layer = { ids: new Set(ids), patch };
  change([...layers, layer]);
  // Behind what the cache tells of the answer: else a task would be for a moment as it was before.
  return () => notifyManager.schedule(() => change(layers.filter((other) => other !== layer)));
}

/** A row as it will be if everything that was asked for is granted. */
export function seen(row: Row, over: Layers): Row {
  let result = row;
  for (const { ids, patch } of over)
    if (ids.has(row.id)) result = { ...result, ...(typeof patch === "function" ? patch(result) : patch) };
  return result;
}

export function useLayers(): Layers {
  return useSyncExternalStore(
    subscribe,
    () => layers,
    () => layers,
  );
}

function change(next: Layers): void {
  layers = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
