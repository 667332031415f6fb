"""What becomes of published rows: settled once every consumer that acts on them has recorded them, published again if
one has not in time. What becomes of settled ones is in db/pruning.py.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

_UNRECORDED = """
    EXISTS (SELECT FROM unnest(CAST(:types AS text[]), CAST(:consumers AS text[])) AS expected(event_type, consumer)
            WHERE expected.event_type = outbox.event_type
              AND NOT EXISTS (SELECT FROM inbox WHERE inbox.event_id = outbox.event_id
                                                  AND inbox.consumer = expected.consumer))
"""
# ARRAY(): with IN or a join PostgreSQL's generic plan expects a tenth of the table, and reads it whole.
_OLDEST = """
    ANY(ARRAY(SELECT id FROM outbox_state WHERE published_at IS NOT NULL AND settled_at IS NULL
                 AND published_at <= statement_timestamp() - CAST(:age AS interval)
               ORDER BY published_at LIMIT :limit FOR UPDATE SKIP LOCKED))
"""
_JUDGE = f"FROM outbox WHERE outbox.id = state.id AND state.id = {_OLDEST}"
SETTLE = text(f"""
    UPDATE outbox_state AS state SET settled_at = clock_timestamp() {_JUDGE} AND NOT {_UNRECORDED} RETURNING state.id
""")  # noqa: S608 - constants only
REPUBLISH = text(f"""
    UPDATE outbox_state AS state SET published_at = NULL {_JUDGE} AND {_UNRECORDED} RETURNING state.id
""")  # noqa: S608 - constants only


async def settle(
    session: AsyncSession, expected: Sequence[tuple[str, str]], *, limit: int, age: timedelta = timedelta(0)
) -> int:
    """Marks published rows that every expected (event type, consumer) has recorded. Returns how many."""
    return await _judge(session, SETTLE, expected, limit, age)


async def republish(session: AsyncSession, expected: Sequence[tuple[str, str]], *, limit: int, age: timedelta) -> int:
    """Takes back to unpublished what an expected consumer has not recorded `age` after publishing."""
    return await _judge(session, REPUBLISH, expected, limit, age)


async def _judge(
    session: AsyncSession,
    statement: TextClause,
    expected: Sequence[tuple[str, str]],
    limit: int,
    age: timedelta,
) -> int:
    parameters = {
        "types": [event_type for event_type, _ in expected],
        "consumers": [consumer for _, consumer in expected],
        "limit": limit,
        "age": age,
    }
    return len((await session.execute(statement, parameters)).all())
