"""The janitor: empties the trash after its 30 days, and forgets what no longer counts.

That is idempotency keys, expired working state, settled events, the inbox's memory of events that cannot come any more,
and resolved dead letters.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from config.retention import RetentionSettings
from config.settings import Settings
from db import pruning, working_state
from db.clock import now as database_now
from db.engine import Sessions
from db.pruning import BEGINNING, Pruned
from domain import idempotency, task_status
from workers import metrics
from workers.loop import forever

BATCH = 100
PAUSE_SECONDS = 60.0
# Of each table, in a round: so many transactions of so many rows at most.
PRUNE_BATCH, PRUNE_BATCHES = 500, 20
LETTER_DAYS = 90


class Prune(Protocol):
    async def __call__(self, session: AsyncSession, *, before: datetime, after: datetime, limit: int) -> Pruned: ...


@dataclass(slots=True)
class Table:
    """What is pruned of a table, and how far the last round came: it begins anew after it came to the end."""

    name: str
    prune: Prune
    age: timedelta
    after: datetime = BEGINNING


def tables(retention: RetentionSettings) -> list[Table]:
    """In this order, so that an event's inbox rows may follow it in the same round."""
    return [
        Table("dead_letters", pruning.letters, timedelta(days=LETTER_DAYS)),
        Table("outbox", pruning.outbox, timedelta(days=retention.outbox_days)),
        Table("outbox", pruning.outbox_before_states, timedelta(days=retention.outbox_days)),
        Table("inbox", pruning.inbox, timedelta(days=retention.inbox_days)),
    ]


async def run_once(sessions: Sessions, *, at: datetime | None = None, old: list[Table] | None = None) -> int:
    """Cleans one batch of each, and prunes a round's part of the tables. `at` stands for now. Returns how many went."""
    async with sessions.begin() as session:
        now = at or await database_now(session)
        gone = await _clean(session, now)
    for table in old or []:
        gone += await _prune(sessions, table, now)
    return gone


async def _clean(session: AsyncSession, now: datetime) -> int:
    purged = await task_status.purge_trash(session, limit=BATCH, now=now)
    expired = await working_state.forget_expired(session, limit=BATCH, now=now)
    return purged + expired + await idempotency.forget_old(session, now=now)


async def _prune(sessions: Sessions, table: Table, now: datetime) -> int:
    gone = 0
    for _ in range(PRUNE_BATCHES):
        async with sessions.begin() as session:
            pruned = await table.prune(session, before=now - table.age, after=table.after, limit=PRUNE_BATCH)
        gone += pruned.gone
        table.after = pruned.last or BEGINNING
        if pruned.last is None:
            break
    metrics.pruned.labels(table.name).inc(gone)
    return gone


async def run(settings: Settings, sessions: Sessions) -> None:
    old = tables(settings)
    await forever("janitor", lambda: run_once(sessions, old=old), lambda: asyncio.sleep(PAUSE_SECONDS))
