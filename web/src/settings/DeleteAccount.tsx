"use client";
// Deletes the account: the password, and the address typed out, so that nobody does it in passing.
import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { DeleteAccountDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted, byField } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { forgetDrafts } from "@/session/drafts";
import type { Viewer } from "@/session/session";
import { Field } from "@/ui/Field";
import { lazily } from "@/ui/lazily";
import { Section } from "./Section";

const Confirm = lazily(() => import("@/ui/Confirm"));

export function DeleteAccount({ viewer }: { viewer: Viewer }) {
  const { t } = useLingui();
  const [asking, setAsking] = useState(false);
  return (
    <Section
      title={t`Delete the account`}
      about={t`All tasks, tags, notifications and conversations go with it, at once and for good.`}
    >
      <button type="button" className="btn btn-danger w-fit" onClick={() => setAsking(true)}>
        <Trans>Delete the account…</Trans>
      </button>
      {asking && <Ask viewer={viewer} onClose={() => setAsking(false)} />}
    </Section>
  );
}

function Ask({ viewer, onClose }: { viewer: Viewer; onClose: () => void }) {
  const { t, i18n } = useLingui();
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const [address, setAddress] = useState("");
  const [tried, setTried] = useState(false);
  const remove = useMutation({
    mutationFn: async () => accepted((await execute(DeleteAccountDocument, { password })).deleteAccount),
    onSuccess: () => {
      forgetDrafts();
      client.clear();
      window.location.assign("/sign-in");
    },
  });
  const typed = address.trim().toLowerCase() === viewer.email.toLowerCase();
  const confirm = () => {
    setTried(true);
    if (typed) remove.mutate();
  };
  const errors = byField(remove.error, ["password"]);
  const failure = remove.error && !errors.password ? inWords(remove.error, i18n) : undefined;
  return (
    <Confirm
      title={t`Delete the account for good?`}
      action={remove.isPending ? t`Deleting…` : t`Delete for good`}
      pending={remove.isPending}
      error={failure}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        <Trans>
          Everything of <strong>{viewer.email}</strong> is removed. Nobody can bring it back.
        </Trans>
      </p>
      <Field
        label={t`Type your e-mail address to confirm`}
        type="email"
        autoComplete="off"
        value={address}
        onChange={setAddress}
        error={tried && !typed ? t`This is not the address of this account.` : undefined}
      />
      <Field
        label={t`Password`}
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        error={errors.password}
      />
    </Confirm>
  );
}
