"use client";
// Asks before a tag is deleted, and says how many tasks carry it.
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { TagCarriersDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { inWords } from "@/graphql/words";
import { toast } from "@/shell/toasts";
import Confirm from "@/ui/Confirm";
import { type TagRow, useDeleteTag } from "./changes";

export default function DeleteTag({ tag, onClose }: { tag: TagRow; onClose: () => void }) {
  const { t, i18n } = useLingui();
  const remove = useDeleteTag();
  const carriers = useQuery({
    queryKey: ["tags", "carriers", tag.id],
    queryFn: ({ signal }) => execute(TagCarriersDocument, { id: tag.id }, signal),
    staleTime: 0,
  });
  const confirm = () =>
    remove.mutate(tag.id, {
      onSuccess: () => {
        toast(t`The tag “${tag.name}” is deleted.`);
        onClose();
      },
    });
  return (
    <Confirm
      title={t`Delete the tag “${tag.name}”?`}
      action={remove.isPending ? t`Deleting…` : t`Delete`}
      pending={remove.isPending}
      error={remove.error ? inWords(remove.error, i18n) : undefined}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p role="status">
        {carriers.data ? (
          <Carriers
            all={carriers.data.all.totalCount + carriers.data.trash.totalCount}
            open={carriers.data.open.totalCount}
          />
        ) : carriers.error ? (
          <Trans>How many tasks carry it cannot be counted now.</Trans>
        ) : (
          <Trans>Counting the tasks that carry it…</Trans>
        )}
      </p>
      <p className="text-muted">
        <Trans>The tasks stay; only the tag is taken off them. This cannot be undone.</Trans>
      </p>
    </Confirm>
  );
}

function Carriers({ all, open }: { all: number; open: number }) {
  if (all === 0) return <Trans>No task carries it.</Trans>;
  return (
    <>
      <Plural value={all} one="# task carries it" other="# tasks carry it" />,{" "}
      <Plural value={open} _0="none of them open." one="# of them open." other="# of them open." />
    </>
  );
}
