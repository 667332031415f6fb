// Lists that grow page by page: polled as long as that is a few requests.
import { polling } from "./queries";

const MOST_PAGES = 3;

interface Paged {
  readonly state: { readonly data?: { readonly pages: readonly unknown[] } | undefined };
}

export const pagedPolling = {
  refetchInterval: (query: Paged) => (query.state.data?.pages.length ?? 0) <= MOST_PAGES && polling.refetchInterval(),
} as const;
