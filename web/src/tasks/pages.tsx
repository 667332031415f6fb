"use client";
// The lists, one for each page.
import { useLingui } from "@lingui/react/macro";
import { ListPage } from "./ListPage";

export function TodayPage() {
  const { t } = useLingui();
  return <ListPage scope="today" title={t`Today`} />;
}

export function UpcomingPage() {
  const { t } = useLingui();
  return <ListPage scope="upcoming" title={t`Upcoming`} />;
}

export function OverduePage() {
  const { t } = useLingui();
  return <ListPage scope="overdue" title={t`Overdue`} />;
}

export function AllPage() {
  const { t } = useLingui();
  return <ListPage scope="all" title={t`All tasks`} />;
}

export function CompletedPage() {
  const { t } = useLingui();
  return <ListPage scope="completed" title={t`Completed`} />;
}

export function TrashPage() {
  const { t } = useLingui();
  return <ListPage scope="trash" title={t`Trash`} />;
}
