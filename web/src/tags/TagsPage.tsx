"use client";
// The page /tags: all tags, made, renamed, recoloured and deleted.
import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { polling } from "@/graphql/queries";
import { PageFrame } from "@/shell/PageFrame";
import { useCommands } from "@/shell/shortcuts";
import { tagsQuery } from "@/tasks/tagsQuery";
import { lazily } from "@/ui/lazily";
import { Empty, Shown } from "@/ui/States";
import type { TagRow } from "./changes";
import { NewTag } from "./NewTag";
import { TagLine } from "./TagLine";

const DeleteTag = lazily(() => import("./DeleteTag"));
// From so many on there is a field to find one.
const MANY = 12;

export function TagsPage() {
  const { t } = useLingui();
  const query = useQuery({ ...tagsQuery, ...polling, staleTime: 2_000 });
  const field = useRef<HTMLInputElement>(null);
  const [deleting, setDeleting] = useState<TagRow | null>(null);
  useCommands([{ id: "tag new", name: t`New tag`, keys: "n", group: t`Tags`, run: () => field.current?.focus() }]);
  return (
    <PageFrame title={t`Tags`} aside={query.data && <span className="text-sm text-muted">{query.data.length}</span>}>
      <div className="h-full overflow-y-auto px-4 pb-8 md:px-6">
        <div className="flex max-w-2xl flex-col gap-5">
          <Shown query={query}>
            {(tags) => (
              <>
                <NewTag tags={tags} field={field} />
                {tags.length === 0 ? (
                  <Empty icon="tag" title={t`No tags yet`}>
                    <Trans>Tags bring together what belongs together, such as “home” or “errands”.</Trans>
                  </Empty>
                ) : (
                  <TagList tags={tags} onDelete={setDeleting} />
                )}
              </>
            )}
          </Shown>
        </div>
      </div>
      {deleting && <DeleteTag tag={deleting} onClose={() => setDeleting(null)} />}
    </PageFrame>
  );
}

function TagList({ tags, onDelete }: { tags: readonly TagRow[]; onDelete: (tag: TagRow) => void }) {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const wanted = text.trim().toLocaleLowerCase();
  const shown = tags.filter((tag) => tag.name.toLocaleLowerCase().includes(wanted));
  return (
    <div className="flex flex-col gap-2">
      {tags.length >= MANY && (
        <input
          type="search"
          className="input max-w-64"
          aria-label={t`Find a tag`}
          placeholder={t`Find a tag`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      {shown.length === 0 && (
        <p role="status" className="py-6 text-center text-muted">
          <Trans>Nothing fits.</Trans>
        </p>
      )}
      <ul aria-label={t`Tags`} className={shown.length > 0 ? "card divide-y divide-line" : "hidden"}>
        {shown.map((tag) => (
          <TagLine key={tag.id} tag={tag} onDelete={() => onDelete(tag)} />
        ))}
      </ul>
      <p className="hint hidden md:block">
        <Trans>In a line: arrow keys go up and down, F2 renames, Delete deletes.</Trans>
      </p>
    </div>
  );
}
