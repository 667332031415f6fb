"""Runs workers by name in one process: consumers and loops, with what they share."""

import asyncio
from collections.abc import Sequence

from config.settings import Settings
from db import outbox, reminders
from db.engine import Sessions
from domain.events import CONSUMERS
from workers import audit, broker, janitor, notifications, reconciler, recurrence, relay, scheduler, updates, watch
from workers import reminders as reminders_worker
from workers.batch import Together, Work
from workers.consumer import ConsumerWorker
from workers.doorbell import Doorbell

WORK: dict[str, Work | Together] = {
    "reminders": Together(reminders_worker.work),
    "recurrence": recurrence.work,
    "notifications": Together(notifications.work),
    "audit": Together(audit.work),
    "updates": Together(updates.work),
}


class Workers:
    """A set of workers of one process. `run` ends when one of them fails, and with them all when it is cancelled."""

    def __init__(self, names: Sequence[str], settings: Settings, sessions: Sessions) -> None:
        self._names, self._settings, self._sessions = names, settings, sessions
        self._doorbell = Doorbell(settings.direct_url, (outbox.DOORBELL, reminders.DOORBELL))
        self._consumers = {
            name: ConsumerWorker(CONSUMERS[name], WORK[name], settings, sessions) for name in names if name in WORK
        }

    async def run(self) -> None:
        await broker.ensure_topics(self._settings)
        async with asyncio.TaskGroup() as group:
            if {"relay", "scheduler"} & set(self._names):
                group.create_task(self._doorbell.listen(), name="doorbell")
            if "relay" in self._names:
                group.create_task(relay.run(self._settings, self._sessions, self._doorbell), name="relay")
            if "scheduler" in self._names:
                group.create_task(scheduler.run(self._sessions, self._doorbell), name="scheduler")
            if "reconciler" in self._names:
                group.create_task(reconciler.run(self._settings, self._sessions), name="reconciler")
                group.create_task(watch.run(self._settings, self._sessions), name="watch")
            if "janitor" in self._names:
                group.create_task(janitor.run(self._settings, self._sessions), name="janitor")
            for name, consumer in self._consumers.items():
                group.create_task(self._consume(name, consumer), name=name)

    async def _consume(self, name: str, consumer: ConsumerWorker) -> None:
        # Without its topic a consumer could not begin, and would end the process.
        await broker.wait_for_topic(self._settings, CONSUMERS[name].topic)
        await consumer.run()

    async def check(self) -> str | None:
        """None once every consumer has its partitions; for /readyz."""
        waiting = [name for name, consumer in self._consumers.items() if not consumer.is_assigned()]
        return f"waiting for partitions: {', '.join(waiting)}" if waiting else None
