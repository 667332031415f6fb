"""The relay: what is committed reaches Kafka, whole and in order, whatever is away in between."""

import asyncio
import contextlib
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

import pytest
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from pipeline import NOBODY_LISTENS, NOW, Place, cut_off, event_id, open_place, read_topics, record
from support import eventually, stack_settings

from cli import embedded
from db import outbox
from domain import tasks
from domain.events import REMINDERS, TASK_EVENTS
from domain.tasks import NewTask
from workers import relay
from workers.doorbell import Doorbell
from workers.relay import Publisher

LISTENERS = "query LIKE 'LISTEN%'"


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database, pool_size=12) as place:
        yield place


@contextlib.asynccontextmanager
async def publisher(place: Place, brokers: str) -> AsyncIterator[Publisher]:
    publisher = Publisher(stack_settings(place.url, brokers))
    try:
        yield publisher
    finally:
        await publisher.close()


async def publish_all(place: Place, publisher: Publisher) -> None:
    while await relay.run_once(place.sessions, publisher):
        pass


def by_key(records: Sequence[ConsumerRecord]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = defaultdict(list)
    for each in records:
        found[each.key.decode()].append(each.value)
    return dict(found)


async def stored(place: Place) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = defaultdict(list)
    for row in await place.rows("SELECT key, value FROM outbox ORDER BY id"):
        found[row["key"]].append(row["value"])
    return dict(found)


async def test_events_are_on_kafka_with_their_exact_bytes_in_the_order_of_each_task(place: Place) -> None:
    actor = await place.user()
    made = [await place.create(actor, f"Überschrift {number} ☂", due_date=NOW) for number in range(5)]
    for round_, task in itertools.product(range(4), made):
        await place.rename(actor, task, f"Round {round_} of {task.id}")
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:
            await publish_all(place, to_kafka)
        records = await read_topics(brokers, TASK_EVENTS)
    assert by_key(records) == await stored(place)
    assert {each.headers for each in records} == {(("content-type", b"application/cloudevents+json"),)}
    assert await place.rows("SELECT DISTINCT attempts, published_at IS NULL AS waits FROM outbox") == [
        {"attempts": 1, "waits": False}
    ]


async def test_each_event_goes_to_the_topic_of_its_kind(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor, due_date=NOW.replace(year=2100), reminder_minutes=[10])
    await place.worker("reminders").work_off(await place.records())
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:
            await publish_all(place, to_kafka)
        of_tasks, of_reminders = await read_topics(brokers, TASK_EVENTS), await read_topics(brokers, REMINDERS)
    assert [each.key for each in of_tasks] == [each.key for each in of_reminders] == [str(task.id).encode()]
    assert b'"type":"reminder.scheduled"' in of_reminders[0].value


async def test_without_a_broker_changes_go_on_and_wait_and_are_published_once_there_is_one(place: Place) -> None:
    actor = await place.user()
    async with publisher(place, NOBODY_LISTENS) as to_nobody:
        for number in range(3):
            await place.create(actor, f"Task {number}")
            with pytest.raises(KafkaError):
                await relay.run_once(place.sessions, to_nobody)
    assert await place.column("SELECT attempts FROM outbox WHERE published_at IS NULL") == [0, 0, 0]
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:
            await publish_all(place, to_kafka)
        assert by_key(await read_topics(brokers, TASK_EVENTS)) == await stored(place)


async def test_a_broker_that_goes_away_later_loses_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "PUBLISH_SECONDS", 1)
    actor = await place.user()
    with embedded.kafka() as brokers:
        first = Publisher(stack_settings(place.url, brokers))
        await place.create(actor, "Before")
        await publish_all(place, first)
    await place.create(actor, "Meanwhile")
    with pytest.raises((KafkaError, TimeoutError)):
        await relay.run_once(place.sessions, first)
    await first.close()
    await place.create(actor, "After")
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:
            await publish_all(place, to_kafka)
        titles = [each.value.split(b'"title":"')[1].split(b'"')[0] for each in await read_topics(brokers, TASK_EVENTS)]
    assert sorted(titles) == [b"After", b"Meanwhile"]


async def test_two_relays_at_once_keep_the_order_of_each_task_and_double_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "BATCH", 7)
    actor = await place.user()
    made = [await place.create(actor, f"Task {number}") for number in range(6)]

    async def change(task_number: int) -> None:
        for round_ in range(25):
            await place.rename(actor, made[task_number], f"Round {round_}")

    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as one, publisher(place, brokers) as other:
            changing = asyncio.gather(*(change(number) for number in range(len(made))))
            while not changing.done():
                await asyncio.gather(*(relay.run_once(place.sessions, each) for each in (one, other, one)))
            await changing
            await asyncio.gather(publish_all(place, one), publish_all(place, other))
        records = await read_topics(brokers, TASK_EVENTS)
    assert len(records) == 6 * 26
    assert by_key(records) == await stored(place)


async def test_a_change_that_was_rolled_back_is_not_on_kafka(place: Place) -> None:
    actor = await place.user()
    kept = await place.create(actor, "Kept")
    with contextlib.suppress(ConnectionResetError):
        async with place.sessions.begin() as session:
            await tasks.create_task(session, actor, NewTask("Never"), now=NOW)
            raise ConnectionResetError
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:
            await publish_all(place, to_kafka)
        assert list(by_key(await read_topics(brokers, TASK_EVENTS))) == [str(kept.id)]


async def test_killed_between_publishing_and_marking_it_sends_again_and_consumers_leave_that_alone(
    place: Place,
) -> None:
    actor = await place.user()
    task = await place.create(actor, due_date=NOW)
    await place.complete(actor, task.id)
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as killed, place.sessions() as session:
            await killed.publish(await outbox.claim_unpublished(session, relay.BATCH))
            await session.rollback()
        async with publisher(place, brokers) as following:
            await publish_all(place, following)
        records = await read_topics(brokers, TASK_EVENTS)
    ids = [event_id(each) for each in await place.records()]
    assert [event_id(each) for each in records] == ids * 2
    assert [each.value for each in records[:2]] == [each.value for each in records[2:]]
    await place.worker("audit").work_off(records)
    assert await place.column("SELECT event_id FROM audit_log ORDER BY id") == ids


async def test_a_record_of_an_event_is_what_its_outbox_row_says(place: Place) -> None:
    actor = await place.user()
    await place.create(actor)
    (row,) = await place.rows("SELECT event_id, key, value FROM outbox")
    assert event_id(record(row["value"])) == row["event_id"]


@contextlib.asynccontextmanager
async def running_relay(place: Place, brokers: str, *, listening: bool) -> AsyncIterator[None]:
    doorbell = Doorbell(place.url, (outbox.DOORBELL,))
    running = [asyncio.create_task(relay.run(stack_settings(place.url, brokers), place.sessions, doorbell))]
    if listening:
        running.append(asyncio.create_task(doorbell.listen()))
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def published(place: Place, count: int) -> None:
    statement = "SELECT count(*) = :count FROM outbox WHERE published_at IS NOT NULL"
    await eventually(lambda: place.value(statement, count=count), what=f"{count} published events", seconds=5)


async def test_a_commit_wakes_the_relay_also_after_its_connection_was_cut(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "IDLE_SECONDS", 600)
    actor = await place.user()
    listeners = f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {LISTENERS}"  # noqa: S608 - a constant
    with embedded.kafka() as brokers:
        async with running_relay(place, brokers, listening=True):
            await eventually(lambda: place.value(listeners), what="a listener")
            await place.create(actor)
            await published(place, 1)
            async with cut_off(place, LISTENERS):
                # Nobody listens now; what is committed meanwhile is found when somebody does again.
                await place.create(actor)
            await published(place, 2)
            await place.create(actor)
            await published(place, 3)


async def test_a_relay_that_hears_nothing_looks_by_itself(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "IDLE_SECONDS", 0.1)
    actor = await place.user()
    with embedded.kafka() as brokers:
        async with running_relay(place, brokers, listening=False):
            for count in (1, 2):
                await place.create(actor)
                await published(place, count)
