"use client";
// /sign-in
import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { SignInDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted, byField } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { useDraft } from "@/session/drafts";
import { Field } from "@/ui/Field";
import { AuthFrame } from "./AuthFrame";
import { useNextSearch, useSignedIn } from "./signedIn";

export function SignInPage() {
  const { t, i18n } = useLingui();
  const [email, setEmail] = useDraft("email");
  const [password, setPassword] = useState("");
  const signedIn = useSignedIn();
  const next = useNextSearch();
  const signIn = useMutation({
    mutationFn: async () => accepted((await execute(SignInDocument, { input: { email, password } })).signIn),
    onSuccess: ({ user }) => signedIn(user),
  });
  const errors = byField(signIn.error, ["email", "password"]);
  const failure = signIn.error && !errors.email && !errors.password ? inWords(signIn.error, i18n) : undefined;
  return (
    <AuthFrame
      title={t`Sign in`}
      submit={signIn.isPending ? t`Signing in…` : t`Sign in`}
      pending={signIn.isPending}
      failure={failure}
      note={next === "" ? undefined : t`Sign in to go on where you were. What you typed is kept.`}
      onSubmit={() => signIn.mutate()}
      foot={
        <Trans>
          No account yet?{" "}
          <Link className="text-accent underline" href={`/sign-up${next}`}>
            Sign up
          </Link>
        </Trans>
      }
    >
      <Field
        label={t`E-mail address`}
        type="email"
        name="email"
        autoComplete="username"
        required
        value={email}
        onChange={setEmail}
        error={errors.email}
      />
      <Field
        label={t`Password`}
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={setPassword}
        error={errors.password}
      />
    </AuthFrame>
  );
}
