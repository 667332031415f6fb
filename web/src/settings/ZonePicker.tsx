"use client";
// A searchable choice of time zones. The list is made when it is first opened: it takes the browser a moment.
import { useLingui } from "@lingui/react/macro";
import { useMemo, useState } from "react";
import {
  Button,
  ComboBox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  ListLayout,
  Popover,
  Text,
  Virtualizer,
} from "react-aria-components";
import { useFormatLocale } from "@/time/Moment";
import { Icon } from "@/ui/Icon";
import { allZones, findZones, likelyFirst, type Zone, zoneOf } from "./zones";

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (zone: string) => void;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
}

const ROW = 44;

export default function ZonePicker({ label, value, onChange, hint, error }: Props) {
  const { t } = useLingui();
  const locale = useFormatLocale();
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState<string | null>(null);
  const zones = useMemo(() => {
    const now = new Date();
    if (!opened) return [zoneOf(value, locale, now) ?? []].flat();
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return likelyFirst(allZones(value, locale, now), [value, here, "UTC"]);
  }, [opened, value, locale]);
  const shown = value.replaceAll("_", " ");
  // As long as nothing has been typed, all of them are offered.
  const items = text === null || text === shown ? zones : findZones(zones, text);
  return (
    <ComboBox
      className="field"
      menuTrigger="focus"
      allowsEmptyCollection
      isInvalid={error !== undefined}
      items={items}
      selectedKey={value}
      inputValue={text ?? shown}
      onInputChange={setText}
      onOpenChange={(open) => {
        if (open) setOpened(true);
        else setText(null);
      }}
      onSelectionChange={(key) => {
        setText(null);
        if (key !== null) onChange(String(key));
      }}
    >
      <Label className="label">{label}</Label>
      <div className="relative">
        <Input className="input pr-9" onFocus={(event) => event.target.select()} />
        <Button className="absolute inset-y-0 right-0 grid w-9 place-items-center text-muted">
          <Icon name="chevronDown" className="size-4" />
        </Button>
      </div>
      {hint && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="error">{error}</FieldError>
      <Popover className="popover w-(--trigger-width) overflow-hidden">
        <Virtualizer layout={ListLayout} layoutOptions={{ rowSize: ROW }}>
          <ListBox<Zone>
            className="h-72 max-h-[inherit] overflow-y-auto outline-none"
            renderEmptyState={() => <p className="px-3 py-4 text-muted">{t`No zone fits.`}</p>}
          >
            {(zone) => (
              <ListBoxItem id={zone.id} textValue={zone.id.replaceAll("_", " ")} className="option h-11 gap-3">
                <span className="min-w-0 flex-1">
                  <span className="block truncate leading-tight">{zone.city}</span>
                  <span className="block truncate text-xs leading-tight text-muted">
                    {[zone.region, zone.name].filter(Boolean).join(" · ")}
                  </span>
                </span>
                <span className="text-xs text-muted tabular-nums">{zone.offsetText}</span>
              </ListBoxItem>
            )}
          </ListBox>
        </Virtualizer>
      </Popover>
    </ComboBox>
  );
}
