"""The janitor: empties the trash after its 30 days, and forgets idempotency keys that no longer count."""

import asyncio
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.clock import now as database_now
from db.engine import Sessions
from domain import idempotency, task_status
from workers.loop import forever

BATCH = 100
PAUSE_SECONDS = 60.0


async def run_once(sessions: Sessions, *, at: datetime | None = None) -> int:
    """Cleans one batch of each. `at` stands for now. Returns how many rows went."""
    async with sessions.begin() as session:
        now = at or await database_now(session)
        return await _clean(session, now)


async def _clean(session: AsyncSession, now: datetime) -> int:
    purged = await task_status.purge_trash(session, limit=BATCH, now=now)
    return purged + await idempotency.forget_old(session, now=now)


async def run(sessions: Sessions) -> None:
    await forever("janitor", lambda: run_once(sessions), lambda: asyncio.sleep(PAUSE_SECONDS))
