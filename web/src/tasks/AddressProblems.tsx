"use client";
// Says which part of the address is not understood, such as of an old bookmark, and that it was left out.
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import type { ListFilter, Problem } from "./filter";
import { tagsQuery } from "./tagsQuery";

interface Props {
  readonly problems: readonly Problem[];
  readonly filter: ListFilter;
  readonly onMend: () => void;
}

const SHOWN_CHARACTERS = 60;

export function AddressProblems({ problems, filter, onMend }: Props) {
  const { t } = useLingui();
  const chosen = filter.tags !== null && filter.tags !== "untagged" ? filter.tags.ids : [];
  const { data: tags } = useQuery({ ...tagsQuery, enabled: chosen.length > 0 });
  const lost = tags !== undefined && chosen.some((id) => !tags.some((tag) => tag.id === id));
  if (problems.length === 0 && !lost) return null;
  const parts = problems.map(({ param, value }) => `${param}=${value}`.slice(0, SHOWN_CHARACTERS)).join(", ");
  return (
    <div
      role="status"
      className="mx-4 mb-2 flex items-center gap-3 rounded-lg bg-warn-soft px-3 py-1.5 text-warn md:mx-6"
    >
      <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
        {problems.length > 0 && t`This address has a part that means nothing here, so it is left out: ${parts}`}
        {lost && t`A tag of this filter is not there any more.`}
      </span>
      {problems.length > 0 && (
        <button type="button" className="btn" onClick={onMend}>
          {t`Remove it`}
        </button>
      )}
    </div>
  );
}
