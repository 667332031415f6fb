// A text field of the open task: what is typed stays, through a failure, an ended session or a reload, until it is saved.
import { useEffect, useRef, useState } from "react";
import { readDraft, writeDraft } from "@/session/drafts";
import type { TaskDetail } from "./detail";
import type { Saving } from "./useSave";

type TextField = "title" | "description";

interface Draft {
  readonly mine: string;
  /** The task as it was when typing began. */
  readonly base: TaskDetail;
}

export interface TextDraft {
  readonly value: string;
  readonly type: (text: string) => void;
  /** Saves what was typed, if it is anything new; whether it is saved. */
  readonly commit: () => Promise<boolean>;
  readonly revert: () => void;
}

export function useTextDraft(field: TextField, task: TaskDetail, { save, forgive, dropped }: Saving): TextDraft {
  const key = `task.${task.id}.${field}`;
  const [draft, setDraft] = useState<Draft | null>(() => stored(key));
  const latest = useRef(draft);
  const sending = useRef<{ readonly mine: string; readonly saved: Promise<boolean> } | null>(null);
  const put = (next: Draft | null) => {
    latest.current = next;
    setDraft(next);
    writeDraft(key, next === null ? null : JSON.stringify(next));
  };
  const drop = useRef(put);
  useEffect(() => {
    drop.current = put;
  });
  useEffect(() => {
    if (dropped > 0) drop.current(null);
  }, [dropped]);
  return {
    value: draft?.mine ?? task[field],
    type: (mine) => {
      forgive(field);
      put({ mine, base: latest.current?.base ?? task });
    },
    commit: async () => {
      const given = latest.current;
      if (given === null) return true;
      // Left by Enter and then by a click, it is one change.
      if (sending.current?.mine === given.mine) return sending.current.saved;
      if (sending.current === null && given.mine === task[field]) {
        put(null);
        return true;
      }
      const saved = save({ [field]: given.mine }, given.base, field === "title" ? { title: given.mine } : {});
      const sent = { mine: given.mine, saved };
      sending.current = sent;
      const isSaved = await saved;
      if (sending.current === sent) sending.current = null;
      // What was typed since is not saved yet.
      if (isSaved && latest.current?.mine === given.mine) put(null);
      return isSaved;
    },
    revert: () => put(null),
  };
}

function stored(key: string): Draft | null {
  try {
    const value: unknown = JSON.parse(readDraft(key) ?? "null");
    const sound = typeof value === "object" && value !== null && "mine" in value && "base" in value;
    return sound ? (value as Draft) : null;
  } catch {
    return null;
  }
}
