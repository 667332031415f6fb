// All tags of the viewer, for filters and for putting them on tasks.
import { queryOptions } from "@tanstack/react-query";
import { TagsDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";

export const tagsQuery = queryOptions({
  queryKey: ["tags"],
  queryFn: async ({ signal }) => (await execute(TagsDocument, {}, signal)).tags,
  staleTime: 60_000,
});
