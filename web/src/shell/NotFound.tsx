"use client";
// An address that is no page.
import { Trans, useLingui } from "@lingui/react/macro";
import Link from "next/link";
import { PageFrame } from "./PageFrame";

export function NotFound() {
  const { t } = useLingui();
  return (
    <PageFrame title={t`There is no such page`}>
      <p className="px-6 py-4">
        <Link className="text-accent underline" href="/">
          <Trans>Go to today's tasks</Trans>
        </Link>
      </p>
    </PageFrame>
  );
}
