"use client";
// What an empty list says.
import { useLingui } from "@lingui/react/macro";
import { Icon } from "@/ui/Icon";
import { countConditions, type ListFilter, NO_FILTER } from "./filter";
import type { Scope } from "./scopes";

interface Props {
  readonly scope: Scope;
  readonly filter: ListFilter;
  readonly onClear: (filter: ListFilter) => void;
}

export function EmptyList({ scope, filter, onClear }: Props) {
  const { t } = useLingui();
  const filtered = countConditions(filter) > 0 || filter.q.trim() !== "";
  const words: Record<Scope, string> = {
    today: t`Nothing is due today. Enjoy it.`,
    upcoming: t`Nothing is planned.`,
    overdue: t`Nothing is overdue.`,
    all: t`No tasks yet. Type the first one above.`,
    completed: t`Nothing has been completed yet.`,
    trash: t`The trash is empty. What is deleted stays here for 30 days.`,
  };
  return (
    <div className="flex flex-col items-center gap-3 px-6 pt-[12vh] text-center text-muted">
      <Icon name={filtered ? "search" : "completed"} className="size-9 stroke-[1.2]" />
      <p>{filtered ? t`No task fits the filter.` : words[scope]}</p>
      {filtered && (
        <button type="button" className="btn" onClick={() => onClear({ ...NO_FILTER, sort: filter.sort })}>
          {t`Clear the filter`}
        </button>
      )}
    </div>
  );
}
