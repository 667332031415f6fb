"use client";
// Shows what has just come: as a notification of the browser where that is allowed, also while the page is hidden; else
// as a message on the page.
import { useLingui } from "@lingui/react/macro";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { readFragment } from "@/gql";
import { NewNotificationsDocument, type NotificationRowFragment, NotificationRowFragmentDoc } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { viewerQuery } from "@/session/session";
import { countsQuery } from "@/shell/Badge";
import { toast } from "@/shell/toasts";
import { openTask } from "@/tasks/openTask";
import { KINDS } from "./kinds";
import { claim } from "./news";
import { usePermission } from "./permission";

// More at once are not read anyhow; they are in the list.
const MOST = 3;

export default function Notifier() {
  const { t, i18n } = useLingui();
  const router = useRouter();
  const client = useQueryClient();
  const allowed = usePermission() === "granted";
  const { data: viewer } = useQuery(viewerQuery);
  // Hidden pages ask for nothing, but for what they are to show.
  const { data: counts, dataUpdatedAt } = useQuery({ ...countsQuery, refetchIntervalInBackground: allowed });
  const newest = Number(counts?.newest.nodes[0]?.id ?? 0);
  const user = viewer?.id;

  const show = (rows: readonly NotificationRowFragment[]) => {
    const taken = allowed && rows.slice(0, MOST).every((row) => shown(row, row.body, () => open(row)));
    if (taken || document.visibilityState !== "visible") return;
    const [row, ...others] = rows;
    if (row === undefined) return;
    const action = { label: t`Show`, run: others.length > 0 ? () => router.push("/notifications") : () => open(row) };
    toast(others.length > 0 ? t`${rows.length} new notifications` : `${kindOf(row)}: ${row.title}`, { action });
  };
  const kindOf = (row: NotificationRowFragment) => i18n._(KINDS[row.kind].name);
  const open = (row: NotificationRowFragment) => {
    window.focus();
    if (row.task) openTask(row.task.id);
    else router.push("/notifications");
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs after each answer, so that the mark stays fresh
  useEffect(() => {
    if (user === undefined || counts === undefined) return;
    const look = async () => {
      const above = await claim(user, newest);
      if (above === null) return;
      const { notifications } = await execute(NewNotificationsDocument, {});
      const rows = notifications.nodes.map((node) => readFragment(NotificationRowFragmentDoc, node));
      show(rows.filter((row) => Number(row.id) > above));
      await client.invalidateQueries({ queryKey: ["notifications"] });
    };
    // Without the server there is nothing to show; it is asked again anyhow.
    look().catch(() => undefined);
  }, [user, dataUpdatedAt, newest]);
  return null;
}

/** Whether the browser took it: some do only from a worker. */
function shown(row: NotificationRowFragment, body: string, onOpen: () => void): boolean {
  try {
    const notification = new Notification(row.title, { body, tag: `tickler-${row.id}`, icon: "/icon-192.png" });
    notification.onclick = () => {
      notification.close();
      onOpen();
    };
    return true;
  } catch {
    return false;
  }
}
