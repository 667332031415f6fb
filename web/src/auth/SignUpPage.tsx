"use client";
// /sign-up
import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { SignUpDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted, byField } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { useDraft } from "@/session/drafts";
import { Field } from "@/ui/Field";
import { AuthFrame } from "./AuthFrame";
import { useNextSearch, useSignedIn } from "./signedIn";

const FIELDS = ["name", "email", "password"];

export function SignUpPage() {
  const { t, i18n } = useLingui();
  const [name, setName] = useDraft("name");
  const [email, setEmail] = useDraft("email");
  const [password, setPassword] = useState("");
  const signedIn = useSignedIn();
  const next = useNextSearch();
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const signUp = useMutation({
    mutationFn: async () =>
      accepted((await execute(SignUpDocument, { input: { name, email, password, timeZone } })).signUp),
    onSuccess: ({ user }) => signedIn(user),
  });
  const errors = byField(signUp.error, FIELDS);
  const failure = signUp.error && !FIELDS.some((field) => errors[field]) ? inWords(signUp.error, i18n) : errors[""];
  return (
    <AuthFrame
      title={t`Create an account`}
      submit={signUp.isPending ? t`Creating…` : t`Create account`}
      pending={signUp.isPending}
      failure={failure}
      onSubmit={() => signUp.mutate()}
      foot={
        <Trans>
          Already here?{" "}
          <Link className="text-accent underline" href={`/sign-in${next}`}>
            Sign in
          </Link>
        </Trans>
      }
    >
      <Field
        label={t`Name`}
        name="name"
        autoComplete="name"
        required
        value={name}
        onChange={setName}
        error={errors.name}
      />
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
        autoComplete="new-password"
        required
        hint={t`At least 10 characters.`}
        value={password}
        onChange={setPassword}
        error={errors.password}
      />
    </AuthFrame>
  );
}
