// Which notifications have not been shown yet, counted over all of this browser's tabs: each is shown by one of them.

const KEY = "tickler.notified";
const LOCK = "tickler.notified";
// After so long without any tab, what has come meanwhile is for the list, not to be shown as if it were new.
const FORGOTTEN = 3 * 60_000;

interface Mark {
  readonly user: string;
  /** The highest id that a tab has seen. */
  readonly id: number;
  /** When a tab last looked. */
  readonly at: number;
}

/** Moves the mark to the newest id. Gives the mark before, above which all is new; null when nothing counts as new. */
export function advance(
  before: Mark | null,
  user: string,
  newest: number,
  now: number,
): { mark: Mark; above: number | null } {
  const mine = before !== null && before.user === user && now - before.at < FORGOTTEN ? before : null;
  const mark = { user, id: Math.max(newest, mine?.id ?? 0), at: now };
  return { mark, above: mine !== null && newest > mine.id ? mine.id : null };
}

/** The same on the storage that all tabs share, one tab at a time. */
export async function claim(user: string, newest: number): Promise<number | null> {
  const work = () => {
    const { mark, above } = advance(read(), user, newest, Date.now());
    localStorage.setItem(KEY, JSON.stringify(mark));
    return above;
  };
  // Without https there are no locks; two tabs may then show the same.
  return "locks" in navigator ? navigator.locks.request(LOCK, async () => work()) : work();
}

function read(): Mark | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (value === null || typeof value !== "object" || !("user" in value && "id" in value && "at" in value))
      return null;
    const [id, at] = [Number(value.id), Number(value.at)];
    return Number.isFinite(id) && Number.isFinite(at) ? { user: String(value.user), id, at } : null;
  } catch {
    return null;
  }
}
