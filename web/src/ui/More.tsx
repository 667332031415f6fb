"use client";
// The end of a list that has more: a button, which presses itself when it comes into sight.
import { Trans } from "@lingui/react/macro";
import { useEffect, useRef } from "react";

interface Props {
  readonly query: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly isFetchNextPageError: boolean;
    readonly fetchNextPage: () => unknown;
  };
}

export function More({ query }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  useEffect(() => {
    const seen = button.current;
    // After a failure only a press asks again: else it would be asked on and on.
    if (seen === null || !hasNextPage || isFetchingNextPage || isFetchNextPageError) return;
    const observer = new IntersectionObserver(
      (entries) => void (entries.some((entry) => entry.isIntersecting) && fetchNextPage()),
      { rootMargin: "200px" },
    );
    observer.observe(seen);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  if (!hasNextPage) return null;
  return (
    <div className="flex justify-center py-3">
      <button
        ref={button}
        type="button"
        className="btn"
        aria-disabled={isFetchingNextPage}
        onClick={() => !isFetchingNextPage && void fetchNextPage()}
      >
        {isFetchingNextPage ? (
          <Trans>Loading…</Trans>
        ) : isFetchNextPageError ? (
          <Trans>Try again</Trans>
        ) : (
          <Trans>Show more</Trans>
        )}
      </button>
    </div>
  );
}
