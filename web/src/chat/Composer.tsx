"use client";
// Where a message is typed. Enter sends, Shift+Enter begins a line; while an answer comes the same button stops it.
import { Trans, useLingui } from "@lingui/react/macro";
import { type FormEvent, type KeyboardEvent, type RefObject, useId, useLayoutEffect } from "react";
import { Icon } from "@/ui/Icon";

const LONGEST = 4_000;
const NEARLY = 3_500;

interface Props {
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly answering: boolean;
  readonly error: string | undefined;
  readonly onText: (text: string) => void;
  readonly onSend: () => void;
  readonly onStop: () => void;
}

export function Composer({ field, text, answering, error, onText, onSend, onStop }: Props) {
  const { t } = useLingui();
  const id = useId();
  const length = [...text.trim()].length;
  const tooLong = length > LONGEST;
  const about = [error && `${id}-error`, length > NEARLY && `${id}-count`].filter(Boolean).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: as high as its text
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight + 2, 200)}px`;
  }, [text]);
  const send = () => {
    if (!answering && text.trim() !== "" && !tooLong) onSend();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (answering) onStop();
    else send();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form onSubmit={onSubmit} className="mx-auto w-full max-w-3xl px-4 pt-2 pb-3 md:px-6">
      <div className="flex items-end gap-2">
        <label htmlFor={id} className="sr-only">
          <Trans>Message to the assistant</Trans>
        </label>
        <textarea
          ref={field}
          id={id}
          rows={1}
          className="input max-h-50 min-h-11 resize-none px-3.5 py-2.5"
          placeholder={t`Ask, or say what to do`}
          value={text}
          aria-invalid={error || tooLong ? true : undefined}
          aria-describedby={about || undefined}
          onChange={(event) => onText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          className={`btn size-11 p-0 ${answering ? "" : "btn-primary"}`}
          aria-label={answering ? t`Stop` : t`Send`}
          aria-disabled={!answering && (text.trim() === "" || tooLong)}
        >
          <Icon name={answering ? "stop" : "send"} />
        </button>
      </div>
      {error && (
        <p id={`${id}-error`} role="alert" className="error pt-1">
          {error}
        </p>
      )}
      {length > NEARLY && (
        <p id={`${id}-count`} className={`pt-1 text-xs tabular-nums ${tooLong ? "text-danger" : "text-muted"}`}>
          <Trans>
            {length} of {LONGEST} characters
          </Trans>
        </p>
      )}
    </form>
  );
}
