// Keys by name, and which command a row of them means.

export interface KeyPress {
  readonly key: string;
  /** Milliseconds, as events count them. */
  readonly at: number;
}

type KeyEvent = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** Such as "t", "?", "mod+k", "shift+Enter". Shift is part of a printed character, so it is only named beside others. */
export function keyName(event: KeyEvent): string {
  const printed = event.key.length === 1;
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  const alt = event.altKey ? "alt+" : "";
  const shift = event.shiftKey && (!printed || mod !== "") ? "shift+" : "";
  const key = printed && mod !== "" ? event.key.toLowerCase() : event.key;
  return `${mod}${alt}${shift}${key === " " ? "Space" : key}`;
}

/** The command whose keys are the last ones pressed: the longest row first, then the latest registered. */
export function matchKeys<C extends { readonly keys?: string }>(
  commands: readonly C[],
  pressed: readonly string[],
): C | undefined {
  const row = ` ${pressed.join(" ")}`;
  let best: C | undefined;
  for (const command of commands) {
    if (command.keys === undefined || !row.endsWith(` ${command.keys}`)) continue;
    if (best?.keys === undefined || command.keys.length >= best.keys.length) best = command;
  }
  return best;
}

/** Whether keys go into text here. */
export function editing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest("[role=spinbutton], [role=textbox]") !== null) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "submit"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

const MAC = typeof navigator !== "undefined" && /Mac|iP(hone|ad)/.test(navigator.userAgent);
const SHOWN: Record<string, string> = {
  mod: MAC ? "⌘" : "Ctrl",
  shift: "⇧",
  alt: MAC ? "⌥" : "Alt",
  Enter: "↵",
  Escape: "Esc",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

/** The parts to show as keycaps, one list for each key of the row. */
export function keyCaps(keys: string): readonly (readonly string[])[] {
  return keys
    .split(" ")
    .map((key) => key.split(/(?<=.)\+/).map((part) => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part)));
}
