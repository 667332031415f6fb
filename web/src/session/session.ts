// Who is signed in. The page never sees a token: the gateway keeps the session in a cookie that no script can read.
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { SignOutDocument, ViewerDocument, type ViewerQuery } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { flushed } from "@/tasks/unsaved";
import { forgetDrafts } from "./drafts";

export type Viewer = ViewerQuery["viewer"];

export const viewerQuery = queryOptions({
  queryKey: ["viewer"],
  queryFn: async ({ signal }) => (await execute(ViewerDocument, {}, signal)).viewer,
  staleTime: 5 * 60_000,
});

const LAST = "tickler.viewer";

/** The zone in which days are counted: the viewer's; until the answer is there, what it was the last time. */
export function useZone(): string {
  const { data } = useQuery(viewerQuery);
  return data?.timeZone ?? remembered()?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Keeps who was here, so that the next start knows the zone; drafts of somebody else are forgotten. */
export function remember(viewer: Pick<Viewer, "id" | "timeZone">): void {
  const before = remembered();
  if (before !== null && before.id !== viewer.id) forgetDrafts();
  localStorage.setItem(LAST, JSON.stringify({ id: viewer.id, timeZone: viewer.timeZone }));
}

/** Ends the session here; what was kept of it goes with it. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    await flushed();
    await execute(SignOutDocument, {});
    forgetDrafts();
    client.clear();
    window.location.assign("/sign-in");
  }, [client]);
}

function remembered(): Pick<Viewer, "id" | "timeZone"> | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(LAST) ?? "null");
    if (value === null || typeof value !== "object" || !("id" in value) || !("timeZone" in value)) return null;
    return { id: String(value.id), timeZone: String(value.timeZone) };
  } catch {
    return null;
  }
}
