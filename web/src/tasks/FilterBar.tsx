"use client";
import { useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import { useCommands } from "@/shell/shortcuts";
import { Icon, type IconName } from "@/ui/Icon";
// Search, filter and sort of a list. What each button opens is loaded when it is first wanted.
import { lazily } from "@/ui/lazily";
import { countConditions, type ListFilter, NO_FILTER } from "./filter";
import { FILTER_KINDS, type FilterKind, useFilterWords } from "./filterWords";
import type { Scope } from "./scopes";

const FilterMenu = lazily(() => import("./FilterMenu"));

interface Props {
  readonly scope: Scope;
  readonly filter: ListFilter;
  readonly setFilter: (filter: ListFilter, how?: "push" | "replace") => void;
}

const ICONS: Partial<Record<FilterKind, IconName>> = {
  sort: "sort",
  tags: "tag",
  priority: "flag",
  due: "calendar",
  recurring: "repeat",
};
const TYPING = 180;

export function FilterBar({ scope, filter, setFilter }: Props) {
  const { t } = useLingui();
  const kinds = FILTER_KINDS.filter((kind) => kind !== "status" || scope === "all" || scope === "trash");
  return (
    <div className="flex items-center gap-2 overflow-x-auto px-4 py-2 [scrollbar-width:none] md:flex-wrap md:px-6">
      <Search filter={filter} setFilter={setFilter} />
      {kinds.map((kind) => (
        <Choice key={kind} kind={kind} scope={scope} filter={filter} setFilter={setFilter} />
      ))}
      {(countConditions(filter) > 0 || filter.q !== "") && (
        <button
          type="button"
          className="chip border-transparent bg-transparent text-accent"
          onClick={() => setFilter({ ...NO_FILTER, sort: filter.sort })}
        >
          {t`Clear`}
        </button>
      )}
    </div>
  );
}

function Search({ filter, setFilter }: Pick<Props, "filter" | "setFilter">) {
  const { t } = useLingui();
  const [text, setText] = useState(filter.q);
  const field = useRef<HTMLInputElement>(null);
  const written = useRef(filter.q);
  const latest = useRef(filter);
  useEffect(() => {
    latest.current = filter;
    // The address was changed by something else, such as the back button.
    if (filter.q !== written.current) {
      written.current = filter.q;
      setText(filter.q);
    }
  }, [filter]);
  useEffect(() => {
    if (text === written.current) return;
    const timer = setTimeout(() => {
      written.current = text;
      setFilter({ ...latest.current, q: text }, "replace");
    }, TYPING);
    return () => clearTimeout(timer);
  }, [text, setFilter]);
  useCommands([
    { id: "search", name: t`Search in this list`, keys: "/", group: t`In a list`, run: () => field.current?.focus() },
  ]);
  return (
    <div className="relative min-w-44 flex-1 md:max-w-80">
      <Icon name="search" className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" />
      <input
        ref={field}
        type="search"
        maxLength={500}
        aria-label={t`Search in this list`}
        placeholder={t`Search`}
        className="min-h-8 w-full rounded-full border border-line bg-panel pr-3 pl-8 text-sm placeholder:text-muted"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          if (text === "") field.current?.blur();
          setText("");
        }}
      />
    </div>
  );
}

function Choice({ kind, scope, filter, setFilter }: Props & { kind: FilterKind }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { name, chosen } = useFilterWords(kind, scope, filter);
  const icon = ICONS[kind];
  return (
    <>
      <button
        ref={button}
        type="button"
        className="chip shrink-0"
        aria-haspopup="dialog"
        aria-expanded={open}
        data-selected={chosen !== null && kind !== "sort" ? "" : undefined}
        onClick={() => setOpen(true)}
      >
        {icon && <Icon name={icon} className="size-3.5 text-muted" />}
        <span className="max-w-52 truncate">{chosen === null ? name : `${name}: ${chosen}`}</span>
        <Icon name="chevronDown" className="size-3 text-muted" />
      </button>
      {open && (
        <FilterMenu
          kind={kind}
          label={name}
          trigger={button}
          scope={scope}
          filter={filter}
          setFilter={setFilter}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
