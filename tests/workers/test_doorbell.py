"""The doorbell says whether it works, so that nobody sleeps for long beside one that does not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from pipeline import NOW, Place, cut_off, open_place
from support import eventually

from db.engine import libpq_url
from workers.doorbell import Doorbell

CHANNEL = "tickler_reminders"
LISTENERS = "query LIKE 'LISTEN%'"


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


@pytest.fixture
async def doorbell(place: Place) -> AsyncIterator[Doorbell]:
    """One that has been proved."""
    doorbell = Doorbell(place.url, (CHANNEL,))
    listening = asyncio.create_task(doorbell.listen())
    await is_heard(doorbell)
    yield doorbell
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def is_heard(doorbell: Doorbell, *, wanted: bool = True) -> None:
    async def look() -> bool:
        return doorbell.is_heard is wanted

    await eventually(look, what=f"is_heard {wanted}")


async def test_who_waits_beside_it_is_woken_when_its_connection_is_lost(place: Place, doorbell: Doorbell) -> None:
    await doorbell.wait(CHANNEL, 0.01)
    waiting = asyncio.create_task(doorbell.wait(CHANNEL, 600))
    async with cut_off(place, LISTENERS):
        await asyncio.wait_for(waiting, 10)
        assert not doorbell.is_heard
    await is_heard(doorbell)


async def test_a_connection_that_is_dead_without_a_word_is_noticed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.doorbell.CHECK_SECONDS", 0.1)
    monkeypatch.setattr("workers.doorbell._ANSWER_SECONDS", 0.5)
    made: list[asyncpg.Connection] = []
    connect = asyncpg.connect

    async def noted(*arguments: object, **options: object) -> asyncpg.Connection:
        made.append(await connect(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(asyncpg, "connect", noted)
    doorbell = Doorbell(place.url, (CHANNEL,))
    listening = asyncio.create_task(doorbell.listen())
    try:
        await is_heard(doorbell)
        # Nothing that the server says arrives any more.
        made[0]._transport.pause_reading()  # noqa: SLF001 - there is no other way to make a connection deaf

        async def given_up() -> bool:
            return made[0].is_closed()

        # Not by looking for the moment without a connection: it may be shorter than the time between two looks.
        await eventually(given_up, what="the deaf connection is given up")
        await is_heard(doorbell)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_one_that_notifications_do_not_reach_does_not_count(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction pooler takes LISTEN, and passes nothing on."""
    monkeypatch.setattr("workers.doorbell._ANSWER_SECONDS", 0.3)

    async def nothing(*_: object) -> None:
        pass

    monkeypatch.setattr(asyncpg.Connection, "add_listener", nothing)
    doorbell = Doorbell(place.url, (CHANNEL,))
    listening = asyncio.create_task(doorbell.listen())
    try:
        await asyncio.sleep(1)
        assert not doorbell.is_heard
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_the_scheduler_is_rung_for_what_it_waits_for_and_for_nothing_else(place: Place) -> None:
    """Each look costs it two statements; most changes of tasks are none of its business."""
    user = await place.user()
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    async def rings(change: Callable[[], Awaitable[object]]) -> bool:
        """Whether it has been rung; notifications come in order, so that after one of ours there are none."""
        mark = asyncio.Event()
        listener = await asyncpg.connect(libpq_url(place.url))
        await listener.add_listener(CHANNEL, lambda *given: heard.append(given[3]))
        await listener.add_listener("tests_mark", lambda *_: mark.set())
        heard: list[object] = []
        try:
            await change()
            await place.run("SELECT pg_notify('tests_mark', '')")
            async with asyncio.timeout(5):
                await mark.wait()
        finally:
            await listener.close()
        return bool(heard)

    plain = await place.create(user, "without a date")
    due = await place.create(user, "with one", due_date=tomorrow)
    quiet: list[Callable[[], Awaitable[object]]] = [
        lambda: place.create(user, "another without"),
        lambda: place.create(user, "overdue already", due_date=NOW - timedelta(days=1)),
        lambda: place.rename(user, plain, "renamed"),
        lambda: place.rename(user, due, "renamed too"),
        lambda: place.complete(user, plain.id),
        lambda: place.run("INSERT INTO reminders SELECT * FROM reminders WHERE false"),
    ]
    loud: list[Callable[[], Awaitable[object]]] = [
        lambda: place.create(user, "a later one", due_date=tomorrow),
        lambda: place.update(user, due, {"due_date": tomorrow + timedelta(hours=1)}),
        lambda: place.run(
            "INSERT INTO reminders (task_id, user_id, remind_at) VALUES (:task, :user, :at)",
            task=due.id, user=user.user_id, at=tomorrow,
        ),
        lambda: place.run("UPDATE reminders SET remind_at = remind_at + interval '1 minute'"),
    ]  # fmt: skip
    for change in quiet:
        assert not await rings(change), quiet.index(change)
    for change in loud:
        assert await rings(change)
