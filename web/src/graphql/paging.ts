// Lists that grow page by page: polled as long as that is a few requests.
import { isAway } from "./reachability";

const POLL = 15_000;
const POLL_WHILE_AWAY = 4_000;
const MOST_PAGES = 3;

interface Paged {
  readonly state: { readonly data?: { readonly pages: readonly unknown[] } | undefined };
}

export const pagedPolling = {
  refetchInterval: (query: Paged) => {
    if ((query.state.data?.pages.length ?? 0) > MOST_PAGES) return false;
    return isAway() ? POLL_WHILE_AWAY : POLL;
  },
} as const;
