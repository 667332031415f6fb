"use client";
// The task that is open, beside any list: everything about it, each change saved as it is made.
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { inWords } from "@/graphql/words";
import { useCommands } from "@/shell/shortcuts";
import { openTask } from "@/tasks/openTask";
import { Icon } from "@/ui/Icon";
import { type TaskDetail, taskQuery } from "./detail";
import { TaskForm } from "./TaskForm";
import { TaskHead } from "./TaskHead";

export default function TaskPanel({ id }: { id: string }) {
  const { t, i18n } = useLingui();
  const query = useQuery(taskQuery(id));
  const panel = useRef<HTMLElement>(null);
  const close = () => {
    openTask(null, "replace");
    // Back to the line in the list that it was opened from.
    setTimeout(() => document.querySelector<HTMLElement>(`[data-key="${id}"]`)?.focus());
  };
  useCommands([
    { id: "close-task", name: t`Close the task`, keys: "Escape", group: t`In a task`, keysOnly: true, run: close },
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: for each task that is opened
  useEffect(() => panel.current?.focus({ preventScroll: true }), [id]);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={t`Task`}
      className="fixed inset-0 z-30 flex flex-col border-line bg-panel outline-none md:inset-y-0 md:right-0 md:left-auto md:w-[27rem] md:border-l md:shadow-float lg:static lg:z-0 lg:shrink-0 lg:shadow-none"
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) {
          event.preventDefault();
          close();
        }
      }}
    >
      {query.data ? (
        <Open key={id} task={query.data} onClose={close} />
      ) : (
        <Frame onClose={close}>
          {query.data === null && (
            <p className="text-muted">{t`There is no such task. It may have been removed for good.`}</p>
          )}
          {query.error && (
            <div role="alert" className="flex flex-col items-start gap-2 text-danger">
              {inWords(query.error, i18n)}
              <button type="button" className="btn" onClick={() => void query.refetch()}>
                {t`Try again`}
              </button>
            </div>
          )}
          {query.isPending && (
            <div className="h-6 w-48 animate-pulse rounded bg-hover" role="status" aria-label={t`Loading`} />
          )}
        </Frame>
      )}
    </aside>
  );
}

function Open({ task, onClose }: { task: TaskDetail; onClose: () => void }) {
  return (
    <>
      <TaskHead task={task} onClose={onClose} />
      <TaskForm task={task} />
    </>
  );
}

function Frame({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const { t } = useLingui();
  return (
    <>
      <div className="flex justify-end px-3 py-2.5">
        <button type="button" className="btn-icon" aria-label={t`Close`} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="px-5">{children}</div>
    </>
  );
}
