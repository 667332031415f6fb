"use client";
// One box for everything: the commands of what is on the screen, and tasks by their words.
import { useLingui } from "@lingui/react/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useDeferredValue, useEffect, useRef, useState } from "react";
import { FindDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { openTask } from "@/tasks/openTask";
import { Icon } from "@/ui/Icon";
import { Keys } from "@/ui/Keys";
import { Sheet } from "@/ui/Sheet";
import { type Command, useAllCommands } from "./shortcuts";

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly keys?: string;
  readonly task: boolean;
  readonly run: () => void;
}

const MOST_COMMANDS = 12;

export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const entries = useEntries(text);
  const chosen = entries[Math.min(active, entries.length - 1)];
  const list = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when another entry is active
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen?.id]);

  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    // Once the dialog has given the focus back.
    setTimeout(entry.run);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setActive((entries.length + Math.min(active, entries.length - 1) + step) % Math.max(1, entries.length));
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(chosen);
    }
  };

  return (
    <Sheet title={t`Search and commands`} onClose={onClose} bare wide>
      <div className="sticky top-0 flex items-center gap-2.5 border-b border-line bg-raised px-4">
        <Icon name="search" className="size-4.5 text-muted" />
        <input
          // biome-ignore lint/a11y/noAutofocus: the dialog is this field
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-entries"
          aria-activedescendant={chosen && entryId(chosen)}
          aria-autocomplete="list"
          aria-label={t`Search tasks and commands`}
          placeholder={t`Search tasks and commands`}
          className="min-h-13 flex-1 bg-transparent text-base outline-none placeholder:text-muted"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div ref={list} role="listbox" id="palette-entries" aria-label={t`Results`} className="p-2">
        {entries.map((entry) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's
          <div
            key={entry.id}
            id={entryId(entry)}
            role="option"
            aria-selected={entry === chosen}
            className="option"
            onClick={() => run(entry)}
            onPointerMove={() => setActive(entries.indexOf(entry))}
          >
            <Icon name={entry.task ? "completed" : "chevronRight"} className="size-4 text-muted" />
            <span className="min-w-0 flex-1 truncate">{entry.name}</span>
            {entry.keys && <Keys keys={entry.keys} />}
          </div>
        ))}
      </div>
      <p role="status" className={entries.length > 0 ? "sr-only" : "px-4 pb-5 text-center text-muted"}>
        {entries.length > 0 ? t`${entries.length} results` : t`Nothing fits.`}
      </p>
    </Sheet>
  );
}

function useEntries(text: string): readonly Entry[] {
  const commands = useAllCommands();
  const search = useDeferredValue(text.trim());
  const { data } = useQuery({
    queryKey: ["find", search],
    queryFn: ({ signal }) => execute(FindDocument, { search }, signal),
    enabled: search.length > 1,
    ...(search.length > 1 ? { placeholderData: keepPreviousData } : {}),
    retry: false,
  });
  const tasks = (data?.tasks.nodes ?? []).map(
    (task): Entry => ({
      id: `task-${task.id}`,
      name: task.title,
      task: true,
      run: () => openTask(task.id),
    }),
  );
  return [...fitting(commands, text).slice(0, MOST_COMMANDS), ...tasks];
}

/** Commands that have every word of the text in their name; those that begin with it go first. */
function fitting(commands: readonly Command[], text: string): readonly Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const begins = (name: string) => (name.toLowerCase().startsWith(text.toLowerCase()) ? 0 : 1);
  return commands
    .filter((command) => !command.keysOnly && words.every((word) => command.name.toLowerCase().includes(word)))
    .map((command): Entry => ({ ...command, task: false }))
    .sort((one, other) => begins(one.name) - begins(other.name));
}

function entryId(entry: Entry): string {
  return `entry-${entry.id.replace(/\W+/g, "-")}`;
}
