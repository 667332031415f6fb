"use client";
// Below a reply that broke off: that it did, why where that is known, and the way to ask again.
import { Trans, useLingui } from "@lingui/react/macro";
import { Icon } from "@/ui/Icon";
import { useReason } from "./Failed";
import type { Failure } from "./turn";

interface Props {
  readonly failure: Failure | null;
  /** Null where something else has been said since. */
  readonly onAgain: (() => void) | null;
}

export function BrokenOff({ failure, onAgain }: Props) {
  const { t } = useLingui();
  return (
    <div
      role="group"
      aria-label={t`Broken off`}
      className="flex flex-wrap items-center gap-2 rounded-xl bg-warn-soft px-3 py-2 text-sm text-warn"
    >
      <Icon name="overdue" className="size-4.5" />
      <span>
        <Trans>The answer broke off here.</Trans>
      </span>
      {failure && <Why failure={failure} />}
      {onAgain && (
        <button type="button" className="btn" onClick={onAgain}>
          <Trans>Ask again</Trans>
        </button>
      )}
    </div>
  );
}

function Why({ failure }: { failure: Failure }) {
  return <span role="alert">{useReason(failure)}</span>;
}
