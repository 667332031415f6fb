"use client";
// What went wrong with a message, in words, and what can be done about it.
import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { sentence } from "@/graphql/payload";
import { Icon } from "@/ui/Icon";
import type { Failure } from "./turn";

export function Failed({ failure, children }: { failure: Failure; children?: ReactNode }) {
  const words = useReason(failure);
  return (
    <div role="alert" className="flex max-w-[92%] flex-col gap-2 rounded-xl bg-warn-soft px-3 py-2.5 text-sm text-warn">
      <p className="flex items-start gap-2 [overflow-wrap:anywhere]">
        <Icon name="overdue" className="mt-0.5 size-4.5" />
        <span>{words}</span>
      </p>
      {children && <div className="flex flex-wrap gap-2">{children}</div>}
    </div>
  );
}

/** Why there is no answer, or no more of it. */
export function useReason(failure: Failure): string {
  const { t } = useLingui();
  const why = sentence(failure.message);
  if (failure.code === "UNREACHABLE") return t`The server cannot be reached. Your message is kept; try again.`;
  if (failure.code === "UNAUTHENTICATED") return t`Your session has ended. Sign in again; your message is kept.`;
  if (failure.code === "RATE_LIMITED") return t`Too many messages in a short time. Your message is kept.`;
  if (failure.code === "UNAVAILABLE" && failure.message.includes("OPENAI_API_KEY"))
    return t`This server has no language model: whoever runs it has to set OPENAI_API_KEY. Without one, messages that begin with “add” still make tasks.`;
  if (failure.code === "UNAVAILABLE") return t`The language model does not answer now; try again later.`;
  return why;
}
