"use client";
import { useLingui } from "@lingui/react/macro";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState } from "react";
import { Icon, type IconName } from "@/ui/Icon";
// The navigation at the bottom of phones: four places, and the rest behind one button.
import { lazily } from "@/ui/lazily";
import { LISTS, type PageEntry } from "./pages";

const MoreSheet = lazily(() => import("./MoreSheet"));
const SHOWN = LISTS.filter((page) => ["/", "/upcoming", "/all"].includes(page.path));
const ITEM = "flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 text-[11px] text-muted";

export function BottomBar({ onSearch, inert }: { onSearch: () => void; inert: boolean }) {
  const { t } = useLingui();
  const [more, setMore] = useState(false);
  return (
    <nav
      aria-label={t`Main`}
      inert={inert}
      className="flex border-t border-line bg-panel pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {SHOWN.map((page) => (
        <Place key={page.path} page={page} />
      ))}
      <Action icon="search" label={t`Search`} onClick={onSearch} />
      <Action icon="menu" label={t`More`} onClick={() => setMore(true)} />
      {more && <MoreSheet onClose={() => setMore(false)} />}
    </nav>
  );
}

function Place({ page }: { page: PageEntry }) {
  const { i18n } = useLingui();
  const here = usePathname() === page.path;
  return (
    <Link
      href={page.path}
      aria-current={here ? "page" : undefined}
      className={`${ITEM} aria-[current]:font-semibold aria-[current]:text-accent`}
    >
      <Icon name={page.icon} className="size-5.5" />
      {i18n._(page.name)}
    </Link>
  );
}

function Action({ icon, label, onClick }: { icon: IconName; label: string; onClick: () => void }) {
  return (
    <button type="button" className={ITEM} onClick={onClick}>
      <Icon name={icon} className="size-5.5" />
      {label}
    </button>
  );
}
