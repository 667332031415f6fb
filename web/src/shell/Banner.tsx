"use client";
// While the server cannot be reached: says so, and offers to ask again at once.
import { Trans } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useAway } from "@/graphql/reachability";
import { Icon } from "@/ui/Icon";

export function Banner() {
  const client = useQueryClient();
  const away = useAway();
  return (
    <div role="status">
      {away && (
        <div className="flex items-center gap-3 bg-warn-soft px-4 py-1.5 text-sm text-warn md:px-6">
          <Icon name="offline" />
          <span className="min-w-0 flex-1">
            <Trans>The server cannot be reached. What you see may be old; what you type is kept.</Trans>
          </span>
          <button type="button" className="btn" onClick={() => void client.refetchQueries({ type: "active" })}>
            <Trans>Try again</Trans>
          </button>
        </div>
      )}
    </div>
  );
}
