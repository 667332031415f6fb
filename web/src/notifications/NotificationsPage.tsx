"use client";
// The page /notifications: what one was told, newest first.
import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";
import { useState } from "react";
import { readFragment } from "@/gql";
import { NotificationRowFragmentDoc } from "@/gql/graphql";
import { inWords } from "@/graphql/words";
import { countsQuery } from "@/shell/Badge";
import { PageFrame } from "@/shell/PageFrame";
import { useCommands } from "@/shell/shortcuts";
import { toast } from "@/shell/toasts";
import { Icon } from "@/ui/Icon";
import { More } from "@/ui/More";
import { Empty, Shown } from "@/ui/States";
import { AllowCard } from "./AllowCard";
import { type Mark, type Pages, useMarkRead, useNotifications } from "./changes";
import { NotificationLine } from "./NotificationLine";

export function NotificationsPage() {
  const { t, i18n } = useLingui();
  const unreadOnly = useSearchParams().get("unread") === "yes";
  const query = useNotifications(unreadOnly);
  const { data: counts } = useQuery(countsQuery);
  const unread = counts?.unreadNotificationCount ?? 0;
  const markRead = useMarkRead();
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const mark = (what: Mark) => {
    const ids = what === "all" ? (query.data?.pages ?? []).flatMap((page) => page.notifications.nodes) : [];
    const named = what === "all" ? ids.map((node) => node.id) : what.ids;
    setMarked((before) => new Set([...before, ...named]));
    markRead.mutate(what, {
      onError: (error) => {
        setMarked((before) => new Set([...before].filter((id) => !named.includes(id))));
        toast(inWords(error, i18n), { kind: "failed", action: { label: t`Try again`, run: () => mark(what) } });
      },
    });
  };
  useCommands([
    { id: "read all", name: t`Mark all as read`, keys: "shift+Enter", group: t`Notifications`, run: () => mark("all") },
  ]);
  return (
    <PageFrame
      title={t`Notifications`}
      aside={
        unread > 0 && <span className="text-sm whitespace-nowrap text-muted tabular-nums">{t`${unread} unread`}</span>
      }
    >
      <div className="h-full overflow-y-auto px-4 pb-8 md:px-6">
        <div className="flex max-w-3xl flex-col gap-3">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <Which unreadOnly={unreadOnly} />
            <button
              type="button"
              className="btn"
              aria-disabled={unread === 0}
              onClick={() => unread > 0 && mark("all")}
            >
              <Icon name="check" className="size-4" />
              <Trans>Mark all as read</Trans>
            </button>
          </div>
          <AllowCard />
          <Shown query={query}>
            {(data) => (
              <List data={data} unreadOnly={unreadOnly} marked={marked} onRead={(id) => mark({ ids: [id] })} />
            )}
          </Shown>
          {query.data && <More query={query} />}
        </div>
      </div>
    </PageFrame>
  );
}

function Which({ unreadOnly }: { unreadOnly: boolean }) {
  const { t } = useLingui();
  const choose = (only: boolean) => {
    const params = new URLSearchParams(window.location.search);
    if (only) params.set("unread", "yes");
    else params.delete("unread");
    const search = params.toString();
    window.history.replaceState(null, "", `${window.location.pathname}${search === "" ? "" : `?${search}`}`);
  };
  return (
    <fieldset className="flex gap-1.5">
      <legend className="sr-only">{t`Which notifications`}</legend>
      <button type="button" className="chip" aria-pressed={!unreadOnly} onClick={() => choose(false)}>
        <Trans>All</Trans>
      </button>
      <button type="button" className="chip" aria-pressed={unreadOnly} onClick={() => choose(true)}>
        <Trans>Unread only</Trans>
      </button>
    </fieldset>
  );
}

function List(props: { data: Pages; unreadOnly: boolean; marked: ReadonlySet<string>; onRead: (id: string) => void }) {
  const { t } = useLingui();
  const rows = props.data.pages.flatMap((page) => page.notifications.nodes);
  if (rows.length === 0)
    return props.unreadOnly ? (
      <Empty icon="check" title={t`All read`} />
    ) : (
      <Empty icon="bell" title={t`No notifications yet`}>
        <Trans>Reminders of your tasks, overdue tasks and the next of recurring ones are told here.</Trans>
      </Empty>
    );
  return (
    <ul aria-label={t`Notifications`} className="card divide-y divide-line overflow-hidden">
      {rows.map((node) => {
        const row = readFragment(NotificationRowFragmentDoc, node);
        return (
          <NotificationLine
            key={row.id}
            row={row}
            marked={props.marked.has(row.id)}
            onRead={() => props.onRead(row.id)}
          />
        );
      })}
    </ul>
  );
}
