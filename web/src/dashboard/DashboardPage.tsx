"use client";
// The page /dashboard.
import { useLingui } from "@lingui/react/macro";
import { PageFrame } from "@/shell/PageFrame";

export function DashboardPage() {
  const { t } = useLingui();
  return <PageFrame title={t`Dashboard`}>{null}</PageFrame>;
}
