"use client";
// The form for a new tag. What is typed is kept until it is a tag.
import { Trans, useLingui } from "@lingui/react/macro";
import { type FormEvent, type RefObject, useId, useState } from "react";
import { byField } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { useDraft } from "@/session/drafts";
import { toast } from "@/shell/toasts";
import { Icon } from "@/ui/Icon";
import { ColorButton } from "./ColorButton";
import { type TagRow, useCreateTag } from "./changes";
import { leastUsed } from "./palette";

export function NewTag({ tags, field }: { tags: readonly TagRow[]; field: RefObject<HTMLInputElement | null> }) {
  const { t, i18n } = useLingui();
  const id = useId();
  const [name, setName] = useDraft("tags.name");
  const [chosen, setChosen] = useState<string | null>(null);
  const color = chosen ?? leastUsed(tags.map((tag) => tag.color));
  const create = useCreateTag();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    create.mutate(
      { name, color },
      {
        onSuccess: () => {
          setName("");
          setChosen(null);
          toast(t`The tag “${name.trim()}” is there.`);
          field.current?.focus();
        },
      },
    );
  };
  const errors = byField(create.error, ["name", "color"]);
  const wrong = errors.name ?? errors.color ?? (create.error ? inWords(create.error, i18n) : undefined);
  return (
    <form onSubmit={submit} noValidate className="field">
      <label className="label" htmlFor={id}>
        <Trans>New tag</Trans>
      </label>
      <div className="flex items-center gap-1.5">
        <ColorButton color={color} label={t`Colour of the new tag`} onChoose={setChosen} />
        <input
          ref={field}
          id={id}
          className="input min-w-0 flex-1"
          value={name}
          autoComplete="off"
          placeholder={t`Such as home, work, errands`}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={wrong ? `${id}-error` : undefined}
          onChange={(event) => {
            setName(event.target.value);
            if (create.isError) create.reset();
          }}
        />
        <button type="submit" className="btn btn-primary" aria-disabled={create.isPending}>
          <Icon name="plus" className="size-4" />
          <Trans>Add</Trans>
        </button>
      </div>
      <span id={`${id}-error`} role="alert" className={wrong ? "error pl-10.5" : "hidden"}>
        {wrong}
      </span>
    </form>
  );
}
