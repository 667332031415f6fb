// After signing in: what was cached of nobody or somebody else goes, and the way leads back to where one was.
import { useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearchParams } from "next/navigation";
import { useCallback } from "react";
import { returnPath } from "@/session/return";
import { remember, type Viewer, viewerQuery } from "@/session/session";

export function useSignedIn(): (viewer: Viewer | null) => void {
  const client = useQueryClient();
  const router = useRouter();
  const next = useSearchParams().get("next");
  return useCallback(
    (viewer) => {
      client.clear();
      if (viewer !== null) {
        remember(viewer);
        client.setQueryData(viewerQuery.queryKey, viewer);
      }
      router.replace(returnPath(next));
    },
    [client, router, next],
  );
}

/** The same ?next= for the link between sign-in and sign-up. */
export function useNextSearch(): string {
  const next = useSearchParams().get("next");
  return next === null ? "" : `?next=${encodeURIComponent(next)}`;
}
