"use client";
import { useLingui } from "@lingui/react/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { ParseQuickAddDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { useDraft } from "@/session/drafts";
import { useCommands } from "@/shell/shortcuts";
import { Icon } from "@/ui/Icon";
// The box that makes a task of one typed line, and marks what it understands while one types.
import { lazily } from "@/ui/lazily";
import { pieces, stillTrue } from "./marks";
import { useQuickAdd } from "./useQuickAdd";

const Understood = lazily(() => import("./Understood"));

const MOST_CHARACTERS = 2000;
const TYPING = 120;

export function QuickAdd() {
  const { t } = useLingui();
  const [text, setText] = useDraft("quick-add");
  const field = useRef<HTMLInputElement>(null);
  const backdrop = useRef<HTMLDivElement>(null);
  const { pending, send, again, drop } = useQuickAdd();
  const parsed = useParsed(text);
  useCommands([{ id: "new", name: t`New task`, keys: "n", group: t`Everywhere`, run: () => field.current?.focus() }]);
  const submit = () => {
    if (text.trim() === "") return;
    send(text.trim());
    setText("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape") field.current?.blur();
  };
  const marks = parsed ? stillTrue(parsed.spans, parsed.text, text) : [];
  return (
    <div className="px-4 md:px-6">
      <div className="relative flex min-h-11 items-center rounded-xl border border-line bg-panel pr-1 pl-3 shadow-xs focus-within:border-accent focus-within:outline-1 focus-within:outline-accent">
        <Icon name="plus" className="mr-2 size-4.5 text-accent" />
        <div className="relative min-w-0 flex-1">
          <div
            ref={backdrop}
            aria-hidden="true"
            className="pointer-events-none absolute inset-0 overflow-hidden whitespace-pre text-transparent"
          >
            {pieces(text, marks).map((piece) => (
              <span key={piece.start} className={piece.field === null ? "" : "rounded bg-mark py-0.5"}>
                {piece.text}
              </span>
            ))}
          </div>
          <input
            ref={field}
            name="quick-add"
            autoComplete="off"
            enterKeyHint="done"
            maxLength={MOST_CHARACTERS}
            aria-label={t`New task`}
            aria-describedby="quick-add-understood"
            placeholder={t`New task, such as: Pay rent every month on the 1st at 9am #home`}
            className="relative w-full bg-transparent outline-none placeholder:text-muted"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKeyDown}
            onScroll={(event) => {
              if (backdrop.current) backdrop.current.scrollLeft = event.currentTarget.scrollLeft;
            }}
          />
        </div>
        {text.trim() !== "" && (
          <button type="button" className="btn btn-primary min-h-8" onClick={submit}>
            {t`Add`}
          </button>
        )}
      </div>
      <div id="quick-add-understood">{text.trim() !== "" && parsed && <Understood parsed={parsed.parse} />}</div>
      {pending.map(
        (line) =>
          line.failure !== null && (
            <div
              key={line.key}
              role="alert"
              className="mt-1.5 flex items-center gap-1 rounded-lg bg-danger-soft py-1 pr-1 pl-3 text-sm"
            >
              <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
                “{line.text}” <span className="text-danger">{line.failure}</span>
              </span>
              <button type="button" className="btn btn-quiet" onClick={() => again(line)}>
                {t`Try again`}
              </button>
              <button
                type="button"
                className="btn btn-quiet"
                onClick={() => {
                  drop(line);
                  setText(line.text);
                  field.current?.focus();
                }}
              >
                {t`Edit`}
              </button>
            </div>
          ),
      )}
    </div>
  );
}

/** The last parse and the text it is of; a moment behind the typing. */
function useParsed(text: string) {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING);
    return () => clearTimeout(timer);
  }, [text]);
  const { data } = useQuery({
    queryKey: ["quick-add", settled],
    queryFn: async ({ signal }) => ({
      text: settled,
      parse: (await execute(ParseQuickAddDocument, { text: settled }, signal)).parseQuickAdd,
    }),
    enabled: settled.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
    retry: false,
    refetchOnWindowFocus: false,
  });
  return data && { ...data, spans: data.parse.spans };
}
