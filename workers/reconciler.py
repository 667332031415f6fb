"""The reconciler: what a consumer should have recorded by now and has not is published once more.

So a broker may lose what it was given (the in-process one does, at every restart) and nothing is lost with it.
"""

import asyncio
from datetime import timedelta

from config import logs
from config.settings import Settings
from db import outbox
from db.engine import Sessions
from domain.events import expected_work
from workers import metrics
from workers.loop import forever

_log = logs.get("workers.reconciler")
BATCH = 1000
PAUSE_SECONDS = 2.0


async def run_once(sessions: Sessions, *, after: timedelta) -> int:
    """Settles what is done and takes back what is not done `after` publishing. Returns how many rows changed."""
    expected = expected_work()
    async with sessions.begin() as session:
        settled = await outbox.settle(session, expected, limit=BATCH)
    async with sessions.begin() as session:
        again = await outbox.republish(session, expected, limit=BATCH, age=after)
    if again:
        metrics.republished.inc(again)
        _log.warning("events are published again: work on them was missing", events=again)
    return settled + again


async def take_back_everything(sessions: Sessions) -> int:
    """For a broker that has forgotten everything: all work still missing is published anew. Returns how much."""
    total = 0
    while count := await run_once(sessions, after=timedelta(0)):
        total += count
    return total


async def run(settings: Settings, sessions: Sessions) -> None:
    after = timedelta(seconds=settings.reconcile_after_seconds)
    await forever("reconciler", lambda: run_once(sessions, after=after), lambda: asyncio.sleep(PAUSE_SECONDS))
