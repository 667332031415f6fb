"use client";
// The bell with the unread count, where the sidebar's is out of sight.
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Icon } from "@/ui/Icon";
import { countsQuery } from "./Badge";

export function Bell() {
  const { t } = useLingui();
  const here = usePathname() === "/notifications";
  const { data } = useQuery(countsQuery);
  const unread = data?.unreadNotificationCount ?? 0;
  if (here) return null;
  return (
    <Link
      href="/notifications"
      className="btn-icon relative md:hidden"
      aria-label={unread > 0 ? t`Notifications, ${unread} unread` : t`Notifications`}
    >
      <Icon name="bell" />
      {unread > 0 && (
        <span
          aria-hidden="true"
          className="absolute top-0.5 right-0 min-w-4 rounded-full bg-danger px-1 text-center text-[10px] leading-4 font-semibold text-panel tabular-nums"
        >
          {unread > 99 ? "99+" : unread}
        </span>
      )}
    </Link>
  );
}
