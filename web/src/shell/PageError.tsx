"use client";
// A page that broke: a fault of ours. Says so, and tries again without losing the rest.
import { useLingui } from "@lingui/react/macro";
import { PageFrame } from "./PageFrame";

export function PageError({ reset }: { error: Error; reset: () => void }) {
  const { t } = useLingui();
  return (
    <PageFrame title={t`This page broke`}>
      <div role="alert" className="flex flex-col items-start gap-3 px-4 py-3 md:px-6">
        <p>{t`That is a fault of ours. What you typed is kept.`}</p>
        <button type="button" className="btn" onClick={reset}>
          {t`Try again`}
        </button>
      </div>
    </PageFrame>
  );
}
