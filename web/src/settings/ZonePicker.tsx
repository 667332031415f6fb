"use client";
// A searchable choice of time zones: a combobox whose list stands below it, in the page. The zones are gathered when it is
// first opened: that takes the browser a moment.
import { useLingui } from "@lingui/react/macro";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { useLocale } from "@/i18n/useLocale";
import { Icon } from "@/ui/Icon";
import { allZones, findZones, likelyFirst, type Zone } from "./zones";

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (zone: string) => void;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
}

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 };

export default function ZonePicker({ label, value, onChange, hint, error }: Props) {
  const { t } = useLingui();
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const [open, setOpen] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const zones = useZones(value, open);
  // As long as nothing has been typed, all of them are offered.
  const items = useMemo(() => findZones(zones, text ?? ""), [zones, text]);
  const chosen = items[Math.min(active, items.length - 1)];
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when another entry is active
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen?.id]);

  const show = (typed: string | null) => {
    setText(typed);
    setActive(0);
    setOpen(true);
  };
  const close = () => {
    setText(null);
    setOpen(false);
  };
  const choose = (zone: Zone | undefined) => {
    if (zone !== undefined) onChange(zone.id);
    close();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step !== undefined) {
      if (!open) show(null);
      else setActive(Math.max(0, Math.min(items.length - 1, Math.min(active, items.length - 1) + step)));
    } else if (open && event.key === "Enter") choose(chosen);
    else if (open && event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const about = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div className="field relative">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          role="combobox"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={open && chosen ? optionId(id, chosen) : undefined}
          aria-invalid={error ? true : undefined}
          aria-describedby={about || undefined}
          autoComplete="off"
          spellCheck={false}
          className="input pr-9"
          value={text ?? value.replaceAll("_", " ")}
          onFocus={(event) => event.target.select()}
          onClick={() => !open && show(null)}
          onBlur={close}
          onChange={(event) => show(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Icon name="chevronDown" className="pointer-events-none absolute top-2.5 right-2.5 size-4 text-muted" />
      </div>
      <div
        ref={list}
        role="listbox"
        id={`${id}-list`}
        aria-label={label}
        className={open ? "popover absolute top-full z-10 mt-1 max-h-80 w-full" : "hidden"}
        // The focus stays in the field.
        onPointerDown={(event) => event.preventDefault()}
      >
        {open &&
          items.map((zone) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's
            <div
              key={zone.id}
              id={optionId(id, zone)}
              role="option"
              aria-selected={zone === chosen}
              className="option min-h-11 gap-3"
              onClick={() => choose(zone)}
              onPointerMove={() => setActive(items.indexOf(zone))}
            >
              <Line zone={zone} />
            </div>
          ))}
        {open && items.length === 0 && <p className="px-3 py-4 text-muted">{t`No zone fits.`}</p>}
      </div>
      <span role="status" className="sr-only">
        {open && text !== null ? (items.length === 0 ? t`No zone fits.` : t`${items.length} results`) : ""}
      </span>
      {hint && (
        <span id={`${id}-hint`} className="hint">
          {hint}
        </span>
      )}
      {error && (
        <span id={`${id}-error`} className="error">
          {error}
        </span>
      )}
    </div>
  );
}

function Line({ zone }: { zone: Zone }) {
  return (
    <>
      <span className="min-w-0 flex-1">
        <span className="block truncate leading-tight">{zone.city}</span>
        <span className="block truncate text-xs leading-tight text-muted">
          {[zone.region, zone.name].filter(Boolean).join(" · ")}
        </span>
      </span>
      <span className="text-xs text-muted tabular-nums">{zone.offsetText}</span>
    </>
  );
}

const NONE: readonly Zone[] = [];

/** All zones, once they are wanted; what is likely chosen stands first. */
function useZones(value: string, wanted: boolean): readonly Zone[] {
  const locale = useLocale();
  return useMemo(() => {
    if (!wanted) return NONE;
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return likelyFirst(allZones(value, locale, new Date()), [value, here, "UTC"]);
  }, [wanted, value, locale]);
}

function optionId(list: string, zone: Zone): string {
  return `${list}-${zone.id.replaceAll(/\W+/g, "-")}`;
}
