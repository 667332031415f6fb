// What has been typed and not yet saved, kept for this tab: an ended session, a reload or a lost server takes nothing.
import { useCallback, useState } from "react";

const PREFIX = "tickler.draft.";

/** Like useState, and there again after a reload. The empty value removes it. */
export function useDraft(key: string, empty = ""): [string, (value: string) => void] {
  const [value, setValue] = useState(() => readDraft(key) ?? empty);
  const set = useCallback(
    (next: string) => {
      setValue(next);
      writeDraft(key, next === empty ? null : next);
    },
    [key, empty],
  );
  return [value, set];
}

export function readDraft(key: string): string | null {
  return sessionStorage.getItem(PREFIX + key);
}

export function writeDraft(key: string, value: string | null): void {
  if (value === null) sessionStorage.removeItem(PREFIX + key);
  else sessionStorage.setItem(PREFIX + key, value);
}

/** Somebody else must not find them. */
export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}
