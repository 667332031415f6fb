"use client";
// What a button of the filter bar opens.
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useState } from "react";
import { addDays } from "@/time/days";
import { useToday } from "@/time/useToday";
import { Menu } from "@/ui/Menu";
import { type ListFilter, PRIORITIES, STATUSES, TAG_MODES } from "./filter";
import type { FilterKind } from "./filterWords";
import { PRIORITY_NAMES, STATUS_NAMES, TAG_MODE_NAMES } from "./names";
import { SortChoices } from "./SortChoices";
import type { Scope } from "./scopes";
import { TagDot } from "./TagDot";
import { tagsQuery } from "./tagsQuery";

interface Parts {
  readonly scope: Scope;
  readonly filter: ListFilter;
  readonly setFilter: (filter: ListFilter) => void;
}

interface Props extends Parts {
  readonly kind: FilterKind;
  readonly label: string;
  readonly trigger: RefObject<Element | null>;
  readonly onClose: () => void;
}

export default function FilterMenu({ kind, label, trigger, onClose, ...parts }: Props) {
  const { t, i18n } = useLingui();
  const { filter, setFilter } = parts;
  return (
    <Menu label={label} trigger={trigger} onClose={onClose}>
      {kind === "status" && (
        <Checks
          all={STATUSES}
          chosen={filter.status}
          name={(one) => i18n._(STATUS_NAMES[one])}
          onChange={(status) => setFilter({ ...filter, status })}
        />
      )}
      {kind === "priority" && (
        <Checks
          all={PRIORITIES}
          chosen={filter.priority}
          name={(one) => i18n._(PRIORITY_NAMES[one])}
          onChange={(priority) => setFilter({ ...filter, priority })}
        />
      )}
      {kind === "tags" && <TagChoices {...parts} />}
      {kind === "due" && <DueChoices {...parts} />}
      {kind === "recurring" && (
        <Radios
          name="recurring"
          all={[
            { value: null, label: t`All` },
            { value: true, label: t`Only what repeats` },
            { value: false, label: t`Only what does not repeat` },
          ]}
          chosen={filter.recurring}
          onChange={(recurring) => setFilter({ ...filter, recurring })}
        />
      )}
      {kind === "sort" && <SortChoices {...parts} />}
    </Menu>
  );
}

function TagChoices({ filter, setFilter }: Parts) {
  const { t, i18n } = useLingui();
  const { data: tags } = useQuery(tagsQuery);
  const [find, setFind] = useState("");
  const chosen = filter.tags !== null && filter.tags !== "untagged" ? filter.tags : null;
  const [mode, setMode] = useState(chosen?.mode ?? "any");
  const found = (tags ?? []).filter((tag) => tag.name.toLowerCase().includes(find.trim().toLowerCase()));
  const put = (ids: readonly string[], how = mode) =>
    setFilter({ ...filter, tags: ids.length === 0 ? null : { mode: how, ids } });
  return (
    <div className="flex flex-col gap-2">
      <label className="option">
        <input
          type="checkbox"
          className="size-4 accent-(--accent)"
          checked={filter.tags === "untagged"}
          onChange={(event) => setFilter({ ...filter, tags: event.target.checked ? "untagged" : null })}
        />
        {t`Without any tag`}
      </label>
      <select
        className="input"
        aria-label={t`How the tags are meant`}
        value={mode}
        onChange={(event) => {
          const how = TAG_MODES.find((one) => one === event.target.value) ?? "any";
          setMode(how);
          if (chosen) put(chosen.ids, how);
        }}
      >
        {TAG_MODES.map((one) => (
          <option key={one} value={one}>
            {i18n._(TAG_MODE_NAMES[one])}
          </option>
        ))}
      </select>
      <input
        type="search"
        className="input"
        aria-label={t`Find a tag`}
        placeholder={t`Find a tag`}
        value={find}
        onChange={(event) => setFind(event.target.value)}
      />
      <div className="max-h-60 overflow-y-auto">
        <Checks
          all={found.map((tag) => tag.id)}
          chosen={chosen?.ids ?? []}
          name={(id) => {
            const tag = found.find((one) => one.id === id);
            return (
              <>
                <TagDot color={tag?.color ?? "#808080"} /> {tag?.name}
              </>
            );
          }}
          onChange={(shown) =>
            put([...(chosen?.ids ?? []).filter((id) => !found.some((tag) => tag.id === id)), ...shown])
          }
        />
        {found.length === 0 && <p className="px-2.5 py-2 text-muted">{t`No such tag.`}</p>}
      </div>
    </div>
  );
}

function DueChoices({ filter, setFilter }: Parts) {
  const { t } = useLingui();
  const { today } = useToday();
  const range = filter.due !== null && filter.due !== "none" ? filter.due : { from: null, to: null };
  const quick = [
    { label: t`Today`, due: { from: today, to: today } },
    { label: t`The next 7 days`, due: { from: today, to: addDays(today, 6) } },
    { label: t`The next 30 days`, due: { from: today, to: addDays(today, 29) } },
    { label: t`No due date`, due: "none" as const },
  ];
  const put = (from: string | null, to: string | null) => {
    // The later one follows the earlier, so that no range is upside down.
    const end = from !== null && to !== null && to < from ? from : to;
    setFilter({ ...filter, due: from === null && end === null ? null : { from, to: end } });
  };
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap gap-1.5">
        {quick.map(({ label, due }) => (
          <button
            key={label}
            type="button"
            className="chip"
            aria-pressed={JSON.stringify(filter.due) === JSON.stringify(due)}
            onClick={() => setFilter({ ...filter, due })}
          >
            {label}
          </button>
        ))}
      </div>
      <label className="field">
        <span className="label">{t`From`}</span>
        <input
          type="date"
          className="input"
          value={range.from ?? ""}
          onChange={(event) => put(event.target.value || null, range.to)}
        />
      </label>
      <label className="field">
        <span className="label">{t`To`}</span>
        <input
          type="date"
          className="input"
          value={range.to ?? ""}
          onChange={(event) => put(range.from, event.target.value || null)}
        />
      </label>
      {filter.due !== null && (
        <button type="button" className="btn" onClick={() => setFilter({ ...filter, due: null })}>
          {t`Any date`}
        </button>
      )}
    </div>
  );
}

interface ChecksProps<T extends string> {
  readonly all: readonly T[];
  readonly chosen: readonly T[];
  readonly name: (one: T) => ReactNode;
  readonly onChange: (chosen: readonly T[]) => void;
}

function Checks<T extends string>({ all, chosen, name, onChange }: ChecksProps<T>) {
  return all.map((one) => (
    <label key={one} className="option hover:bg-hover">
      <input
        type="checkbox"
        className="size-4 accent-(--accent)"
        checked={chosen.includes(one)}
        onChange={(event) =>
          onChange(all.filter((other) => (other === one ? event.target.checked : chosen.includes(other))))
        }
      />
      {name(one)}
    </label>
  ));
}

interface RadiosProps<T> {
  readonly name: string;
  readonly all: readonly { readonly value: T; readonly label: string }[];
  readonly chosen: T;
  readonly onChange: (value: T) => void;
}

function Radios<T>({ name, all, chosen, onChange }: RadiosProps<T>) {
  return all.map(({ value, label }) => (
    <label key={label} className="option hover:bg-hover">
      <input
        type="radio"
        name={name}
        className="size-4 accent-(--accent)"
        checked={chosen === value}
        onChange={() => onChange(value)}
      />
      {label}
    </label>
  ));
}
