"use client";
// The page /notifications.
import { useLingui } from "@lingui/react/macro";
import { PageFrame } from "@/shell/PageFrame";

export function NotificationsPage() {
  const { t } = useLingui();
  return <PageFrame title={t`Notifications`}>{null}</PageFrame>;
}
