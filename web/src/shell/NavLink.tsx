"use client";
// One entry of the navigation, with what its page has to say in a number (`badges.tsx`).
import { useLingui } from "@lingui/react/macro";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Icon } from "@/ui/Icon";
import { Badge } from "./Badge";
import type { PageEntry } from "./pages";

export function NavLink({ page }: { page: PageEntry }) {
  const { i18n } = useLingui();
  const here = usePathname() === page.path;
  return (
    <Link
      href={page.path}
      aria-current={here ? "page" : undefined}
      className="flex min-h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm text-muted transition-colors hover:bg-hover hover:text-ink aria-[current]:bg-selected aria-[current]:font-medium aria-[current]:text-ink"
    >
      <Icon name={page.icon} />
      <span className="flex-1 truncate">{i18n._(page.name)}</span>
      <Badge path={page.path} />
    </Link>
  );
}
