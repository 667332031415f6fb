"use client";
// The message under way: what has been heard of its answer, and what can be done where that failed.
import { Trans } from "@lingui/react/macro";
import { useEffect, useState } from "react";
import { Icon } from "@/ui/Icon";
import { Reply, Thinking, UserBubble } from "./Bubbles";
import { Failed } from "./Failed";
import type { Turn } from "./turn";

interface Props {
  readonly turn: Turn;
  /** The message is among the stored ones already. */
  readonly isStored: boolean;
  readonly onRetry: () => void;
  readonly onEdit: () => void;
  readonly onDrop: () => void;
}

export function TurnView({ turn, isStored, onRetry, onEdit, onDrop }: Props) {
  const waiting = turn.state === "answering" || turn.state === "reconnecting";
  const heard = turn.said !== "" || turn.calls.length > 0;
  return (
    <>
      {!isStored && <UserBubble text={turn.text} />}
      {heard && (
        <div className={turn.anew ? "opacity-60" : ""}>
          <Reply text={turn.said} calls={turn.calls} onAnswer={null} />
        </div>
      )}
      {waiting && <Thinking />}
      {turn.state === "reconnecting" && (
        <p className="text-xs text-muted" role="status">
          <Trans>The connection was lost. Trying again; nothing is done twice.</Trans>
        </p>
      )}
      {turn.state === "failed" && turn.failure && (
        <Failed failure={turn.failure}>
          <Retry after={turn.failure.after} onRetry={onRetry} />
          <WayOut turn={turn} onEdit={onEdit} onDrop={onDrop} />
        </Failed>
      )}
      {turn.state === "stopped" && (
        <div className="flex flex-wrap items-center gap-2 text-sm text-muted" role="status">
          <Trans>Stopped.</Trans>
          <button type="button" className="btn" onClick={onRetry}>
            <Trans>Go on</Trans>
          </button>
          <button type="button" className="btn btn-quiet" onClick={onDrop}>
            <Trans>Dismiss</Trans>
          </button>
        </div>
      )}
    </>
  );
}

function WayOut({ turn, onEdit, onDrop }: Pick<Props, "turn" | "onEdit" | "onDrop">) {
  // What the server may have is not sent as another message: it could act twice.
  return turn.mayBeThere ? (
    <button type="button" className="btn btn-quiet" onClick={onDrop}>
      <Trans>Dismiss</Trans>
    </button>
  ) : (
    <button type="button" className="btn" onClick={onEdit}>
      <Icon name="pencil" className="size-4" />
      <Trans>Edit</Trans>
    </button>
  );
}

function Retry({ after, onRetry }: { after: number | null; onRetry: () => void }) {
  const seconds = useSecondsUntil(after);
  return (
    <button type="button" className="btn" disabled={seconds > 0} onClick={onRetry}>
      {seconds > 0 ? <Trans>Try again in {seconds} s</Trans> : <Trans>Try again</Trans>}
    </button>
  );
}

function useSecondsUntil(instant: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (instant === null || instant <= Date.now()) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [instant]);
  return instant === null ? 0 : Math.max(0, Math.ceil((instant - now) / 1000));
}
