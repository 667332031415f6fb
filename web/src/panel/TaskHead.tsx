"use client";
// What can be done with the open task as a whole.
import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { SkipTaskDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { toast } from "@/shell/toasts";
import { useTaskActions } from "@/tasks/actions";
import { refresh } from "@/tasks/freshen";
import { STATUS_NAMES } from "@/tasks/names";
import { seen, useLayers } from "@/tasks/overlay";
import { saved } from "@/tasks/unsaved";
import { Icon } from "@/ui/Icon";
import { readDetail, type TaskDetail, taskQuery } from "./detail";

export function TaskHead({ task, onClose }: { task: TaskDetail; onClose: () => void }) {
  const { t, i18n } = useLingui();
  const client = useQueryClient();
  const actions = useTaskActions();
  const row = seen(task, useLayers());
  const skip = async () => {
    try {
      await saved([task.id]);
      const { version } = client.getQueryData(taskQuery(task.id).queryKey) ?? task;
      const { skipTask } = await execute(SkipTaskDocument, { input: { id: task.id, expectedVersion: version } });
      const { task: skipped } = accepted(skipTask);
      if (skipped) client.setQueryData(taskQuery(task.id).queryKey, readDetail(skipped));
      toast(t`Skipped this one; the next is on its way.`);
    } catch (error) {
      toast(inWords(error, i18n), { kind: "failed", action: { label: t`Try again`, run: () => void skip() } });
    } finally {
      refresh(client);
    }
  };
  const remove = () => {
    onClose();
    void actions.remove([task]);
  };
  return (
    <div className="flex items-center gap-1 border-b border-line px-3 py-2.5">
      {row.deletedAt !== null ? (
        <button type="button" className="btn" onClick={() => void actions.restore([task])}>
          <Icon name="restore" className="size-4" /> {t`Restore`}
        </button>
      ) : row.status === "OPEN" ? (
        <button type="button" className="btn" onClick={() => void actions.complete([task])}>
          <Icon name="check" className="size-4" /> {t`Complete`}
        </button>
      ) : (
        <>
          <span className="px-2 text-sm font-medium text-good">{i18n._(STATUS_NAMES[row.status])}</span>
          {row.status === "COMPLETED" && (
            <button type="button" className="btn" onClick={() => void actions.reopen([task])}>
              {t`Open again`}
            </button>
          )}
        </>
      )}
      {row.isRecurring && row.status === "OPEN" && row.deletedAt === null && (
        <button
          type="button"
          className="btn"
          title={t`Leave out this one; the series goes on`}
          onClick={() => void skip()}
        >
          <Icon name="skip" className="size-4" /> {t`Skip`}
        </button>
      )}
      <span className="flex-1" />
      {row.deletedAt === null && (
        <button type="button" className="btn-icon" aria-label={t`Move to the trash`} onClick={remove}>
          <Icon name="trash" />
        </button>
      )}
      <button type="button" className="btn-icon" aria-label={t`Close`} onClick={onClose}>
        <Icon name="close" />
      </button>
    </div>
  );
}
