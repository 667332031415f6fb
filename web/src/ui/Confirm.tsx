"use client";
// Asks before what cannot be taken back. The focus is on the dialog, not on the deed.
import { useLingui } from "@lingui/react/macro";
import type { FormEvent, ReactNode } from "react";
import { Sheet } from "./Sheet";

interface Props {
  readonly title: string;
  /** What the button that does it says. */
  readonly action: string;
  readonly pending?: boolean;
  readonly disabled?: boolean;
  readonly error?: string | undefined;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export default function Confirm(props: Props) {
  const { title, action, pending = false, disabled = false, error, onConfirm, onClose, children } = props;
  const { t } = useLingui();
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!pending && !disabled) onConfirm();
  };
  return (
    <Sheet title={title} onClose={onClose}>
      <form className="flex flex-col gap-4 px-5 pb-5" onSubmit={onSubmit} noValidate>
        <div className="flex flex-col gap-3 text-sm">{children}</div>
        <p role="alert" className={error ? "rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger" : "hidden"}>
          {error}
        </p>
        <div className="flex flex-wrap justify-end gap-2">
          <button type="button" className="btn" onClick={onClose}>
            {t`Cancel`}
          </button>
          <button type="submit" className="btn btn-danger" aria-disabled={pending || disabled}>
            {action}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
