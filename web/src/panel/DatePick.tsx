"use client";
// A date, with a time where the value has one. What is picked counts when the field or the calendar is left.
import type { CalendarDate, ZonedDateTime } from "@internationalized/date";
import { useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import {
  Button,
  Calendar,
  CalendarCell,
  CalendarGrid,
  DateInput,
  DatePicker,
  DateSegment,
  Dialog,
  Group,
  Heading,
  Popover,
} from "react-aria-components";
import { Icon } from "@/ui/Icon";
import type { TaskDetail } from "./detail";
import { useUnsaved } from "./useUnsaved";

type Value = ZonedDateTime | CalendarDate;

interface Props {
  readonly label: string;
  readonly task: TaskDetail;
  readonly value: Value;
  /** Whether it is saved. */
  readonly onPick: (value: Value) => Promise<boolean>;
}

export function DatePick({ label, task, value, onPick }: Props) {
  const { t } = useLingui();
  const text = value.toString();
  const [picked, setPicked] = useState<Value | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was picked is over when the value is another
  useEffect(() => setPicked(null), [text]);
  // The calendar closes in the same moment in which a day is picked.
  const latest = useRef<Value | null>(null);
  const pick = (next: Value | null) => {
    latest.current = next;
    setPicked(next);
  };
  const leave = async () => {
    const given = latest.current;
    latest.current = null;
    return given === null || given.toString() === text || onPick(given);
  };
  useUnsaved(task, leave);
  const timed = "timeZone" in value;
  return (
    <DatePicker<Value>
      key={timed ? "time" : "day"}
      aria-label={label}
      value={picked ?? value}
      granularity={timed ? "minute" : "day"}
      hideTimeZone
      shouldForceLeadingZeros
      onChange={pick}
      onBlur={() => void leave()}
      onOpenChange={(open) => void (open || leave())}
    >
      <Group className="input flex items-center gap-1 pr-1">
        <DateInput className="flex flex-1 whitespace-nowrap tabular-nums">
          {(segment) => (
            <DateSegment
              segment={segment}
              className="rounded px-px outline-none data-[focused]:bg-accent data-[focused]:text-on-accent data-[placeholder]:text-muted"
            />
          )}
        </DateInput>
        <Button
          className="grid size-7 place-items-center rounded text-muted data-[hovered]:bg-hover"
          aria-label={t`Open the calendar`}
        >
          <Icon name="calendar" className="size-4" />
        </Button>
      </Group>
      <Popover className="popover p-3">
        <Dialog aria-label={label} className="outline-none" data-modal>
          <Calendar>
            <header className="mb-2 flex items-center justify-between">
              <Button slot="previous" className="btn-icon" aria-label={t`Previous month`}>
                <Icon name="chevronLeft" />
              </Button>
              <Heading className="text-sm font-semibold" />
              <Button slot="next" className="btn-icon" aria-label={t`Next month`}>
                <Icon name="chevronRight" />
              </Button>
            </header>
            <CalendarGrid className="text-sm">
              {(date) => (
                <CalendarCell
                  date={date}
                  className="m-px grid size-9 place-items-center rounded-lg tabular-nums outline-none data-[focus-visible]:outline-2 data-[focus-visible]:outline-accent data-[hovered]:bg-hover data-[outside-month]:invisible data-[selected]:bg-accent data-[selected]:text-on-accent"
                />
              )}
            </CalendarGrid>
          </Calendar>
        </Dialog>
      </Popover>
    </DatePicker>
  );
}
