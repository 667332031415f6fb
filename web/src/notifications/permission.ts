// Whether this browser may show notifications of its own. It is asked only when somebody presses a button for it.
import { useSyncExternalStore } from "react";

export type Permission = "unsupported" | NotificationPermission | "off";

const KEY = "tickler.notify";
const listeners = new Set<() => void>();

export function permission(): Permission {
  // Browsers give it to pages of https and of this machine only.
  if (typeof Notification === "undefined" || !window.isSecureContext) return "unsupported";
  if (Notification.permission !== "granted") return Notification.permission;
  return localStorage.getItem(KEY) === "off" ? "off" : "granted";
}

export function usePermission(): Permission {
  return useSyncExternalStore(subscribe, permission, () => "default");
}

/** Asks the browser's question, where it has not been answered. */
export async function allow(): Promise<void> {
  localStorage.removeItem(KEY);
  if (Notification.permission === "default") await Notification.requestPermission();
  for (const listener of listeners) listener();
}

/** The browser keeps its permission; Tickler does not use it. */
export function turnOff(): void {
  localStorage.setItem(KEY, "off");
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  document.addEventListener("visibilitychange", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
    document.removeEventListener("visibilitychange", listener);
  };
}
