"use client";
// What the server makes of a recurrence that is being edited: its words and the next dates, or why it refuses it.
import { useLingui } from "@lingui/react/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { PreviewRecurrenceDocument, type RecurrenceInput } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { inWords } from "@/graphql/words";
import { useLocale } from "@/i18n/useLocale";
import { fullInstant } from "@/time/format";
import { recurrenceWords } from "./recurrenceWords";

interface Props {
  readonly input: RecurrenceInput;
  readonly start: string;
  readonly zone: string;
}

export function Preview({ input, start, zone }: Props) {
  const { t, i18n } = useLingui();
  const locale = useLocale();
  const recurrence = useDeferredValue(input);
  const { data, error } = useQuery({
    queryKey: ["preview", recurrence, start, zone],
    queryFn: async ({ signal }) =>
      (await execute(PreviewRecurrenceDocument, { recurrence, start, timeZone: zone }, signal)).previewRecurrence,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
  return (
    <div aria-live="polite" className="rounded-lg bg-ground px-3 py-2 text-xs">
      {error ? (
        <p className="text-danger">{inWords(error, i18n)}</p>
      ) : (
        data && (
          <>
            <p className="font-medium">{recurrenceWords(data, { zone, locale, i18n, allDay: false })}</p>
            <ol aria-label={t`The next dates`} className="mt-1 text-muted tabular-nums">
              {data.next.map((instant) => (
                <li key={instant}>{fullInstant(instant, zone, locale)}</li>
              ))}
            </ol>
          </>
        )
      )}
    </div>
  );
}
