"use client";
// The page /tags.
import { useLingui } from "@lingui/react/macro";
import { PageFrame } from "@/shell/PageFrame";

export function TagsPage() {
  const { t } = useLingui();
  return <PageFrame title={t`Tags`}>{null}</PageFrame>;
}
