"use client";
// The tags of the open task: taken off, coloured, put on, and made where there is none of that name.
import { useLingui } from "@lingui/react/macro";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useState } from "react";
import { ColorTagDocument, CreateTagOfTaskDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { toast } from "@/shell/toasts";
import { leastUsed } from "@/tags/palette";
import { TagDot } from "@/tasks/TagDot";
import { tagsQuery } from "@/tasks/tagsQuery";
import { Icon } from "@/ui/Icon";
import type { TaskDetail } from "./detail";
import { fetchTask } from "./detail";
import { FieldRow } from "./FieldRow";
import type { Saving } from "./useSave";

type Tag = TaskDetail["tags"][number];

interface Option {
  readonly key: string;
  readonly name: string;
  readonly tag: Tag | null;
}

const MOST_SHOWN = 8;
const MOST_CHARACTERS = 50;

export function TagsField({ task, saving }: { task: TaskDetail; saving: Saving }) {
  const { t } = useLingui();
  const put = (tags: readonly Tag[]) => saving.save({ tagIds: tags.map((tag) => tag.id) }, task, { tags: [...tags] });
  return (
    <FieldRow icon="tag" label={t`Tags`} error={saving.errors.tagIds ?? saving.errors.tagNames}>
      <ul className="flex flex-wrap gap-1 empty:hidden [&:not(:empty)]:mb-1.5">
        {task.tags.map((tag) => (
          <li key={tag.id} className="chip pr-1">
            <ColorDot tag={tag} task={task} saving={saving} />
            <span className="max-w-40 truncate">{tag.name}</span>
            <button
              type="button"
              className="grid size-6 place-items-center rounded-full text-muted hover:bg-hover hover:text-ink"
              aria-label={t`Take off ${tag.name}`}
              onClick={() => void put(task.tags.filter((other) => other.id !== tag.id))}
            >
              <Icon name="close" className="size-3" />
            </button>
          </li>
        ))}
      </ul>
      <TagCombobox task={task} saving={saving} onChoose={(tag) => void put([...task.tags, tag])} />
    </FieldRow>
  );
}

function TagCombobox({ task, saving, onChoose }: { task: TaskDetail; saving: Saving; onChoose: (tag: Tag) => void }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const list = useId();
  const { data: tags = [] } = useQuery(tagsQuery);
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const name = text.trim();
  const is = (tag: Tag) => tag.name.toLowerCase() === name.toLowerCase();
  const free = tags.filter((tag) => !task.tags.some((other) => other.id === tag.id));
  const options: Option[] = [
    ...free
      .filter((tag) => tag.name.toLowerCase().includes(name.toLowerCase()))
      .slice(0, MOST_SHOWN)
      .map((tag) => ({ key: tag.id, name: tag.name, tag })),
    ...(name !== "" && !tags.some(is) ? [{ key: "new", name: t`Create “${name}”`, tag: null }] : []),
  ];
  const chosen = options[Math.min(active, options.length - 1)];

  const choose = async (option: Option | undefined) => {
    if (option === undefined) return;
    setText("");
    setActive(0);
    if (option.tag !== null) return onChoose(option.tag);
    const color = leastUsed(tags.map((tag) => tag.color));
    const made: { tag: Tag | null } = { tag: null };
    const done = await saving.run("tagIds", async () => {
      const { createTag } = await execute(CreateTagOfTaskDocument, { input: { name, color } });
      made.tag = accepted(createTag).tag;
      await client.invalidateQueries({ queryKey: tagsQuery.queryKey });
      return null;
    });
    if (made.tag) onChoose(made.tag);
    else if (!done) setText(name);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      setOpen(true);
      setActive((Math.min(active, options.length - 1) + step + options.length) % Math.max(1, options.length));
    } else if (event.key === "Enter" && open && !event.nativeEvent.isComposing) void choose(chosen);
    else if (event.key === "Escape" && open) setOpen(false);
    else if (event.key === "Backspace" && text === "" && task.tags.length > 0) {
      void saving.save({ tagIds: task.tags.slice(0, -1).map((tag) => tag.id) }, task, { tags: task.tags.slice(0, -1) });
    } else return;
    event.preventDefault();
  };
  return (
    <div className="relative">
      <input
        role="combobox"
        aria-label={t`Add a tag`}
        aria-expanded={open && options.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && chosen ? `${list}-${chosen.key}` : undefined}
        placeholder={t`Add a tag`}
        maxLength={MOST_CHARACTERS}
        className="input min-h-8"
        value={text}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onClick={() => setOpen(true)}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
      />
      <div
        id={list}
        role="listbox"
        aria-label={t`Tags`}
        className={`popover absolute inset-x-0 top-full z-10 mt-1 max-h-64 ${open && options.length > 0 ? "" : "hidden"}`}
      >
        {options.map((option) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's
          <div
            key={option.key}
            id={`${list}-${option.key}`}
            role="option"
            aria-selected={option === chosen}
            className="option min-h-8"
            // The field keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => void choose(option)}
          >
            {option.tag ? <TagDot color={option.tag.color} /> : <Icon name="plus" className="size-3.5" />}
            {option.name}
          </div>
        ))}
      </div>
    </div>
  );
}

function ColorDot({ tag, task, saving }: { tag: Tag; task: TaskDetail; saving: Saving }) {
  const { t, i18n } = useLingui();
  const client = useQueryClient();
  const [color, setColor] = useState<string | null>(null);
  const put = async () => {
    if (color === null || color === tag.color) return;
    try {
      accepted((await execute(ColorTagDocument, { input: { id: tag.id, color } })).updateTag);
      void client.invalidateQueries({ queryKey: tagsQuery.queryKey });
      await saving.run("tagIds", () => fetchTask(task.id));
    } catch (error) {
      toast(inWords(error, i18n), { kind: "failed" });
    } finally {
      setColor(null);
    }
  };
  return (
    <label className="relative grid size-4 cursor-pointer place-items-center rounded-full has-focus-visible:outline-2 has-focus-visible:outline-accent">
      <TagDot color={color ?? tag.color} />
      <input
        type="color"
        className="absolute inset-0 cursor-pointer opacity-0"
        aria-label={t`Colour of ${tag.name}`}
        value={(color ?? tag.color).toLowerCase()}
        onChange={(event) => setColor(event.target.value)}
        onBlur={() => void put()}
      />
    </label>
  );
}
