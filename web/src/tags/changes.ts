// What changes tags, and which answers are old after that: the lists show tags too.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  CreateTagDocument,
  type CreateTagInput,
  DeleteTagDocument,
  type TagsQuery,
  UpdateTagDocument,
  type UpdateTagInput,
} from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted } from "@/graphql/payload";
import { refreshEverything } from "@/tasks/everything";
import { TASKS } from "@/tasks/rows";
import { tagsQuery } from "@/tasks/tagsQuery";

export type TagRow = TagsQuery["tags"][number];

function useStale() {
  const client = useQueryClient();
  return () => {
    // A colour changes no task, so that nobody would notice: lists that nobody looks at are read anew from their beginning.
    client.removeQueries({ queryKey: TASKS, type: "inactive" });
    return refreshEverything(client);
  };
}

export function useCreateTag() {
  const stale = useStale();
  return useMutation({
    mutationFn: async (input: CreateTagInput) => accepted((await execute(CreateTagDocument, { input })).createTag).tag,
    onSuccess: stale,
  });
}

/** The list shows the change at once, and what was there if it is refused. */
export function useUpdateTag() {
  const client = useQueryClient();
  const stale = useStale();
  return useMutation({
    mutationFn: async (input: UpdateTagInput) => accepted((await execute(UpdateTagDocument, { input })).updateTag).tag,
    onMutate: async ({ id, color }) => {
      await client.cancelQueries({ queryKey: tagsQuery.queryKey });
      const before = client.getQueryData(tagsQuery.queryKey);
      if (color != null)
        client.setQueryData(tagsQuery.queryKey, (tags) =>
          tags?.map((tag) => (tag.id === id ? { ...tag, color } : tag)),
        );
      return before;
    },
    onError: (_error, _input, before) => client.setQueryData(tagsQuery.queryKey, before),
    onSettled: stale,
  });
}

export function useDeleteTag() {
  const client = useQueryClient();
  const stale = useStale();
  return useMutation({
    mutationFn: async (id: string) => accepted((await execute(DeleteTagDocument, { id })).deleteTag),
    onSuccess: async (_payload, id) => {
      client.setQueryData(tagsQuery.queryKey, (tags) => tags?.filter((tag) => tag.id !== id));
      await stale();
    },
  });
}
