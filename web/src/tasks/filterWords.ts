// What the filter says, in words for its buttons.
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useLocale } from "@/i18n/useLocale";
import { shortDate } from "@/time/format";
import { useToday } from "@/time/useToday";
import type { ListFilter } from "./filter";
import { PRIORITY_NAMES, SORT_NAMES, STATUS_NAMES, TAG_MODE_NAMES } from "./names";
import { type Scope, sortKeys } from "./scopes";
import { tagsQuery } from "./tagsQuery";

export const FILTER_KINDS = ["status", "priority", "tags", "due", "recurring", "sort"] as const;
export type FilterKind = (typeof FILTER_KINDS)[number];

/** The name of a part of the filter, and what is chosen of it; null where nothing is. */
export function useFilterWords(
  kind: FilterKind,
  scope: Scope,
  filter: ListFilter,
): { name: string; chosen: string | null } {
  const { t, i18n } = useLingui();
  const locale = useLocale();
  const { today } = useToday();
  const { data: tags } = useQuery({ ...tagsQuery, enabled: filter.tags !== null && filter.tags !== "untagged" });
  const list = (words: readonly string[]) => (words.length === 0 ? null : words.join(", "));
  switch (kind) {
    case "status":
      return { name: t`Status`, chosen: list(filter.status.map((one) => i18n._(STATUS_NAMES[one]))) };
    case "priority":
      return { name: t`Priority`, chosen: list(filter.priority.map((one) => i18n._(PRIORITY_NAMES[one]))) };
    case "tags": {
      if (filter.tags === null) return { name: t`Tags`, chosen: null };
      if (filter.tags === "untagged") return { name: t`Tags`, chosen: t`none` };
      const { mode, ids } = filter.tags;
      const names = ids.map((id) => tags?.find((tag) => tag.id === id)?.name ?? "…");
      return { name: t`Tags`, chosen: `${i18n._(TAG_MODE_NAMES[mode]).toLowerCase()} ${names.join(", ")}` };
    }
    case "due":
      return { name: t`Due`, chosen: dueWords(filter.due, (day) => shortDate(day, today, locale), t`no date`) };
    case "recurring":
      return { name: t`Repeats`, chosen: filter.recurring === null ? null : filter.recurring ? t`yes` : t`no` };
    case "sort": {
      const [first, ...others] = sortKeys(scope, filter);
      const name = first ? `${i18n._(SORT_NAMES[first.name])} ${first.down ? "↓" : "↑"}` : "";
      const more = others.length === 0 ? "" : plural(others.length, { one: " and # more", other: " and # more" });
      return { name: t`Sort`, chosen: name + more };
    }
  }
}

function dueWords(due: ListFilter["due"], write: (day: string) => string, none: string): string | null {
  if (due === null) return null;
  if (due === "none") return none;
  const { from, to } = due;
  if (from !== null && from === to) return write(from);
  return `${from === null ? "…" : write(from)} – ${to === null ? "…" : write(to)}`;
}
