// The list of notifications, and marking them as read: shown at once, taken back when it is refused.
import { type InfiniteData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  type CountsQuery,
  MarkNotificationsReadDocument,
  NotificationsDocument,
  type NotificationsQuery,
} from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { pagedPolling } from "@/graphql/paging";
import { accepted } from "@/graphql/payload";
import { countsQuery } from "@/shell/Badge";

export type Pages = Pick<InfiniteData<NotificationsQuery>, "pages">;
export type Mark = { readonly ids: readonly string[] } | "all";

export function useNotifications(unreadOnly: boolean) {
  return useInfiniteQuery({
    queryKey: ["notifications", unreadOnly],
    queryFn: ({ pageParam, signal }) => execute(NotificationsDocument, { unreadOnly, after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ notifications: { pageInfo } }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null),
    ...pagedPolling,
  });
}

export function useMarkRead() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (mark: Mark) => {
      const variables = mark === "all" ? { ids: null, all: true } : { ids: [...mark.ids], all: null };
      return accepted((await execute(MarkNotificationsReadDocument, variables)).markNotificationsRead).count;
    },
    onMutate: async (mark) => {
      await client.cancelQueries({ queryKey: countsQuery.queryKey });
      const before = client.getQueryData(countsQuery.queryKey);
      client.setQueryData(countsQuery.queryKey, (counts) => counts && fewerUnread(counts, mark));
      return before;
    },
    onError: (_error, _mark, before) => client.setQueryData(countsQuery.queryKey, before),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: countsQuery.queryKey }),
        client.invalidateQueries({ queryKey: ["notifications"] }),
      ]),
  });
}

function fewerUnread(counts: CountsQuery, mark: Mark): CountsQuery {
  const left = mark === "all" ? 0 : counts.unreadNotificationCount - mark.ids.length;
  return { ...counts, unreadNotificationCount: Math.max(0, left) };
}
