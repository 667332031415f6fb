// The filter of a list stands in the address. Changing it asks no server for a page.
import { useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";
import { type ListFilter, readFilter, writeFilter } from "./filter";
import { go } from "./openTask";

/** The filter of the address, and how to put another there. Typing replaces the entry of the history. */
export function useAddressFilter() {
  const params = useSearchParams();
  const { filter, problems } = useMemo(() => readFilter(new URLSearchParams(params.toString())), [params]);
  const setFilter = useCallback((next: ListFilter, how: "push" | "replace" = "push") => {
    const written = writeFilter(next);
    const task = new URLSearchParams(window.location.search).get("task");
    if (task !== null) written.set("task", task);
    go(written, how);
  }, []);
  return { filter, problems, setFilter };
}

export { openTask, useOpenTask } from "./openTask";
