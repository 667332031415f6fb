// The task that is open stands in the address, as ?task= of any page. Changing it asks no server for a page.
import { useSearchParams } from "next/navigation";

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

/** Puts other parameters in the address of this page. */
export function go(params: URLSearchParams, how: "push" | "replace"): void {
  const search = params.toString();
  const address = window.location.pathname + (search === "" ? "" : `?${search}`);
  if (how === "push") window.history.pushState(null, "", address);
  else window.history.replaceState(null, "", address);
}
