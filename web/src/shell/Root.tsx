"use client";
// What every page stands in: language, cache of answers, toasts. Until the words are there, the outline of a page.
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useEffect, useState } from "react";
import { I18nProvider as AriaI18nProvider } from "react-aria/I18nProvider";
import { makeQueryClient } from "@/graphql/queries";
import { onSessionEnd } from "@/graphql/sessionEnd";
import { chosenLocale, speak } from "@/i18n/locale";
import { useLocale } from "@/i18n/useLocale";
import { WithAllWords } from "@/i18n/WithAllWords";
import { signInAddress } from "@/session/return";
import { followSystem } from "@/theme/theme";
import { Outline } from "./Outline";
import { LISTS } from "./pages";
import { Shell } from "./Shell";

const OUTSIDE = new Set(["/sign-in", "/sign-up"]);

// Asked for at once, beside the rest of the start.
const words = typeof window === "undefined" ? null : speak(chosenLocale());

export function Root({ children }: { children: ReactNode }) {
  const [ready, setReady] = useState(false);
  useEffect(() => {
    void words?.then(() => setReady(true));
    return followSystem();
  }, []);
  return ready ? <Inside>{children}</Inside> : <Outline />;
}

function Inside({ children }: { children: ReactNode }) {
  const router = useRouter();
  const path = usePathname();
  const [client] = useState(makeQueryClient);
  useEffect(
    () =>
      onSessionEnd(() => {
        const { pathname, search } = window.location;
        if (!OUTSIDE.has(pathname)) router.replace(signInAddress(pathname + search));
      }),
    [router],
  );
  return (
    <I18nProvider i18n={i18n}>
      <WithAria>
        <QueryClientProvider client={client}>
          {OUTSIDE.has(path) ? (
            <WithAllWords>{children}</WithAllWords>
          ) : (
            <Shell>
              {LISTS.some((page) => page.path === path) ? children : <WithAllWords>{children}</WithAllWords>}
            </Shell>
          )}
        </QueryClientProvider>
      </WithAria>
    </I18nProvider>
  );
}

function WithAria({ children }: { children: ReactNode }) {
  return <AriaI18nProvider locale={useLocale()}>{children}</AriaI18nProvider>;
}
