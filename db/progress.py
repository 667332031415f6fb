"""How far everything is, as the rows say it, whichever processes run: for the gauges that alerts go by."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.outbox import SHARDS
from db.reminders import PENDING

# More are not counted: a long backlog should not be read whole every few seconds.
MOST = 100_000
_OLDEST_OF = 1000
_WAITING, _UNRECORDED = "published_at IS NULL", "published_at IS NOT NULL AND settled_at IS NULL"
LOOK = text(f"""
    SELECT (SELECT count(*) FROM (SELECT FROM outbox_state WHERE {_WAITING} LIMIT :most) AS counted) AS waiting,
           (SELECT min(created_at) FROM outbox WHERE id = ANY(ARRAY(
               SELECT (SELECT id FROM outbox_state AS state WHERE {_WAITING} AND state.shard = look.shard
                        ORDER BY id LIMIT 1)
                 FROM generate_series(0, {SHARDS - 1}) AS look(shard)))) AS waits_since,
           (SELECT count(*) FROM (SELECT FROM outbox_state WHERE {_UNRECORDED} LIMIT :most) AS counted) AS unrecorded,
           (SELECT min(created_at) FROM outbox WHERE id = ANY(ARRAY(
               SELECT id FROM outbox_state WHERE {_UNRECORDED} ORDER BY published_at LIMIT :oldest)))
               AS unrecorded_since,
           (SELECT remind_at FROM reminders WHERE {PENDING} ORDER BY remind_at LIMIT 1) AS remind_at,
           clock_timestamp() AS now
""")  # noqa: S608 - constants only
_LETTERS = text("SELECT consumer, count(*) AS letters FROM dead_letters WHERE resolved_at IS NULL GROUP BY consumer")


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers of events (`MOST` at most), of open letters by consumer, and seconds since; 0 where there is none.

    An event waits until Kafka has it, and is then unrecorded until every consumer that acts on it has done so.
    """

    waiting: int
    waiting_seconds: float
    unrecorded: int
    unrecorded_seconds: float
    overdue_seconds: float
    letters: Mapping[str, int]


async def look(session: AsyncSession) -> Progress:
    row = (await session.execute(LOOK, {"most": MOST, "oldest": _OLDEST_OF})).one()
    letters = {each.consumer: each.letters for each in await session.execute(_LETTERS)}
    waits, unrecorded, overdue = (
        max(0.0, (row.now - since).total_seconds()) if since else 0.0
        for since in (row.waits_since, row.unrecorded_since, row.remind_at)
    )
    return Progress(row.waiting, waits, row.unrecorded, unrecorded, overdue, letters)
