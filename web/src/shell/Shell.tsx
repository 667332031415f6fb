"use client";
// The frame around every page of somebody signed in: navigation, banner, palette, help, toasts, and the task that is open.
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { remember, viewerQuery } from "@/session/session";
import { useOpenTask } from "@/tasks/openTask";
import { Banner } from "./Banner";
import { BottomBar } from "./BottomBar";
import { PAGES } from "./pages";
import { Sidebar } from "./Sidebar";
import { type Command, listen, useCommands } from "./shortcuts";
import { Toasts } from "./Toasts";
import { undoLast } from "./toasts";

const Palette = lazy(() => import("./Palette"));
const Help = lazy(() => import("./Help"));
const Notifier = lazy(() => import("@/notifications/Notifier"));
const TaskPanel = lazy(() => import("@/panel/TaskPanel"));

type Sheet = "palette" | "help" | null;

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const [sheet, setSheet] = useState<Sheet>(null);
  const task = useOpenTask();
  const { data: viewer } = useQuery(viewerQuery);
  useEffect(() => {
    if (viewer) remember(viewer);
  }, [viewer]);
  useEffect(listen, []);
  useShellCommands(setSheet);
  return (
    <div className="flex h-dvh flex-col">
      <a className="btn fixed top-2 left-2 z-50 not-focus:sr-only" href="#main">
        {t`Skip to the content`}
      </a>
      <Banner />
      <div className="flex min-h-0 flex-1">
        <Sidebar onSearch={() => setSheet("palette")} onHelp={() => setSheet("help")} />
        <main id="main" tabIndex={-1} className="min-w-0 flex-1 outline-none">
          {children}
        </main>
        <Suspense>{task !== null && <TaskPanel id={task} />}</Suspense>
      </div>
      <BottomBar onSearch={() => setSheet("palette")} />
      <Toasts />
      <Suspense>{viewer && <Notifier />}</Suspense>
      <Suspense>
        {sheet === "palette" && <Palette onClose={() => setSheet(null)} />}
        {sheet === "help" && <Help onClose={() => setSheet(null)} />}
      </Suspense>
    </div>
  );
}

function useShellCommands(open: (sheet: Sheet) => void): void {
  const { t, i18n } = useLingui();
  const router = useRouter();
  const pages = PAGES.map(
    (page): Command => ({
      id: `go ${page.path}`,
      name: i18n._(page.name),
      keys: page.keys,
      group: t`Go to`,
      run: () => router.push(page.path),
    }),
  );
  useCommands([
    ...pages,
    {
      id: "palette",
      name: t`Search and commands`,
      keys: "mod+k",
      group: t`Everywhere`,
      keysOnly: true,
      run: () => open("palette"),
    },
    { id: "help", name: t`Keyboard shortcuts`, keys: "?", group: t`Everywhere`, run: () => open("help") },
    { id: "undo", name: t`Undo`, keys: "z", group: t`Everywhere`, run: undoLast },
  ]);
}
