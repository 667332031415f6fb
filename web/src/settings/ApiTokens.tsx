"use client";
// API tokens: for programs that act as the user.
import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { inWords } from "@/graphql/words";
import { useLocale } from "@/i18n/useLocale";
import { useZone } from "@/session/session";
import { toast } from "@/shell/toasts";
import { dateText } from "@/time/instants";
import { Moment, useNow } from "@/time/Moment";
import { Icon } from "@/ui/Icon";
import { lazily } from "@/ui/lazily";
import { Shown } from "@/ui/States";
import { NewToken } from "./NewToken";
import { Section } from "./Section";
import { type TokenRow, tokensQuery, useRevokeToken } from "./tokens";

const Confirm = lazily(() => import("@/ui/Confirm"));

export function ApiTokens() {
  const { t } = useLingui();
  const query = useQuery(tokensQuery);
  const [revoking, setRevoking] = useState<TokenRow | null>(null);
  return (
    <Section
      title={t`API tokens`}
      about={t`For programs and assistants that act for you. Whoever has one can do all that you can.`}
    >
      <NewToken />
      <Shown query={query} rows={2}>
        {(tokens) =>
          tokens.length === 0 ? (
            <p className="text-sm text-muted">
              <Trans>No tokens yet.</Trans>
            </p>
          ) : (
            <ul aria-label={t`API tokens`} className="divide-y divide-line rounded-lg border border-line">
              {tokens.map((token) => (
                <Line key={token.id} token={token} onRevoke={() => setRevoking(token)} />
              ))}
            </ul>
          )
        }
      </Shown>
      {revoking && <Revoke token={revoking} onClose={() => setRevoking(null)} />}
    </Section>
  );
}

function Line({ token, onRevoke }: { token: TokenRow; onRevoke: () => void }) {
  const { t } = useLingui();
  const zone = useZone();
  const locale = useLocale();
  const now = useNow();
  const ended = token.expiresAt !== null && new Date(token.expiresAt).getTime() <= now;
  const created = dateText(token.createdAt, zone, locale);
  const ends = token.expiresAt === null ? null : dateText(token.expiresAt, zone, locale);
  return (
    <li className="flex items-center gap-3 px-3 py-2">
      <Icon name="key" className="size-4.5 text-muted" />
      <div className="min-w-0 flex-1">
        <p className="font-medium [overflow-wrap:anywhere]">{token.name}</p>
        <p className="flex flex-wrap gap-x-2 text-xs text-muted">
          <span>
            <Trans>made {created}</Trans>
          </span>
          <span aria-hidden="true">·</span>
          <span>
            {token.lastUsedAt === null ? (
              <Trans>never used</Trans>
            ) : (
              <Trans>
                last used <Moment at={token.lastUsedAt} />
              </Trans>
            )}
          </span>
          <span aria-hidden="true">·</span>
          <span className={ended ? "font-medium text-danger" : ""}>
            {ends === null ? (
              <Trans>never ends</Trans>
            ) : ended ? (
              <Trans>ended {ends}</Trans>
            ) : (
              <Trans>ends {ends}</Trans>
            )}
          </span>
        </p>
      </div>
      <button type="button" className="btn btn-danger" aria-label={t`Revoke ${token.name}`} onClick={onRevoke}>
        <Trans>Revoke</Trans>
      </button>
    </li>
  );
}

function Revoke({ token, onClose }: { token: TokenRow; onClose: () => void }) {
  const { t, i18n } = useLingui();
  const revoke = useRevokeToken();
  const confirm = () =>
    revoke.mutate(token.id, {
      onSuccess: () => {
        toast(t`The token “${token.name}” is revoked.`);
        onClose();
      },
    });
  return (
    <Confirm
      title={t`Revoke the token “${token.name}”?`}
      action={t`Revoke`}
      pending={revoke.isPending}
      error={revoke.error ? inWords(revoke.error, i18n) : undefined}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        <Trans>Whatever uses it is refused from then on. This cannot be undone.</Trans>
      </p>
    </Confirm>
  );
}
