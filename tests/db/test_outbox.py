"""The outbox: a committed change has its event, a rolled-back one has none, and no row is passed over."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from pipeline import NOW, Place, open_place
from support import eventually

from db import outbox
from db.engine import libpq_url
from db.outbox import Outgoing
from domain import task_status, tasks
from domain.errors import Conflict, Invalid
from domain.tasks import NewTask


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


def outgoing(key: str = "1") -> Outgoing:
    return Outgoing(uuid4(), "task.created", "task-events", key, b"{}")


async def test_every_change_of_a_task_has_one_event_in_order(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor)
    await place.rename(actor, task, "Renamed")
    await place.rename(actor, task, "Renamed")
    await place.complete(actor, task.id)
    await place.complete(actor, task.id)
    await place.reopen(actor, task.id)
    await place.delete(actor, task.id)
    await place.delete(actor, task.id)
    assert await place.column("SELECT event_type FROM outbox ORDER BY id") == [
        "task.created", "task.updated", "task.completed", "task.reopened", "task.deleted",
    ]  # fmt: skip
    assert await place.column("SELECT DISTINCT key FROM outbox") == [str(task.id)]


async def test_a_change_that_is_rolled_back_leaves_neither_row_nor_event(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor)

    async def fail() -> None:
        async with place.sessions.begin() as session:
            await tasks.create_task(session, actor, NewTask("Never"), now=NOW)
            await task_status.complete_task(session, actor, str(task.id), expected_version=None, now=NOW)
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await fail()
    assert await place.column("SELECT status FROM tasks") == ["open"]
    assert await place.column("SELECT event_type FROM outbox") == ["task.created"]


async def test_a_refused_change_has_no_event(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor)
    with pytest.raises(Conflict):
        await place.complete(actor, task.id, expected_version=9)
    with pytest.raises(Invalid):
        await place.create(actor, "Reminders without a date", reminder_minutes=[5])
    assert await place.value("SELECT count(*) FROM outbox") == 1


async def test_an_event_put_again_under_its_id_stays_as_it_was(place: Place) -> None:
    first = outgoing()
    await place.do(outbox.put, [first])
    await place.do(outbox.put, [Outgoing(first.event_id, "task.deleted", "reminders", "2", b"other"), outgoing()])
    rows = await place.rows("SELECT event_type, topic, key, value FROM outbox ORDER BY id")
    assert len(rows) == 2
    assert rows[0] == {"event_type": "task.created", "topic": "task-events", "key": "1", "value": b"{}"}


async def test_the_doorbell_rings_at_the_commit_and_not_for_a_rollback(place: Place) -> None:
    rings: list[str] = []
    listener = await asyncpg.connect(libpq_url(place.url))
    try:
        await listener.add_listener(outbox.DOORBELL, lambda *_: rings.append("ring"))
        with contextlib.suppress(ConnectionResetError):
            async with place.sessions.begin() as session:
                await outbox.put(session, [outgoing()])
                raise ConnectionResetError
        async with place.sessions.begin() as session:
            await outbox.put(session, [outgoing(), outgoing()])
            await session.flush()
            await listener.fetchval("SELECT 1")
            assert rings == []

        async def rung() -> list[str]:
            await listener.fetchval("SELECT 1")
            return rings

        await eventually(rung, what="a ring")
        assert rings == ["ring"]
    finally:
        await listener.close()


async def test_concurrent_changes_of_one_task_have_their_events_in_the_order_of_its_versions(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor)
    await asyncio.gather(*(place.rename(actor, task, f"Title {number}") for number in range(30)))
    versions = await place.column(
        "SELECT (convert_from(value, 'utf8')::jsonb #>> '{data,data,version}')::int FROM outbox ORDER BY id"
    )
    assert versions == list(range(1, 32))
