"use client";
// One conversation: its messages from the newest backwards, the message under way, and where the next is typed.
import { Trans, useLingui } from "@lingui/react/macro";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { MessageFragment } from "@/gql/graphql";
import { sentence } from "@/graphql/payload";
import { readDraft, useDraft, writeDraft } from "@/session/drafts";
import { useCommands } from "@/shell/shortcuts";
import { Icon } from "@/ui/Icon";
import { Empty, Failed as FailedState, Loading } from "@/ui/States";
import { forget, moveOver, NEW, retry, send, stop, useOver, useTurn } from "./answering";
import { StoredMessage } from "./Bubbles";
import { readBreak } from "./broken";
import { Composer } from "./Composer";
import { Failed } from "./Failed";
import { messagesOf, messagesQuery } from "./queries";
import { Suggestions } from "./Suggestions";
import { TurnView } from "./TurnView";
import { useStick } from "./useStick";

interface Props {
  /** The id of the conversation, or NEW. */
  readonly slot: string;
  /** A new one has its id; where in its text somebody was typing. */
  readonly onBegun: (id: string, caret: number | null) => void;
  /** Where to go on typing. */
  readonly caret: number | null;
}

const NOTHING: readonly MessageFragment[] = [];

export function ConversationView({ slot, onBegun, caret }: Props) {
  const { t } = useLingui();
  const client = useQueryClient();
  const query = useInfiniteQuery({ ...messagesQuery(slot), enabled: slot !== NEW });
  const turn = useTurn(slot);
  const over = useOver(slot);
  const [text, setText] = useDraft(`chat.text.${slot}`);
  const field = useRef<HTMLTextAreaElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { below, toEnd, keepPlace } = useStick(box, content, slot);

  const pages = query.data?.pages;
  const messages = useMemo(() => (pages === undefined ? NOTHING : messagesOf(pages)), [pages]);
  const missing = pages?.at(0)?.conversation === null;
  const answering = turn?.state === "answering" || turn?.state === "reconnecting";
  const last = messages.at(-1);
  const asked = messages.findLast(({ role }) => role === "USER")?.text;

  useEffect(() => {
    // The new conversation has its address as soon as the server says it; what is typed meanwhile goes with it.
    if (slot !== NEW || over === null || over.conversationId === null) return;
    const typed = readDraft(`chat.text.${NEW}`);
    writeDraft(`chat.text.${NEW}`, null);
    if (typed !== null) writeDraft(`chat.text.${over.conversationId}`, typed);
    moveOver(slot, over.conversationId);
    onBegun(over.conversationId, document.activeElement === field.current ? (field.current?.selectionEnd ?? 0) : null);
  }, [slot, over, onBegun]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when a new conversation has got its own place
  useEffect(() => {
    if (caret === null) return;
    field.current?.focus();
    field.current?.setSelectionRange(caret, caret);
  }, []);

  const say = useCallback(
    (message: string) => {
      send(client, slot, message);
      requestAnimationFrame(toEnd);
    },
    [client, slot, toEnd],
  );
  const sendTyped = () => {
    say(text.trim());
    setText("");
  };
  const answer = useCallback(
    (yes: boolean) => {
      say(yes ? t`yes` : t`no`);
      field.current?.focus();
    },
    [say, t],
  );
  const askAgain = useMemo(() => (asked === undefined ? null : () => say(asked)), [say, asked]);
  const edit = () => {
    if (turn === null) return;
    setText([turn.text, text].filter(Boolean).join("\n"));
    forget(slot);
    field.current?.focus();
  };
  useCommands([
    { id: "chat write", name: t`Write a message`, keys: "i", group: t`Chat`, run: () => field.current?.focus() },
  ]);

  const isBroken = last?.role === "ASSISTANT" && readBreak(last.text).isBroken;
  const wrong = turn?.failure?.field === "text" ? sentence(turn.failure.message) : undefined;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="relative min-h-0 flex-1">
        <div ref={box} className="h-full overflow-y-auto [overflow-anchor:none]">
          <div ref={content} className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-4 md:px-6">
            {slot !== NEW && query.isPending && <Loading rows={3} />}
            {query.error && messages.length === 0 && (
              <FailedState error={query.error} onRetry={() => void query.refetch()} />
            )}
            {missing && <Missing />}
            {slot === NEW && turn === null && (
              <Suggestions
                onChoose={(example) => {
                  setText(example);
                  field.current?.focus();
                }}
              />
            )}
            {query.hasNextPage && <Earlier query={query} keepPlace={keepPlace} />}
            {messages.map((message) => (
              <StoredMessage
                key={message.id}
                message={message}
                onAnswer={message === last && turn === null ? answer : null}
                onAgain={message === last && turn === null ? askAgain : null}
                failure={message === last && turn === null ? (over?.failure ?? null) : null}
              />
            ))}
            {turn && (
              <TurnView
                turn={turn}
                isStored={last?.role === "USER" && last.text === turn.text.trim()}
                onRetry={() => retry(client, slot)}
                onEdit={edit}
                onDrop={() => forget(slot)}
              />
            )}
            {turn === null && over?.failure && !isBroken && <Failed failure={over.failure} />}
          </div>
        </div>
        {below && (
          <button
            type="button"
            className="btn absolute bottom-2 left-1/2 -translate-x-1/2 shadow-float"
            onClick={toEnd}
          >
            <Icon name="arrowDown" className="size-4" />
            <Trans>New below</Trans>
          </button>
        )}
      </div>
      <Announcer answering={answering} last={last} />
      {!missing && (
        <Composer
          field={field}
          text={text}
          answering={answering}
          error={wrong}
          onText={setText}
          onSend={sendTyped}
          onStop={() => void stop(client, slot)}
        />
      )}
    </div>
  );
}

function Missing() {
  const { t } = useLingui();
  return (
    <Empty icon="chat" title={t`There is no such conversation`}>
      <Trans>It may be of another account. Begin a new one, or choose one of yours.</Trans>
    </Empty>
  );
}

function Earlier({
  query,
  keepPlace,
}: {
  query: {
    isFetchingNextPage: boolean;
    fetchNextPage: () => Promise<unknown>;
    data: { pages: readonly unknown[] } | undefined;
  };
  keepPlace: () => () => void;
}) {
  const settle = useRef<(() => void) | null>(null);
  const count = query.data?.pages.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the page has come
  useLayoutEffect(() => {
    settle.current?.();
    settle.current = null;
  }, [count]);
  const load = () => {
    if (query.isFetchingNextPage) return;
    settle.current = keepPlace();
    void query.fetchNextPage();
  };
  return (
    <div className="flex justify-center">
      <button type="button" className="btn" aria-disabled={query.isFetchingNextPage} onClick={load}>
        {query.isFetchingNextPage ? <Trans>Loading…</Trans> : <Trans>Earlier messages</Trans>}
      </button>
    </div>
  );
}

/** Says to those who do not see it that an answer is coming, and then the whole of it, once. */
function Announcer({ answering, last }: { answering: boolean; last: MessageFragment | undefined }) {
  const { t } = useLingui();
  const was = useRef(false);
  const [words, setWords] = useState("");
  useEffect(() => {
    if (answering) setWords(t`The assistant is answering…`);
    else if (was.current) setWords(last?.role === "ASSISTANT" ? readBreak(last.text).text : "");
    was.current = answering;
  }, [answering, last, t]);
  return (
    <div role="status" className="sr-only">
      {words}
    </div>
  );
}
