// What of a list stands in the address: its filter, and the task that is open. Changing it asks no server for a page.
import { useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";
import { type ListFilter, readFilter, writeFilter } from "./filter";

/** Another ?task= beside what is there; null closes it. */
export function openTask(id: string | null, how: "push" | "replace" = "push"): void {
  const params = new URLSearchParams(window.location.search);
  if (id === null) params.delete("task");
  else params.set("task", id);
  go(params, how);
}

/** The id of the open task. */
export function useOpenTask(): string | null {
  const id = useSearchParams().get("task");
  return id !== null && /^\d{1,18}$/.test(id) ? id : null;
}

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

function go(params: URLSearchParams, how: "push" | "replace"): void {
  const search = params.toString();
  const address = window.location.pathname + (search === "" ? "" : `?${search}`);
  if (how === "push") window.history.pushState(null, "", address);
  else window.history.replaceState(null, "", address);
}
