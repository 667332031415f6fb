// A form of the open task that has something to save: when somebody acts on the task, the page goes away, or the panel is
// closed. What cannot be saved then stays a draft, and is told.
import { useLingui } from "@lingui/react/macro";
import { useEffect, useRef } from "react";
import { toast } from "@/shell/toasts";
import { openTask } from "@/tasks/openTask";
import { type Flush, keepUnsaved } from "@/tasks/unsaved";
import type { TaskDetail } from "./detail";

export function useUnsaved({ id, title }: Pick<TaskDetail, "id" | "title">, flush: Flush): void {
  const { t } = useLingui();
  const tell = () =>
    toast(t`What was typed into “${title}” is not saved yet.`, {
      kind: "failed",
      action: { label: t`Open`, run: () => openTask(id) },
    });
  const latest = useRef({ flush, tell });
  useEffect(() => {
    latest.current = { flush, tell };
  });
  useEffect(() => {
    // What a page that went away may have left.
    void latest.current.flush();
    const end = keepUnsaved(id, () => latest.current.flush());
    return () => void end().then((saved) => saved || latest.current.tell());
  }, [id]);
}
