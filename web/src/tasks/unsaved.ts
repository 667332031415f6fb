// What has been typed into open tasks and is not saved yet. Whoever does something with a task has that saved first, and
// so has a page that goes away.
import { Unsaved } from "@/graphql/failures";

/** Saves what there is to save; whether all of it is saved. */
export type Flush = () => Promise<boolean>;

interface Open {
  readonly id: string;
  readonly flush: Flush;
}

const open = new Set<Open>();

/** Until what this gives is called; then once more, and what goes on then is still waited for. */
export function keepUnsaved(id: string, flush: Flush): () => Promise<boolean> {
  const entry: Open = { id, flush };
  if (open.size === 0) watch();
  open.add(entry);
  return () =>
    flush().finally(() => {
      open.delete(entry);
      if (open.size === 0) unwatch();
    });
}

/** Whether nothing is unsaved of these tasks; without ids, of any. */
export async function flushed(ids?: readonly string[]): Promise<boolean> {
  const wanted = [...open].filter(({ id }) => ids?.includes(id) ?? true);
  const results = await Promise.all(wanted.map(({ flush }) => flush()));
  return results.every(Boolean);
}

/** Has it saved. Throws Unsaved where it cannot be. */
export async function saved(ids: readonly string[]): Promise<void> {
  if (!(await flushed(ids))) throw new Unsaved();
}

function watch(): void {
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", leave);
}

function unwatch(): void {
  window.removeEventListener("pagehide", leave);
  document.removeEventListener("visibilitychange", leave);
}

function leave(event: Event): void {
  if (event.type === "pagehide" || document.visibilityState === "hidden") for (const { flush } of open) void flush();
}
