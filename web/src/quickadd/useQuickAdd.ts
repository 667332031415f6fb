// Sends typed lines: the field is free at once, and a line that fails stays to be sent again or mended.
import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { readFragment } from "@/gql";
import { QuickAddTaskDocument, TaskRowFragmentDoc } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { mayPass, Unreachable } from "@/graphql/failures";
import { accepted } from "@/graphql/payload";
import { useAway } from "@/graphql/reachability";
import { inWords } from "@/graphql/words";
import { toast } from "@/shell/toasts";
import { refresh } from "@/tasks/freshen";
import { openTask } from "@/tasks/openTask";
import { newKey, type Pending, storedPending, storePending } from "./pending";

export interface QuickAdds {
  readonly pending: readonly Pending[];
  readonly send: (text: string) => void;
  readonly again: (line: Pending) => void;
  readonly drop: (line: Pending) => void;
}

const TRIES = 3;
const PAUSE = 800;

export function useQuickAdd(): QuickAdds {
  const { t, i18n } = useLingui();
  const client = useQueryClient();
  const [pending, setPending] = useState(storedPending);
  const latest = useRef(pending);
  const away = useAway();

  const put = (change: (lines: readonly Pending[]) => readonly Pending[]) => {
    latest.current = change(latest.current);
    storePending(latest.current);
    setPending(latest.current);
  };

  const ask = async (line: Pending) => {
    try {
      const { task } = accepted((await patiently(line)).quickAddTask);
      put((lines) => lines.filter((other) => other.key !== line.key));
      const made = task === null ? null : readFragment(TaskRowFragmentDoc, task);
      if (made) toast(t`Added “${made.title}”`, { action: { label: t`Open`, run: () => openTask(made.id) } });
      refresh(client);
      void client.invalidateQueries({ queryKey: ["tags"] });
    } catch (error) {
      const failure = inWords(error, i18n);
      put((lines) =>
        lines.map((other) =>
          other.key === line.key ? { ...other, failure, unreached: error instanceof Unreachable } : other,
        ),
      );
    }
  };

  // What was on its way when the page was left is asked for again: its key makes that harmless.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, at the start
  useEffect(() => {
    for (const line of latest.current) if (line.failure === null) void ask(line);
  }, []);

  const again = (line: Pending) => {
    put((lines) =>
      lines.map((other) => (other.key === line.key ? { ...other, failure: null, unreached: false } : other)),
    );
    void ask(line);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the server is there again
  useEffect(() => {
    if (!away) for (const line of latest.current) if (line.failure !== null && line.unreached) again(line);
  }, [away]);
  return {
    pending,
    send: (text) => {
      const line: Pending = { key: newKey(), text, failure: null, unreached: false };
      put((lines) => [...lines, line]);
      void ask(line);
    },
    again,
    drop: (line) => put((lines) => lines.filter((other) => other.key !== line.key)),
  };
}

async function patiently({ key, text }: Pending) {
  for (let tried = 1; ; tried++) {
    try {
      return await execute(QuickAddTaskDocument, { input: { text, idempotencyKey: key } });
    } catch (error) {
      if (tried === TRIES || !mayPass(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE * tried));
    }
  }
}
