// The commands of what is on the screen: keys run them, the palette finds them, the help sheet lists them.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { editing, type KeyPress, keyName, matchKeys } from "./keys";

export interface Command {
  readonly id: string;
  readonly name: string;
  /** Keys one after the other, such as "g t"; "mod" is Ctrl, on a Mac Command. */
  readonly keys?: string;
  /** Under which heading the help sheet shows it. */
  readonly group: string;
  /** Left out of the palette: it only makes sense by its key. */
  readonly keysOnly?: boolean;
  readonly run: () => void;
}

let commands: readonly Command[] = [];
const listeners = new Set<() => void>();

/** Registers commands while the component is there. A later one with the same keys goes first. */
export function useCommands(given: readonly Command[]): void {
  const latest = useRef(given);
  useEffect(() => {
    latest.current = given;
  });
  const shape = given.map((command) => `${command.id}:${command.keys ?? ""}:${command.name}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: registered anew when what is shown of them changes; what they run is always the latest
  useEffect(() => {
    const mine = given.map((command) => ({
      ...command,
      run: () => latest.current.find((other) => other.id === command.id)?.run(),
    }));
    change([...commands, ...mine]);
    return () => change(commands.filter((command) => !mine.includes(command)));
  }, [shape]);
}

export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore(
    subscribe,
    () => commands,
    () => commands,
  );
}

const WITHIN = 1200;

/** Listens for keys; gives what ends it. Typing is never taken for a command, unless it has mod. */
export function listen(): () => void {
  let pressed: KeyPress[] = [];
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || ["Control", "Shift", "Alt", "Meta"].includes(event.key)) return;
    const key = keyName(event);
    if (editing(event.target) && !key.startsWith("mod+")) return;
    if (document.querySelector("[role=dialog][data-modal]") !== null && !key.startsWith("mod+")) return;
    pressed = [...pressed.filter((earlier) => event.timeStamp - earlier.at < WITHIN), { key, at: event.timeStamp }];
    const found = matchKeys(
      commands,
      pressed.map((press) => press.key),
    );
    if (found === undefined) return;
    event.preventDefault();
    pressed = [];
    found.run();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

function change(next: readonly Command[]): void {
  commands = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
