"use client";
// The navigation at the left of wide screens.
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { viewerQuery } from "@/session/session";
import { Icon } from "@/ui/Icon";
import { NavLink } from "./NavLink";
import { LISTS, MORE } from "./pages";

export function Sidebar({ onSearch, onHelp }: { onSearch: () => void; onHelp: () => void }) {
  const { t } = useLingui();
  const { data: viewer } = useQuery(viewerQuery);
  return (
    <nav
      aria-label={t`Main`}
      className="hidden w-60 shrink-0 flex-col gap-4 overflow-y-auto border-r border-line px-3 py-3 md:flex"
    >
      <div className="flex items-center gap-2 px-2 pt-1">
        <img src="/icon.svg" alt="" width="22" height="22" />
        <span className="font-semibold tracking-tight">Tickler</span>
      </div>
      <button type="button" className="btn justify-start bg-panel font-normal text-muted" onClick={onSearch}>
        <Icon name="search" className="size-4" />
        <span className="flex-1 text-left">{t`Search`}</span>
        <kbd className="kbd">Ctrl K</kbd>
      </button>
      <ul className="flex flex-col gap-px">
        {LISTS.map((page) => (
          <li key={page.path}>
            <NavLink page={page} />
          </li>
        ))}
      </ul>
      <ul className="flex flex-col gap-px">
        {MORE.map((page) => (
          <li key={page.path}>
            <NavLink page={page} />
          </li>
        ))}
      </ul>
      <div className="mt-auto flex items-center gap-1 px-2 text-muted">
        <span className="min-w-0 flex-1 truncate text-xs" title={viewer?.email}>
          {viewer?.name}
        </span>
        <button type="button" className="btn-icon" aria-label={t`Keyboard shortcuts`} onClick={onHelp}>
          <Icon name="keyboard" />
        </button>
      </div>
    </nav>
  );
}
