// The conversations and their messages in the cache. Messages are read from the newest backwards.
import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { readFragment } from "@/gql";
import {
  ConversationsDocument,
  type MessageFragment,
  MessageFragmentDoc,
  MessagesDocument,
  type MessagesQuery,
  NewestConversationsDocument,
} from "@/gql/graphql";
import { execute } from "@/graphql/execute";

export const conversationsQuery = infiniteQueryOptions({
  queryKey: ["conversations"],
  queryFn: ({ pageParam, signal }) => execute(ConversationsDocument, { after: pageParam }, signal),
  initialPageParam: null as string | null,
  getNextPageParam: ({ conversations: { pageInfo } }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null),
});

export const messagesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["conversation", id],
    queryFn: ({ pageParam, signal }) => execute(MessagesDocument, { id, before: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ conversation }) =>
      conversation?.messages.pageInfo.hasPreviousPage ? conversation.messages.pageInfo.startCursor : null,
  });

/** The messages of all pages, the oldest first. */
export function messagesOf(pages: readonly MessagesQuery[]): readonly MessageFragment[] {
  const nodes = pages.toReversed().flatMap((page) => page.conversation?.messages.nodes ?? []);
  return nodes.map((node) => readFragment(MessageFragmentDoc, node));
}

/** Reads a conversation anew, so that what was put down is there when this is over. */
export async function freshen(client: QueryClient, id: string): Promise<readonly MessageFragment[]> {
  const options = messagesQuery(id);
  const known = client.getQueryData(options.queryKey);
  if (known === undefined) return messagesOf((await client.fetchInfiniteQuery(options)).pages);
  await client.refetchQueries({ queryKey: options.queryKey, exact: true });
  return messagesOf(client.getQueryData(options.queryKey)?.pages ?? []);
}

/** The conversation that began with this message, where only the server knows which; null if it has none. */
export async function findBegun(text: string): Promise<string | null> {
  const { conversations } = await execute(NewestConversationsDocument, {});
  const begun = conversations.nodes.find(({ messages }) => {
    const first = messages.nodes[0];
    return first !== undefined && readFragment(MessageFragmentDoc, first).text === text.trim();
  });
  return begun?.id ?? null;
}
