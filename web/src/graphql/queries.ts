// How the cache of answers behaves: fresh on focus and every 15 seconds while it is looked at, quiet while hidden.
import { focusManager, QueryClient } from "@tanstack/react-query";
import { mayPass, RequestRefused } from "./failures";
import { isAway } from "./reachability";

const POLL = 15_000;
const POLL_WHILE_AWAY = 4_000;
const TRIES = 3;

/** How long to wait until the next poll; for queries of what is on the screen. */
export const polling = { refetchInterval: () => (isAway() ? POLL_WHILE_AWAY : POLL) } as const;

export function makeQueryClient(): QueryClient {
  focusManager.setEventListener((focused) => {
    const listener = () => focused();
    document.addEventListener("visibilitychange", listener);
    window.addEventListener("focus", listener);
    return () => {
      document.removeEventListener("visibilitychange", listener);
      window.removeEventListener("focus", listener);
    };
  });
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The browser's word for "online" says nothing about a server on this machine.
        networkMode: "always",
        staleTime: 2_000,
        gcTime: 30 * 60_000,
        retry: (failures, error) => failures < TRIES && mayPass(error) && !isAway(),
        retryDelay: (failures, error) => waiting(failures, error),
        refetchOnWindowFocus: true,
        refetchOnReconnect: "always",
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

function waiting(failures: number, error: unknown): number {
  if (error instanceof RequestRefused && error.retryAfter !== null) return Math.min(error.retryAfter, 30) * 1000;
  return Math.min(500 * 2 ** failures, 8_000);
}
