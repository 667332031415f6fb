"use client";
// Shows what stands in it once all words are there: the pages that are no lists.
import { type ReactNode, useEffect, useState } from "react";
import { allWords } from "./locale";

const AGAIN = 3_000;

export function WithAllWords({ children }: { children: ReactNode }) {
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      void allWords().then(
        () => setReady(true),
        () => {
          timer = setTimeout(ask, AGAIN);
        },
      );
    ask();
    return () => clearTimeout(timer);
  }, []);
  return ready ? children : null;
}
