"use client";
// What can be done with all the tasks that are chosen.
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useRef, useState } from "react";
import { addDays } from "@/time/days";
import { useToday } from "@/time/useToday";
import { Icon, type IconName } from "@/ui/Icon";
import { Menu } from "@/ui/Menu";
import type { TaskActions } from "./actions";
import { PRIORITIES } from "./filter";
import { PRIORITY_NAMES } from "./names";
import type { Row } from "./rows";
import { TagDot } from "./TagDot";
import { tagsQuery } from "./tagsQuery";
import type { Selection } from "./useSelection";

interface Props {
  readonly selection: Selection;
  readonly actions: TaskActions;
  readonly inTrash: boolean;
  readonly onRemove: (rows: readonly Row[]) => void;
}

export default function BulkBar({ selection, actions, inTrash, onRemove }: Props) {
  const { t } = useLingui();
  const { rows, clear } = selection;
  const open = rows.filter((row) => row.status === "OPEN");
  const finish = (act: (rows: readonly Row[]) => unknown, of = rows) => {
    clear();
    act(of);
  };
  return (
    <div
      role="toolbar"
      aria-label={t`Selected tasks`}
      className="absolute inset-x-3 bottom-3 z-10 mx-auto flex w-fit max-w-[calc(100%-1.5rem)] items-center gap-1 overflow-x-auto rounded-xl border border-line bg-raised p-1.5 shadow-float"
    >
      <span className="px-2 text-sm font-medium whitespace-nowrap tabular-nums" role="status">
        {plural(rows.length, { one: "# selected", other: "# selected" })}
      </span>
      {inTrash ? (
        <Action icon="restore" label={t`Restore`} onClick={() => finish(actions.restore)} />
      ) : (
        <>
          {open.length > 0 && (
            <Action icon="check" label={t`Complete`} onClick={() => finish(actions.complete, open)} />
          )}
          <PriorityMenu rows={rows} actions={actions} />
          <DateMenu rows={rows} actions={actions} />
          <TagMenu rows={rows} actions={actions} />
          <Action icon="trash" label={t`Delete`} onClick={() => onRemove(rows)} />
        </>
      )}
      <button type="button" className="btn-icon" aria-label={t`Clear the selection`} onClick={clear}>
        <Icon name="close" />
      </button>
    </div>
  );
}

type Of = Pick<Props, "actions"> & { readonly rows: readonly Row[] };

function PriorityMenu({ rows, actions }: Of) {
  const { t, i18n } = useLingui();
  return (
    <WithMenu icon="flag" label={t`Priority`}>
      {(close) =>
        PRIORITIES.map((priority) => (
          <Choice
            key={priority}
            onClick={() => {
              close();
              void actions.change(rows, { priority }, { priority });
            }}
          >
            {i18n._(PRIORITY_NAMES[priority])}
          </Choice>
        ))
      }
    </WithMenu>
  );
}

function DateMenu({ rows, actions }: Of) {
  const { t } = useLingui();
  const { today, zone } = useToday();
  const [day, setDay] = useState("");
  const put = (day: string) => void actions.moveAll(rows, day, zone);
  const days = [
    { label: t`Today`, day: today },
    { label: t`Tomorrow`, day: addDays(today, 1) },
    { label: t`In a week`, day: addDays(today, 7) },
  ];
  return (
    <WithMenu icon="calendar" label={t`Due date`}>
      {(close) => (
        <>
          {days.map((one) => (
            <Choice
              key={one.label}
              onClick={() => {
                close();
                put(one.day);
              }}
            >
              {one.label}
            </Choice>
          ))}
          <div className="flex gap-2 p-1">
            <input
              type="date"
              className="input"
              aria-label={t`Another day`}
              value={day}
              onChange={(event) => setDay(event.target.value)}
            />
            <button
              type="button"
              className="btn"
              disabled={day === ""}
              onClick={() => {
                close();
                put(day);
              }}
            >
              {t`Set`}
            </button>
          </div>
          <Choice
            onClick={() => {
              close();
              void actions.change(rows, { dueDate: null }, { dueDate: null });
            }}
          >
            {t`No due date`}
          </Choice>
        </>
      )}
    </WithMenu>
  );
}

function TagMenu({ rows, actions }: Of) {
  const { t } = useLingui();
  const { data: tags } = useQuery(tagsQuery);
  return (
    <WithMenu icon="tag" label={t`Tags`}>
      {(close) =>
        (tags ?? []).map((tag) => {
          const on = rows.every((row) => row.tags.some((one) => one.id === tag.id));
          const without = (row: Row) => row.tags.filter((one) => one.id !== tag.id);
          return (
            <Choice
              key={tag.id}
              onClick={() => {
                close();
                void actions.change(rows, on ? { removeTagIds: [tag.id] } : { addTagIds: [tag.id] }, (row) => ({
                  tags: on ? without(row) : [...without(row), tag],
                }));
              }}
            >
              <TagDot color={tag.color} />
              <span className="flex-1 truncate">{tag.name}</span>
              {on && <Icon name="check" className="size-4" />}
              <span className="sr-only">{on ? t`take off` : t`put on`}</span>
            </Choice>
          );
        })
      }
    </WithMenu>
  );
}

function WithMenu({
  icon,
  label,
  children,
}: {
  icon: IconName;
  label: string;
  children: (close: () => void) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <Action ref={button} icon={icon} label={label} onClick={() => setOpen(true)} />
      {open && (
        <Menu label={label} trigger={button} onClose={() => setOpen(false)}>
          {children(() => setOpen(false))}
        </Menu>
      )}
    </>
  );
}

interface ActionProps {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly ref?: RefObject<HTMLButtonElement | null>;
}

function Action({ icon, label, onClick, ref }: ActionProps) {
  return (
    <button ref={ref} type="button" className="btn btn-quiet" title={label} onClick={onClick}>
      <Icon name={icon} className="size-4" />
      <span className="sr-only sm:not-sr-only">{label}</span>
    </button>
  );
}

function Choice({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" className="option w-full text-left hover:bg-hover focus-visible:bg-hover" onClick={onClick}>
      {children}
    </button>
  );
}
