"""What nobody counts as it happens: how far everything is, and whether PostgreSQL and Kafka answer.

It runs beside the reconciler, so that it tells of a relay, a scheduler or a consumer that hangs or does not run.
"""

import asyncio
from collections.abc import Awaitable

from config import logs
from config.settings import Settings
from db import progress
from db.engine import Sessions, reading
from domain import dead_letters
from workers import broker, metrics
from workers.loop import describe

_log = logs.get("workers.watch")
PAUSE_SECONDS = 10.0
_ANSWER_SECONDS = 5.0


async def run_once(settings: Settings, sessions: Sessions) -> None:
    """Looks once, and shows what was found."""
    await _ask("kafka", broker.ping(settings))
    await _ask("postgresql", _look(sessions))


async def _ask(dependency: str, question: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await question
    except Exception as error:  # noqa: BLE001 - whatever it is, that is what has to be shown
        metrics.dependency_up.labels(dependency).set(0)
        _log.warning("does not answer", dependency=dependency, error=describe(error))
    else:
        metrics.dependency_up.labels(dependency).set(1)


async def _look(sessions: Sessions) -> None:
    async with reading(sessions)() as session:
        found = await progress.look(session)
    metrics.outbox_events.labels("waiting").set(found.waiting)
    metrics.outbox_events.labels("unrecorded").set(found.unrecorded)
    metrics.outbox_oldest.labels("waiting").set(found.waiting_seconds)
    metrics.outbox_oldest.labels("unrecorded").set(found.unrecorded_seconds)
    metrics.overdue.set(found.overdue_seconds)
    # Each is shown, with 0 where it has none.
    for consumer in {*dead_letters.NAMES, *found.letters}:
        metrics.letters_open.labels(consumer).set(found.letters.get(consumer, 0))
    metrics.watched.set_to_current_time()


async def run(settings: Settings, sessions: Sessions) -> None:
    while True:
        await run_once(settings, sessions)
        await asyncio.sleep(PAUSE_SECONDS)
