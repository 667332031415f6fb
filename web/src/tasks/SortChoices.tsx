"use client";
// Several keys of a sort: their order, their directions.
import { useLingui } from "@lingui/react/macro";
import { Icon } from "@/ui/Icon";
import { type ListFilter, SORT_FIELDS, type SortKey, type SortName } from "./filter";
import { SORT_NAMES } from "./names";
import { type Scope, sortKeys } from "./scopes";

interface Props {
  readonly scope: Scope;
  readonly filter: ListFilter;
  readonly setFilter: (filter: ListFilter) => void;
}

export function SortChoices({ scope, filter, setFilter }: Props) {
  const { t, i18n } = useLingui();
  const keys = sortKeys(scope, filter);
  const searching = filter.q.trim() !== "";
  const names = (Object.keys(SORT_FIELDS) as SortName[]).filter((name) => name !== "relevance" || searching);
  const free = names.filter((name) => !keys.some((key) => key.name === name));
  const put = (sort: readonly SortKey[]) => setFilter({ ...filter, sort });
  const turn = (key: SortKey) => put(keys.map((one) => (one === key ? { ...one, down: !one.down } : one)));
  const raise = (place: number) => {
    const moved = [...keys];
    const [key] = moved.splice(place, 1);
    if (key) moved.splice(place - 1, 0, key);
    put(moved);
  };
  return (
    <div className="flex flex-col gap-1">
      {keys.map((key, place) => {
        const name = i18n._(SORT_NAMES[key.name]);
        return (
          <div key={key.name} className="flex items-center gap-1">
            <span className="flex-1 px-1.5">{name}</span>
            <button type="button" className="btn" aria-label={t`${name}: turn round`} onClick={() => turn(key)}>
              {key.down ? t`Descending` : t`Ascending`}
            </button>
            {place > 0 && (
              <button type="button" className="btn-icon" aria-label={t`${name}: earlier`} onClick={() => raise(place)}>
                ↑
              </button>
            )}
            {keys.length > 1 && (
              <button
                type="button"
                className="btn-icon"
                aria-label={t`${name}: leave out`}
                onClick={() => put(keys.filter((one) => one !== key))}
              >
                <Icon name="close" className="size-4" />
              </button>
            )}
          </div>
        );
      })}
      <select
        className="input mt-1"
        aria-label={t`Then by`}
        value=""
        onChange={(event) => {
          const name = free.find((one) => one === event.target.value);
          if (name) put([...keys, { name, down: name === "priority" }]);
        }}
      >
        <option value="">{t`Then by …`}</option>
        {free.map((name) => (
          <option key={name} value={name}>
            {i18n._(SORT_NAMES[name])}
          </option>
        ))}
      </select>
      {filter.sort.length > 0 && (
        <button type="button" className="btn btn-quiet text-accent" onClick={() => put([])}>
          {t`As this list does by itself`}
        </button>
      )}
    </div>
  );
}
