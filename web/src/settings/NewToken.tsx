"use client";
// Makes an API token, and shows its secret this once.
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { byField } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { useDraft } from "@/session/drafts";
import { useZone } from "@/session/session";
import { Field } from "@/ui/Field";
import { Icon } from "@/ui/Icon";
import { EXPIRIES, type Expiry, endOf } from "./expiry";
import { useCreateToken } from "./tokens";

const EXPIRY_NAMES: Record<Expiry, MessageDescriptor> = {
  "30": msg`in 30 days`,
  "90": msg`in 90 days`,
  "365": msg`in a year`,
  day: msg`on a day…`,
  never: msg`never`,
};

export function NewToken() {
  const { t, i18n } = useLingui();
  const id = useId();
  const zone = useZone();
  const [name, setName] = useDraft("settings.token");
  const [expiry, setExpiry] = useState<Expiry>("90");
  const [day, setDay] = useState("");
  const [dayMissing, setDayMissing] = useState(false);
  const create = useCreateToken();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const expiresAt = endOf(expiry, day, zone, new Date());
    setDayMissing(expiresAt === undefined);
    if (expiresAt === undefined || create.isPending) return;
    create.mutate({ name, expiresAt }, { onSuccess: () => setName("") });
  };
  const errors = byField(create.error, ["name", "expiresAt"]);
  const failure = create.error && !errors.name && !errors.expiresAt ? inWords(create.error, i18n) : undefined;
  const dayError = dayMissing ? t`Choose the day on which it ends.` : errors.expiresAt;
  const made = create.data;
  return (
    <div className="flex flex-col gap-4">
      <form onSubmit={submit} noValidate className="flex flex-wrap items-start gap-3">
        <div className="min-w-48 flex-1">
          <Field
            label={t`Name`}
            placeholder={t`Such as laptop script`}
            autoComplete="off"
            value={name}
            onChange={setName}
            error={errors.name}
          />
        </div>
        <div className="field">
          <label className="label" htmlFor={id}>
            <Trans>Ends</Trans>
          </label>
          <select
            id={id}
            className="input"
            value={expiry}
            onChange={(event) => setExpiry(event.target.value as Expiry)}
          >
            {EXPIRIES.map((offered) => (
              <option key={offered} value={offered}>
                {i18n._(EXPIRY_NAMES[offered])}
              </option>
            ))}
          </select>
          {expiry !== "day" && dayError && <span className="error">{dayError}</span>}
        </div>
        {expiry === "day" && <Field label={t`Last day`} type="date" value={day} onChange={setDay} error={dayError} />}
        <button type="submit" className="btn btn-primary mt-5.25" aria-disabled={create.isPending}>
          <Icon name="plus" className="size-4" />
          <Trans>Create token</Trans>
        </button>
      </form>
      <p role="alert" className={failure ? "rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger" : "hidden"}>
        {failure}
      </p>
      {made?.token && made.apiToken && (
        <Secret key={made.apiToken.id} name={made.apiToken.name} secret={made.token} onDone={() => create.reset()} />
      )}
    </div>
  );
}

function Secret({ name, secret, onDone }: { name: string; secret: string; onDone: () => void }) {
  const { t } = useLingui();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<boolean | null>(null);
  useEffect(() => field.current?.focus(), []);
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(secret);
      setCopied(true);
    } catch {
      // Without https there is no clipboard; what is selected can be copied by hand.
      setCopied(false);
    }
  };
  return (
    <div className="flex flex-col gap-2 rounded-xl border border-accent bg-selected p-4">
      <p className="text-sm font-medium">
        <Trans>The token “{name}” is there. Copy it now: it is shown only this once.</Trans>
      </p>
      <div className="flex flex-wrap items-center gap-2">
        <input
          ref={field}
          readOnly
          className="input min-w-48 flex-1 font-mono"
          aria-label={t`The token`}
          value={secret}
          spellCheck={false}
          onFocus={(event) => event.target.select()}
        />
        <button type="button" className="btn" onClick={() => void copy()}>
          <Icon name={copied ? "check" : "copy"} className="size-4" />
          <Trans>Copy</Trans>
        </button>
        <button type="button" className="btn btn-quiet" onClick={onDone}>
          <Trans>Done</Trans>
        </button>
      </div>
      <p role="status" className="text-xs">
        {copied === true && <Trans>Copied.</Trans>}
        {copied === false && <Trans>The browser does not allow it here. It is selected: copy it with your keys.</Trans>}
      </p>
    </div>
  );
}
