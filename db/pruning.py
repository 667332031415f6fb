"""Deletes what has become of events long ago, in batches, oldest first; what somebody may still need stays.

A batch is looked for after an instant, for what has to stay must not be looked at for ever: who prunes goes on where
the last batch ended. Limits are written into the statements: a plan for any limit expects a tenth of a table.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Integer, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows went, and the instant of the last that was looked at: None when there were no more."""

    gone: int
    last: datetime | None


def _statement(written: str) -> TextClause:
    return text(written).bindparams(bindparam("limit", type_=Integer, literal_execute=True))


# An open letter may be retried, and its event opened again. The states go with the events, by a trigger.
_GONE = """
    gone AS (
        DELETE FROM outbox WHERE id = ANY(ARRAY(
            SELECT id FROM looked WHERE NOT EXISTS (
                SELECT FROM dead_letters WHERE dead_letters.event_id = looked.event_id AND resolved_at IS NULL)))
        RETURNING id)
    SELECT (SELECT count(*) FROM gone) AS gone, (SELECT max(instant) FROM looked) AS last
"""
OUTBOX = _statement(f"""
    WITH looked AS MATERIALIZED (
        SELECT id, (SELECT event_id FROM outbox WHERE outbox.id = state.id), settled_at AS instant
          FROM outbox_state AS state
         WHERE settled_at IS NOT NULL AND settled_at < :before AND settled_at > :after
         ORDER BY settled_at LIMIT :limit FOR UPDATE SKIP LOCKED),
{_GONE}""")  # noqa: S608 - a constant
# What the release before states has settled.
OUTBOX_BEFORE_STATES = _statement(f"""
    WITH looked AS MATERIALIZED (
        SELECT id, event_id, settled_at AS instant FROM outbox
         WHERE settled_at IS NOT NULL AND settled_at < :before AND settled_at > :after
         ORDER BY settled_at LIMIT :limit FOR UPDATE SKIP LOCKED),
{_GONE}""")  # noqa: S608 - a constant
# While an event's row or a letter of it is there, it may come once more: then its consumers have to know it. Without
# either, all its records are older than rows are kept for, which is longer than topics keep them.
INBOX = _statement("""
    WITH looked AS MATERIALIZED (
        SELECT ctid AS place, event_id, received_at AS instant FROM inbox
         WHERE received_at < :before AND received_at > :after
         ORDER BY received_at LIMIT :limit FOR UPDATE SKIP LOCKED),
    gone AS (
        DELETE FROM inbox WHERE ctid = ANY(ARRAY(
            SELECT place FROM looked
             WHERE NOT EXISTS (SELECT FROM outbox WHERE outbox.event_id = looked.event_id)
               AND NOT EXISTS (SELECT FROM dead_letters WHERE dead_letters.event_id = looked.event_id)))
        RETURNING 1)
    SELECT (SELECT count(*) FROM gone) AS gone, (SELECT max(instant) FROM looked) AS last
""")
LETTERS = _statement("""
    WITH looked AS MATERIALIZED (
        SELECT id, resolved_at AS instant FROM dead_letters
         WHERE resolved_at IS NOT NULL AND resolved_at < :before AND resolved_at > :after
         ORDER BY resolved_at LIMIT :limit FOR UPDATE SKIP LOCKED),
    gone AS (DELETE FROM dead_letters WHERE id = ANY(ARRAY(SELECT id FROM looked)) RETURNING id)
    SELECT (SELECT count(*) FROM gone) AS gone, (SELECT max(instant) FROM looked) AS last
""")


async def outbox(session: AsyncSession, *, before: datetime, after: datetime, limit: int) -> Pruned:
    """Events settled between these instants, but for those of open dead letters."""
    return await _prune(session, OUTBOX, before, after, limit)


async def outbox_before_states(session: AsyncSession, *, before: datetime, after: datetime, limit: int) -> Pruned:
    """The same of what the release before states has settled; nothing any more once that is too old."""
    return await _prune(session, OUTBOX_BEFORE_STATES, before, after, limit)


async def inbox(session: AsyncSession, *, before: datetime, after: datetime, limit: int) -> Pruned:
    """Rows recorded between these instants, but for those of events that may come once more."""
    return await _prune(session, INBOX, before, after, limit)


async def letters(session: AsyncSession, *, before: datetime, after: datetime, limit: int) -> Pruned:
    """Dead letters resolved between these instants."""
    return await _prune(session, LETTERS, before, after, limit)


async def _prune(session: AsyncSession, statement: TextClause, before: datetime, after: datetime, limit: int) -> Pruned:
    found = (await session.execute(statement, {"before": before, "after": after, "limit": limit})).one()
    return Pruned(found.gone, found.last)
