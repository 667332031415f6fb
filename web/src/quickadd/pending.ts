// Lines that were sent and not yet made into tasks. They are kept for this tab with the key they were sent with, so that
// sending one again after a lost answer makes no second task.
import { readDraft, writeDraft } from "@/session/drafts";

export interface Pending {
  readonly key: string;
  readonly text: string;
  /** What went wrong, in words; null while it is on its way. */
  readonly failure: string | null;
  /** It failed because nobody was there: it is sent again by itself. */
  readonly unreached: boolean;
}

const DRAFT = "quick-adds";

export function storedPending(): readonly Pending[] {
  try {
    const stored: unknown = JSON.parse(readDraft(DRAFT) ?? "[]");
    return Array.isArray(stored) ? stored.filter(isPending) : [];
  } catch {
    return [];
  }
}

export function storePending(pending: readonly Pending[]): void {
  writeDraft(DRAFT, pending.length === 0 ? null : JSON.stringify(pending));
}

/** A random UUID, also where the page is not on https. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function isPending(value: unknown): value is Pending {
  return (
    typeof value === "object" && value !== null && "key" in value && "text" in value && typeof value.text === "string"
  );
}
