"use client";
// Signing out: here, or wherever somebody is signed in.
import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { SignOutEverywhereDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { useSignOut } from "@/session/session";
import { toast } from "@/shell/toasts";
import { Icon } from "@/ui/Icon";
import { lazily } from "@/ui/lazily";
import { Section } from "./Section";

const Confirm = lazily(() => import("@/ui/Confirm"));

export function Sessions() {
  const { t, i18n } = useLingui();
  const [asking, setAsking] = useState(false);
  const signOut = useSignOut();
  const here = useMutation({
    mutationFn: signOut,
    onError: (error) => toast(inWords(error, i18n), { kind: "failed" }),
  });
  const everywhere = useMutation({
    mutationFn: async () => {
      accepted((await execute(SignOutEverywhereDocument, {})).signOutEverywhere);
      await signOut();
    },
  });
  return (
    <Section title={t`Signing out`}>
      <div className="flex flex-wrap gap-2">
        <button type="button" className="btn" aria-disabled={here.isPending} onClick={() => here.mutate()}>
          <Icon name="signOut" className="size-4" />
          <Trans>Sign out</Trans>
        </button>
        <button type="button" className="btn" onClick={() => setAsking(true)}>
          <Trans>Sign out everywhere…</Trans>
        </button>
      </div>
      {asking && (
        <Confirm
          title={t`Sign out everywhere?`}
          action={t`Sign out everywhere`}
          pending={everywhere.isPending}
          error={everywhere.error ? inWords(everywhere.error, i18n) : undefined}
          onConfirm={() => everywhere.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>
            <Trans>All browsers and programs are signed out, this one too, and all API tokens are revoked.</Trans>
          </p>
        </Confirm>
      )}
    </Section>
  );
}
