"use client";
// What a list shows instead of rows: that it is coming, that there is nothing, or why it cannot be shown.
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { inWords } from "@/graphql/words";
import { Icon, type IconName } from "./Icon";

export function Loading({ rows = 5 }: { rows?: number }) {
  const { t } = useLingui();
  return (
    <div role="status" aria-label={t`Loading…`} className="flex flex-col gap-2 py-1">
      {Array.from({ length: rows }, (_, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: grey bars, all alike
        <div key={place} className="h-11 animate-pulse rounded-lg bg-hover" />
      ))}
    </div>
  );
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      <span className="grid size-12 place-items-center rounded-full bg-hover text-muted">
        <Icon name={icon} className="size-6" />
      </span>
      <p className="font-medium">{title}</p>
      {children && <div className="max-w-sm text-sm text-muted">{children}</div>}
    </div>
  );
}

export function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { i18n } = useLingui();
  return (
    <div role="alert" className="flex flex-col items-center gap-3 px-6 py-14 text-center">
      <span className="grid size-12 place-items-center rounded-full bg-warn-soft text-warn">
        <Icon name="offline" className="size-6" />
      </span>
      <p className="max-w-sm text-sm">{inWords(error, i18n)}</p>
      <button type="button" className="btn" onClick={onRetry}>
        <Trans>Try again</Trans>
      </button>
    </div>
  );
}

/** A query's data through these states: nothing yet, failed without anything to show, or there. */
export function Shown<Data>(props: {
  query: { data: Data | undefined; error: unknown; refetch: () => unknown };
  rows?: number;
  children: (data: Data) => ReactNode;
}) {
  const { query, rows, children } = props;
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading {...(rows === undefined ? {} : { rows })} />;
}
