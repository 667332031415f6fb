"use client";
// All conversations, newest first: beside the open one where there is room, else in a sheet.
import { Trans, useLingui } from "@lingui/react/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Moment } from "@/time/Moment";
import { Icon } from "@/ui/Icon";
import { More } from "@/ui/More";
import { Shown } from "@/ui/States";
import { NEW } from "./answering";
import { conversationsQuery } from "./queries";

const ENTRY =
  "flex min-h-9 flex-col justify-center rounded-lg px-2.5 py-1.5 text-sm hover:bg-hover aria-[current]:bg-selected";

export function ConversationList({ slot, onChosen = () => undefined }: { slot: string; onChosen?: () => void }) {
  const { t } = useLingui();
  const query = useInfiniteQuery(conversationsQuery);
  return (
    <nav aria-label={t`Conversations`} className="flex flex-col gap-1">
      <Link
        href="/chat"
        aria-current={slot === NEW ? "page" : undefined}
        className={`${ENTRY} flex-row items-center justify-start gap-2 font-medium`}
        onClick={onChosen}
      >
        <Icon name="plus" className="size-4" />
        <Trans>New conversation</Trans>
      </Link>
      <Shown query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.conversations.nodes);
          if (rows.length === 0)
            return (
              <p className="px-2.5 py-2 text-xs text-muted">
                <Trans>No conversations yet.</Trans>
              </p>
            );
          return (
            <>
              <ul className="flex flex-col gap-px">
                {rows.map((row) => (
                  <li key={row.id}>
                    <Link
                      href={`/chat?conversation=${row.id}`}
                      aria-current={row.id === slot ? "page" : undefined}
                      className={ENTRY}
                      onClick={onChosen}
                    >
                      <span className="truncate">{row.title}</span>
                      <Moment at={row.createdAt} className="text-xs text-muted" />
                    </Link>
                  </li>
                ))}
              </ul>
              <More query={query} />
            </>
          );
        }}
      </Shown>
    </nav>
  );
}
