"use client";
// What sign-in and sign-up have in common: a card in the middle of the page.
import type { FormEvent, ReactNode } from "react";

interface Props {
  readonly title: string;
  readonly submit: string;
  readonly pending: boolean;
  /** What went wrong and belongs to no field. */
  readonly failure: string | undefined;
  readonly note?: string | undefined;
  readonly foot: ReactNode;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
}

export function AuthFrame({ title, submit, pending, failure, note, foot, onSubmit, children }: Props) {
  const onForm = (event: FormEvent) => {
    event.preventDefault();
    if (!pending) onSubmit();
  };
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <title>{`${title} · Tickler`}</title>
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center justify-center gap-2.5">
          <img src="/icon.svg" alt="" width="30" height="30" />
          <span className="text-lg font-semibold tracking-tight">Tickler</span>
        </div>
        <form className="card flex flex-col gap-4 p-6" onSubmit={onForm} noValidate>
          <h1 className="text-lg font-semibold">{title}</h1>
          {note && <p className="rounded-lg bg-selected px-3 py-2 text-sm">{note}</p>}
          {children}
          <p role="alert" className={failure ? "rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger" : "hidden"}>
            {failure}
          </p>
          <button type="submit" className="btn btn-primary" disabled={pending}>
            {submit}
          </button>
        </form>
        <p className="mt-4 text-center text-sm text-muted">{foot}</p>
      </div>
    </main>
  );
}
