// What to ask for anew after something that may have changed anything.
import type { QueryClient } from "@tanstack/react-query";
import { refresh } from "./freshen";
import { TASKS } from "./rows";

/** The lists in their cheap way, everything else as a whole. */
export function refreshEverything(client: QueryClient): Promise<void> {
  refresh(client);
  return client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== TASKS[0] });
}
