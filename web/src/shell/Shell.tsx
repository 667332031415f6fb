"use client";
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useState } from "react";
import { chooseLocale, LOCALES, type Locale } from "@/i18n/locale";
import { remember, useSignOut, viewerQuery } from "@/session/session";
import { useOpenTask } from "@/tasks/openTask";
import { chooseTheme } from "@/theme/theme";
// The frame around every page of somebody signed in: navigation, banner, palette, help, toasts, and the task that is open.
import { lazily } from "@/ui/lazily";
import { useMedia, WIDE } from "@/ui/useMedia";
import { Banner } from "./Banner";
import { BottomBar } from "./BottomBar";
import { PAGES } from "./pages";
import { Sidebar } from "./Sidebar";
import { type Command, listen, useCommands } from "./shortcuts";
import { Toasts } from "./Toasts";
import { undoLast } from "./toasts";

const Palette = lazily(() => import("./Palette"));
const Help = lazily(() => import("./Help"));
const Notifier = lazily(() => import("@/notifications/Notifier"));
const TaskPanel = lazily(() => import("@/panel/TaskPanel"));

const LANGUAGES = Object.entries(LOCALES) as [Locale, string][];

const SETTLED = 2_500;

type Sheet = "palette" | "help" | null;

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const [sheet, setSheet] = useState<Sheet>(null);
  const task = useOpenTask();
  // On phones the open task covers everything else.
  const covered = !useMedia(WIDE) && task !== null;
  const { data: viewer } = useQuery(viewerQuery);
  useEffect(() => {
    if (viewer) remember(viewer);
  }, [viewer]);
  useEffect(listen, []);
  useEffect(preloadSoon, []);
  useShellCommands(setSheet);
  return (
    <div className="flex h-dvh flex-col">
      <a className="btn fixed top-2 left-2 z-50 not-focus:sr-only" href="#main">
        {t`Skip to the content`}
      </a>
      <Banner />
      <div className="flex min-h-0 flex-1">
        <Sidebar onSearch={() => setSheet("palette")} onHelp={() => setSheet("help")} />
        <main id="main" tabIndex={-1} inert={covered} className="min-w-0 flex-1 outline-none">
          {children}
        </main>
        {task !== null && <TaskPanel id={task} />}
      </div>
      <BottomBar inert={covered} onSearch={() => setSheet("palette")} />
      <Toasts />
      {viewer && <Notifier />}
      {sheet === "palette" && <Palette onClose={() => setSheet(null)} />}
      {sheet === "help" && <Help onClose={() => setSheet(null)} />}
    </div>
  );
}

/** What is likely to be wanted next, once the page has settled: so that it opens at once, also while the server is away. */
function preloadSoon(): () => void {
  const timer = setTimeout(() => {
    for (const part of [TaskPanel, Palette, Help]) part.preload();
  }, SETTLED);
  return () => clearTimeout(timer);
}

function useShellCommands(open: (sheet: Sheet) => void): void {
  const { t, i18n } = useLingui();
  const router = useRouter();
  const signOut = useSignOut();
  const themes = [
    { theme: "light", name: t`Theme: light` },
    { theme: "dark", name: t`Theme: dark` },
    { theme: "system", name: t`Theme: as the system` },
  ] as const;
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
    ...themes.map(
      ({ theme, name }): Command => ({
        id: `theme ${theme}`,
        name,
        group: t`Everywhere`,
        run: () => chooseTheme(theme),
      }),
    ),
    ...LANGUAGES.map(
      ([locale, name]): Command => ({
        id: `language ${locale}`,
        name: t`Language: ${name}`,
        group: t`Everywhere`,
        run: () => void chooseLocale(locale),
      }),
    ),
    { id: "sign-out", name: t`Sign out`, group: t`Everywhere`, run: () => void signOut() },
  ]);
}
