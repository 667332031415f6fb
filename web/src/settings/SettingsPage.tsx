"use client";
// The page /settings.
import { useLingui } from "@lingui/react/macro";
import { PageFrame } from "@/shell/PageFrame";

export function SettingsPage() {
  const { t } = useLingui();
  return <PageFrame title={t`Settings`}>{null}</PageFrame>;
}
