"""The reconciler: what a consumer should have recorded by now and has not is published once more.

So a broker may lose what it was given (the in-process one does, at every restart) and nothing is lost with it.
"""

import asyncio
from datetime import timedelta

from config import logs
from config.settings import Settings
from db import outbox_settle
from db.engine import Sessions
from domain.events import expected_work
from workers import metrics
from workers.loop import forever

_log = logs.get("workers.reconciler")
BATCH = 1000
PAUSE_SECONDS = 2.0


async def run_once(sessions: Sessions, *, after: timedelta) -> int:
    """Settles what is done and takes back what is not done `after` publishing. Returns how many rows changed."""
    return await _settle(sessions) + await _take_back(sessions, after)


async def _settle(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return await outbox_settle.settle(session, expected_work(), limit=BATCH)


async def _take_back(sessions: Sessions, after: timedelta) -> int:
    async with sessions.begin() as session:
        again = await outbox_settle.republish(session, expected_work(), limit=BATCH, age=after)
    if again:
        metrics.republished.inc(again)
        _log.warning("events are published again: work on them was missing", events=again)
    return again


async def take_back_everything(sessions: Sessions) -> int:
    """For a broker that has forgotten everything: all work still missing is published anew. Returns how much."""
    total = 0
    while count := await run_once(sessions, after=timedelta(0)):
        total += count
    return total


async def run(settings: Settings, sessions: Sessions) -> None:
    """Settles while there is something to settle; takes back one batch in each pause.

    Consumers that are merely late, after an outage, would otherwise get more and more of what they have to skip.
    """
    after = timedelta(seconds=settings.reconcile_after_seconds)

    async def pause() -> None:
        await _take_back(sessions, after)
        await asyncio.sleep(PAUSE_SECONDS)

    await forever("reconciler", lambda: _settle(sessions), pause)
