"use client";
// Messages: the user's at the right, the assistant's at the left with what it did. Text is text, whatever is in it.
import { Trans, useLingui } from "@lingui/react/macro";
import { memo, type ReactNode } from "react";
import type { MessageFragment } from "@/gql/graphql";
import { Moment } from "@/time/Moment";
import { BrokenOff } from "./BrokenOff";
import { readBreak } from "./broken";
import { CallCards, Question } from "./CallCard";
import { shownCalls, withoutQuestion } from "./calls";
import type { Call } from "./stream";
import type { Failure } from "./turn";

const TEXT = "[overflow-wrap:anywhere] whitespace-pre-wrap";

export function UserBubble({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-end gap-1">
      <p className={`max-w-[85%] rounded-2xl rounded-br-md bg-selected px-3.5 py-2 ${TEXT}`}>
        <span className="sr-only">
          <Trans>You:</Trans>{" "}
        </span>
        {text}
      </p>
      {children}
    </div>
  );
}

interface ReplyProps {
  readonly text: string;
  readonly calls: readonly Call[];
  /** Answers the question that the reply ends with; null where it is not open. */
  readonly onAnswer: ((yes: boolean) => void) | null;
  readonly children?: ReactNode;
}

export function Reply({ text, calls, onAnswer, children }: ReplyProps) {
  const told = shownCalls(calls);
  const held = told.filter((call) => call.kind === "held");
  const said = withoutQuestion(text, held.length);
  return (
    <div className="flex max-w-[92%] flex-col gap-2">
      <span className="sr-only">
        <Trans>The assistant:</Trans>
      </span>
      <CallCards calls={told.filter((call) => call.kind !== "held")} />
      {said !== "" && <p className={TEXT}>{said}</p>}
      {held.length > 0 && <Question calls={distinct(held)} onAnswer={onAnswer} />}
      {children}
    </div>
  );
}

interface StoredProps {
  readonly message: MessageFragment;
  readonly onAnswer: ((yes: boolean) => void) | null;
  /** Asks again what a reply that broke off was to answer; null where something else has been said since. */
  readonly onAgain: (() => void) | null;
  /** Why it broke off, where that is known. */
  readonly failure: Failure | null;
}

export const StoredMessage = memo(function StoredMessage({ message, onAnswer, onAgain, failure }: StoredProps) {
  if (message.role === "USER") return <UserBubble text={message.text} />;
  const { text, isBroken } = readBreak(message.text);
  return (
    <Reply text={text} calls={message.toolCalls} onAnswer={onAnswer}>
      {isBroken && <BrokenOff failure={failure} onAgain={onAgain} />}
      <Moment at={message.createdAt} className="text-xs text-muted" />
    </Reply>
  );
});

export function Thinking() {
  const { t } = useLingui();
  return (
    <p className="flex items-center gap-1.5 py-1" role="img" aria-label={t`The assistant is answering…`}>
      {[0, 1, 2].map((place) => (
        <span
          key={place}
          className={`size-2 animate-pulse rounded-full bg-muted ${["", "[animation-delay:200ms]", "[animation-delay:400ms]"][place]}`}
        />
      ))}
    </p>
  );
}

/** The same change asked for twice is shown once. */
function distinct<T>(list: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return list.filter((one) => {
    const key = JSON.stringify(one);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
