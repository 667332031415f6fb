"use client";
// What one can say, before anything has been said.
import { Trans, useLingui } from "@lingui/react/macro";
import { Empty } from "@/ui/States";

export function Suggestions({ onChoose }: { onChoose: (text: string) => void }) {
  const { t } = useLingui();
  const examples = [
    t`What is due this week?`,
    t`Add: call the dentist tomorrow at 9`,
    t`Which tasks are overdue?`,
    t`Move everything that is due today to tomorrow`,
  ];
  return (
    <div className="flex flex-col items-center">
      <Empty icon="chat" title={t`What shall be done?`}>
        <Trans>The assistant looks after your tasks. Before it deletes or changes several, it asks.</Trans>
      </Empty>
      <ul aria-label={t`Examples`} className="flex flex-wrap justify-center gap-2">
        {examples.map((example) => (
          <li key={example}>
            <button type="button" className="chip" onClick={() => onChoose(example)}>
              {example}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
