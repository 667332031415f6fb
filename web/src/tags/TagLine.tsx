"use client";
// One tag: its colour, its name, its open tasks; renamed in its place. F2 renames, Delete deletes, where the focus is in it.
import { Plural, useLingui } from "@lingui/react/macro";
import Link from "next/link";
import { type FormEvent, type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from "react";
import { byField } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { toast } from "@/shell/toasts";
import { Icon } from "@/ui/Icon";
import { ColorButton } from "./ColorButton";
import { type TagRow, useUpdateTag } from "./changes";

export function TagLine({ tag, onDelete }: { tag: TagRow; onDelete: () => void }) {
  const { t, i18n } = useLingui();
  const [renaming, setRenaming] = useState(false);
  const line = useRef<HTMLLIElement>(null);
  const link = useRef<HTMLAnchorElement>(null);
  const wasRenaming = useRef(false);
  const update = useUpdateTag();
  // The link is there again with this commit, however late it comes; who has gone elsewhere meanwhile stays there.
  useLayoutEffect(() => {
    if (wasRenaming.current && !renaming && document.activeElement === document.body) link.current?.focus();
    wasRenaming.current = renaming;
  }, [renaming]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (renaming || event.target instanceof HTMLInputElement) return;
    if (event.key === "F2") setRenaming(true);
    else if (event.key === "Delete") onDelete();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") moveFrom(line.current, event.key);
    else return;
    event.preventDefault();
  };
  const recolour = (color: string) =>
    update.mutate(
      { id: tag.id, color },
      {
        onError: (error) =>
          toast(inWords(error, i18n), { kind: "failed", action: { label: t`Try again`, run: () => recolour(color) } }),
      },
    );
  return (
    <li ref={line} className="flex min-h-12 items-center gap-1.5 px-2 py-1" onKeyDown={onKeyDown}>
      <ColorButton color={tag.color} label={t`Colour of ${tag.name}`} onChoose={recolour} />
      {renaming ? (
        <Rename tag={tag} onDone={() => setRenaming(false)} />
      ) : (
        <>
          <Link
            ref={link}
            href={`/all?status=open&tags=any:${tag.id}`}
            className="min-w-0 flex-1 truncate rounded px-1 py-2 hover:underline"
          >
            {tag.name}
            <span className="sr-only">, </span>
            <span className="ml-2 text-xs text-muted tabular-nums no-underline">
              <Plural value={tag.openTaskCount} _0="no open tasks" one="# open task" other="# open tasks" />
            </span>
          </Link>
          <button
            type="button"
            className="btn-icon"
            aria-label={t`Rename ${tag.name}`}
            onClick={() => setRenaming(true)}
          >
            <Icon name="pencil" />
          </button>
          <button type="button" className="btn-icon" aria-label={t`Delete ${tag.name}`} onClick={onDelete}>
            <Icon name="trash" />
          </button>
        </>
      )}
    </li>
  );
}

function Rename({ tag, onDone }: { tag: TagRow; onDone: () => void }) {
  const { t, i18n } = useLingui();
  const id = useId();
  const [name, setName] = useState(tag.name);
  const update = useUpdateTag();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name === tag.name) onDone();
    else if (!update.isPending) update.mutate({ id: tag.id, name }, { onSuccess: onDone });
  };
  const wrong = byField(update.error, ["name"]).name ?? (update.error ? inWords(update.error, i18n) : undefined);
  return (
    <form onSubmit={submit} noValidate className="min-w-0 flex-1">
      <div className="flex items-center gap-1.5">
        <input
          // biome-ignore lint/a11y/noAutofocus: it has just been asked for
          autoFocus
          className="input min-w-0 flex-1"
          aria-label={t`Name of ${tag.name}`}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={wrong ? id : undefined}
          value={name}
          autoComplete="off"
          onFocus={(event) => event.target.select()}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            onDone();
          }}
        />
        <button type="submit" className="btn btn-primary" aria-disabled={update.isPending}>
          {t`Save`}
        </button>
        <button type="button" className="btn" onClick={onDone}>
          {t`Cancel`}
        </button>
      </div>
      <span id={id} role="alert" className={wrong ? "error block pt-1" : "hidden"}>
        {wrong}
      </span>
    </form>
  );
}

/** To the same control of the line above or below. */
function moveFrom(line: HTMLElement | null, key: string): void {
  const next = key === "ArrowDown" ? line?.nextElementSibling : line?.previousElementSibling;
  const controls = (of: Element | null | undefined) => [...(of?.querySelectorAll<HTMLElement>("a, button") ?? [])];
  const place = controls(line).indexOf(document.activeElement as HTMLElement);
  controls(next)[Math.max(0, place)]?.focus();
}
