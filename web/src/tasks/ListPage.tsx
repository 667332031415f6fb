"use client";
import { useLingui } from "@lingui/react/macro";
import { useCallback, useMemo, useState } from "react";
import { inWords } from "@/graphql/words";
import { useLocale } from "@/i18n/useLocale";
import { QuickAdd } from "@/quickadd/QuickAdd";
import { PageFrame } from "@/shell/PageFrame";
import { onDay } from "@/time/days";
import { dayName } from "@/time/format";
import { useToday } from "@/time/useToday";
// A list of tasks with everything around it: search, filter, selection, what went wrong, what to say when it is empty.
import { lazily } from "@/ui/lazily";
import { AddressProblems } from "./AddressProblems";
import { useTaskActions } from "./actions";
import { openTask, useAddressFilter, useOpenTask } from "./address";
import { EmptyList } from "./EmptyList";
import { FilterBar } from "./FilterBar";
import { linesOf, plainLines } from "./groups";
import type { Row } from "./rows";
import { question, type Scope, sortKeys } from "./scopes";
import { TaskGrid } from "./TaskGrid";
import { useSelection } from "./useSelection";
import { useTaskList } from "./useTaskList";

const BulkBar = lazily(() => import("./BulkBar"));

export function ListPage({ scope, title }: { scope: Scope; title: string }) {
  const { i18n, t } = useLingui();
  const locale = useLocale();
  const { today, zone } = useToday();
  const { filter, problems, setFilter } = useAddressFilter();
  const asked = useMemo(() => question(scope, filter, today, zone), [scope, filter, today, zone]);
  const inTrash = scope === "trash";
  const belongs = useCallback((row: Row) => (row.deletedAt !== null) === inTrash, [inTrash]);
  const list = useTaskList(asked, belongs);
  const selection = useSelection(list.rows);
  const [choosing, setChoosing] = useState(false);
  const actions = useTaskActions();
  const openId = useOpenTask();
  const byDay = (scope === "today" || scope === "upcoming") && sortKeys(scope, filter)[0]?.name === "due";
  const lines = useMemo(
    () => (byDay ? linesOf(list.rows, { scope, today, zone }) : plainLines(list.rows)),
    [byDay, list.rows, scope, today, zone],
  );
  const moveTo = (row: Row, day: string) => {
    const dueDate = onDay(row, day, zone);
    if (dueDate !== row.dueDate) void actions.move(row, dueDate, t`Moved to ${dayName(day, today, locale)}`);
  };
  const remove = (rows: readonly Row[]) => {
    if (rows.length === 0 || inTrash) return;
    selection.clear();
    void actions.remove(rows);
  };
  const empty = !list.loading && list.rows.length === 0;
  return (
    <PageFrame
      title={title}
      aside={<span className="pt-1 text-sm text-muted tabular-nums">{list.total ?? ""}</span>}
      actions={
        <button
          type="button"
          className="btn btn-quiet text-muted"
          aria-pressed={choosing}
          onClick={() => {
            setChoosing(!choosing);
            if (choosing) selection.clear();
          }}
        >
          {choosing ? t`Done` : t`Select`}
        </button>
      }
    >
      <div className="relative flex h-full flex-col">
        {scope !== "completed" && !inTrash && <QuickAdd />}
        <FilterBar scope={scope} filter={filter} setFilter={setFilter} />
        <AddressProblems problems={problems} filter={filter} onMend={() => setFilter(filter, "replace")} />
        {list.error !== null && (
          <div
            role="alert"
            className="mx-4 mb-2 flex items-center gap-3 rounded-lg bg-danger-soft px-3 py-1.5 text-danger md:mx-6"
          >
            <span className="flex-1">{inWords(list.error, i18n)}</span>
            <button type="button" className="btn" onClick={list.again}>
              {t`Try again`}
            </button>
          </div>
        )}
        <div className="min-h-0 flex-1">
          {empty && list.error === null && !(byDay && scope === "upcoming") ? (
            <EmptyList scope={scope} filter={filter} onClear={setFilter} />
          ) : (
            <TaskGrid
              label={title}
              lines={lines}
              today={today}
              zone={zone}
              selection={selection}
              choosing={choosing || selection.rows.length > 0}
              openId={openId}
              onMore={list.more}
              onMove={byDay && scope === "upcoming" ? moveTo : null}
              actions={{
                open: (row) => openTask(row.id, openId === null ? "push" : "replace"),
                tick: (row) => void (row.status === "OPEN" ? actions.complete([row]) : actions.reopen([row])),
                restore: inTrash ? (row) => void actions.restore([row]) : null,
                remove,
              }}
            />
          )}
        </div>
        {selection.rows.length > 0 && (
          <BulkBar selection={selection} actions={actions} inTrash={inTrash} onRemove={remove} />
        )}
      </div>
    </PageFrame>
  );
}
