// The API tokens: which there are, made and revoked.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  ApiTokensDocument,
  type ApiTokensQuery,
  CreateApiTokenDocument,
  type CreateApiTokenInput,
  RevokeApiTokenDocument,
} from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted } from "@/graphql/payload";

export type TokenRow = ApiTokensQuery["apiTokens"][number];

export const tokensQuery = queryOptions({
  queryKey: ["apiTokens"],
  queryFn: async ({ signal }) => (await execute(ApiTokensDocument, {}, signal)).apiTokens,
});

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (input: CreateApiTokenInput) =>
      accepted((await execute(CreateApiTokenDocument, { input })).createApiToken),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) => accepted((await execute(RevokeApiTokenDocument, { id })).revokeApiToken),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
}
