"use client";
// The page /chat.
import { useLingui } from "@lingui/react/macro";
import { PageFrame } from "@/shell/PageFrame";

export function ChatPage() {
  const { t } = useLingui();
  return <PageFrame title={t`Chat`}>{null}</PageFrame>;
}
