"use client";
// A page's head (its title and what belongs beside it) and its body, which fills the rest and scrolls by itself.
import type { ReactNode } from "react";
import { Bell } from "./Bell";

interface Props {
  readonly title: string;
  /** Beside the title, such as a count. */
  readonly aside?: ReactNode;
  /** At the right: buttons. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function PageFrame({ title, aside, actions, children }: Props) {
  return (
    <div className="flex h-full min-h-0 flex-col">
      <title>{`${title} · Tickler`}</title>
      <header className="flex min-h-14 items-center gap-3 px-4 pt-3 pb-2 md:px-6">
        <h1 className="truncate text-xl font-semibold tracking-tight">{title}</h1>
        {aside}
        <div className="ml-auto flex items-center gap-1">
          {actions}
          <Bell />
        </div>
      </header>
      <div className="min-h-0 flex-1">{children}</div>
    </div>
  );
}
