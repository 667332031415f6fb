"""The whole way with the relay publishing through a real daprd: from the task to its notification, each once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from pipeline import Place
from support import eventually

from cli.real_daprd import Sidecar
from cli.real_kafka import Node
from config.settings import Settings
from db import clock
from domain.recurring import RecurrenceSpec
from workers.names import NAMES
from workers.run import Workers


async def test_reminders_and_successors_come_through_dapr_once(
    place: Place, real_kafka: Node, daprd: Sidecar, through: Callable[..., Settings]
) -> None:
    workers = Workers(NAMES, through(daprd, real_kafka.address, place.url), place.sessions)
    running = asyncio.create_task(workers.run())
    try:
        actor = await place.user()
        now = await place.do(clock.now)
        task = await place.create(
            actor,
            "Water the plants",
            now=now,
            due_date=now + timedelta(minutes=10, seconds=2),
            reminder_minutes=[10],
            recurrence=RecurrenceSpec(rule="FREQ=DAILY"),
        )

        async def reminded() -> bool:
            return bool(await place.value("SELECT count(*) FROM notifications WHERE task_id = :id", id=task.id))

        await eventually(reminded, what="the reminder's notification", seconds=40)
        await place.complete(actor, task.id, now=now)

        async def spawned() -> bool:
            return bool(await place.value("SELECT count(*) FROM tasks WHERE parent_task_id = :id", id=task.id))

        await eventually(spawned, what="the next task", seconds=40)
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    kinds = "SELECT kind FROM notifications WHERE task_id = :id AND kind = 'reminder_due'"
    assert await place.column(kinds, id=task.id) == ["reminder_due"]
    assert await place.value("SELECT count(*) FROM tasks") == 2
    doubled = "SELECT event_id FROM audit_log GROUP BY event_id HAVING count(*) > 1"
    assert await place.rows(doubled) == []
