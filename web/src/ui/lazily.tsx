"use client";
// Components whose code is fetched when they are first shown. Unlike React's own lazy, a fetch that fails (the server is away)
// can be tried again, and does not take the page down.
import { useLingui } from "@lingui/react/macro";
import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { allWords } from "@/i18n/locale";

interface Lazily<P> {
  (props: P): ReactNode;
  /** Fetches the code ahead of time. */
  preload: () => void;
}

/** `meanwhile` is shown until the code is there. */
export function lazily<P extends object>(
  load: () => Promise<{ readonly default: ComponentType<P> }>,
  meanwhile: (props: P) => ReactNode = () => null,
): Lazily<P> {
  let loaded: ComponentType<P> | null = null;
  const fetchIt = async () => {
    const [code] = await Promise.all([load(), allWords()]);
    loaded = code.default;
    return loaded;
  };
  // biome-ignore lint/correctness/noComponentHookFactories: made once for each module, at its start
  function Lazy(props: P): ReactNode {
    const [Component, setComponent] = useState(() => loaded);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (Component !== null || failed) return;
      let here = true;
      fetchIt().then(
        (found) => here && setComponent(() => found),
        () => here && setFailed(true),
      );
      return () => {
        here = false;
      };
    }, [Component, failed]);
    if (Component !== null) return <Component {...props} />;
    return failed ? <NotLoaded onAgain={() => setFailed(false)} /> : meanwhile(props);
  }
  Lazy.preload = () => void fetchIt().catch(() => undefined);
  return Lazy;
}

function NotLoaded({ onAgain }: { onAgain: () => void }) {
  const { t } = useLingui();
  return (
    <div
      role="alert"
      className="fixed right-4 bottom-4 z-50 flex items-center gap-3 rounded-xl border border-line bg-raised px-4 py-2 shadow-float"
    >
      {t`This part could not be loaded.`}
      <button type="button" className="btn" onClick={onAgain}>
        {t`Try again`}
      </button>
    </div>
  );
}
