"""What is watched: gauges say what the rows say, and a database or a broker that is away is told, not waited for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pipeline import Place, open_place
from prometheus_client import REGISTRY
from support import stack_settings

from cli import embedded
from db import progress
from db.engine import make_engine, make_sessions, reading
from workers import scheduler, watch
from workers.loop import forever


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def look(place: Place) -> progress.Progress:
    async with reading(place.sessions)() as session:
        return await progress.look(session)


async def test_an_empty_database_has_nothing_that_waits(place: Place) -> None:
    assert await look(place) == progress.Progress(0, 0, 0, 0, 0, {})


async def test_events_wait_then_are_unrecorded_then_are_settled(place: Place) -> None:
    await place.create(await place.user(), "Buy milk", now=datetime.now(UTC))
    await place.run("UPDATE outbox SET created_at = now() - interval '1 hour'")
    events = await place.value("SELECT count(*) FROM outbox")
    found = await look(place)
    assert (found.waiting, found.unrecorded, found.unrecorded_seconds) == (events, 0, 0)
    assert 3600 <= found.waiting_seconds < 3660
    await place.run("UPDATE outbox_state SET published_at = now()")
    found = await look(place)
    assert (found.waiting, found.waiting_seconds, found.unrecorded) == (0, 0, events)
    assert 3600 <= found.unrecorded_seconds < 3660
    await place.run("UPDATE outbox_state SET settled_at = now()")
    assert await look(place) == progress.Progress(0, 0, 0, 0, 0, {})


async def test_the_oldest_is_found_in_whatever_shard_it_is(place: Place) -> None:
    actor = await place.user()
    for number in range(40):
        await place.create(actor, f"Task {number}", now=datetime.now(UTC))
    for shard in await place.rows("SELECT DISTINCT shard FROM outbox_state"):
        await place.run("UPDATE outbox SET created_at = now()")
        await place.run(
            "UPDATE outbox SET created_at = now() - interval '1 hour' WHERE id = "
            "(SELECT min(id) FROM outbox_state WHERE shard = :shard)",
            shard=shard["shard"],
        )
        assert (await look(place)).waiting_seconds >= 3600


async def test_a_reminder_that_should_have_fired_is_told_until_it_has(place: Place) -> None:
    actor, due = await place.user(), datetime.now(UTC) + timedelta(minutes=50)
    await place.create(actor, "Call", now=due - timedelta(days=2), due_date=due, reminder_minutes=[60])
    await place.worker("reminders").work_off(await place.records())
    before = shown("tickler_reminder_lateness_seconds_sum") or 0
    assert 600 <= (await look(place)).overdue_seconds < 660
    await scheduler.run_once(place.sessions)
    assert (await look(place)).overdue_seconds == 0
    assert 600 <= (shown("tickler_reminder_lateness_seconds_sum") or 0) - before < 660


async def test_letters_are_counted_until_they_are_resolved(place: Place, fresh_database: str) -> None:
    await place.run(
        'INSERT INTO dead_letters (consumer, topic, partition, "offset", headers, error, attempts) '
        "VALUES ('audit', 'task-events', 0, 1, '[]', 'why', 5), ('audit', 'task-events', 0, 2, '[]', 'why', 5)"
    )
    with embedded.kafka() as brokers:
        await watch.run_once(stack_settings(fresh_database, brokers), place.sessions)
        assert shown("tickler_dead_letters_open", consumer="audit") == 2
        assert shown("tickler_dead_letters_open", consumer="recurrence") == 0
        await place.run("UPDATE dead_letters SET resolved_at = now(), resolution = 'discarded'")
        await watch.run_once(stack_settings(fresh_database, brokers), place.sessions)
        assert shown("tickler_dead_letters_open", consumer="audit") == 0


async def test_what_is_away_is_told_and_what_is_there_as_well(place: Place, fresh_database: str) -> None:
    nowhere = "127.0.0.1:9"
    await watch.run_once(stack_settings(fresh_database, nowhere), place.sessions)
    assert shown("tickler_dependency_up", dependency="kafka") == 0
    assert shown("tickler_dependency_up", dependency="postgresql") == 1
    engine = make_engine(f"postgresql://postgres@{nowhere}/tickler", application_name="away")
    with embedded.kafka() as brokers:
        await watch.run_once(stack_settings(fresh_database, brokers), make_sessions(engine))
    assert shown("tickler_dependency_up", dependency="kafka") == 1
    assert shown("tickler_dependency_up", dependency="postgresql") == 0


async def test_a_pool_shows_what_is_in_use(fresh_database: str) -> None:
    engine = make_engine(fresh_database, application_name="shown", pool_size=3)
    assert shown("tickler_database_connections_limit", pool="shown") == 3
    assert shown("tickler_database_connections_in_use", pool="shown") == 0
    async with engine.connect(), engine.connect():
        assert shown("tickler_database_connections_in_use", pool="shown") == 2
    assert shown("tickler_database_connections_in_use", pool="shown") == 0
    await engine.dispose()


async def test_a_round_that_fails_is_none_for_who_waits_for_the_last_one() -> None:
    name = "tickler_loop_last_round_timestamp_seconds"
    rounds = iter([1, ConnectionResetError(), ConnectionResetError()])
    seen: list[float | None] = []

    async def once() -> int:
        seen.append(shown(name, loop="of a test"))
        match next(rounds, None):
            case int(done):
                return done
            case None:
                raise asyncio.CancelledError
            case error:
                raise error

    with pytest.raises(asyncio.CancelledError):
        await forever("of a test", once, lambda: asyncio.sleep(0))
    first, *others = seen
    assert first is None
    assert others[0] is not None
    assert others == [others[0]] * 3
    assert shown("tickler_loop_failures_total", loop="of a test") == 2
