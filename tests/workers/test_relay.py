"""The relay: what is committed reaches Kafka, whole and in order, whatever is away in between."""

import asyncio
import contextlib
import itertools
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

import pytest
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from pipeline import NOBODY_LISTENS, NOW, Place, cut_off, event_id, open_place, read_topics, record
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncSession
from support import eventually, stack_settings

from cli import embedded
from db import outbox, outbox_relay
from domain import tasks
from domain.events import REMINDERS, TASK_EVENTS
from domain.tasks import NewTask
from workers import publish_kafka, relay
from workers.doorbell import Doorbell
from workers.publish_kafka import Publisher

DEAD = ("tickler_dead_letters_total", {"consumer": "relay"})
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


async def waiting(session: AsyncSession) -> list[outbox.Unpublished]:
    """What a relay takes, which is all there is in these tests."""
    floors, every = outbox_relay.Floors(), list(range(outbox.SHARDS))
    shards = await outbox_relay.take_shards(session, every, floors, everything=True, most=99, idle_seconds=60)
    claimed = await outbox_relay.claim(session, shards, floors, everything=True, rows=1000, size=10**7, largest=10**6)
    return claimed.rows


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
    assert await place.rows("SELECT DISTINCT attempts, published_at IS NULL AS waits FROM outbox_state") == [
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
            with pytest.raises((KafkaError, OSError)):
                await relay.run_once(place.sessions, to_nobody)
    assert await place.column("SELECT attempts FROM outbox_state WHERE published_at IS NULL") == [0, 0, 0]
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:
            await publish_all(place, to_kafka)
        assert by_key(await read_topics(brokers, TASK_EVENTS)) == await stored(place)


async def test_a_broker_that_goes_away_later_loses_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_kafka, "PUBLISH_SECONDS", 1)
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
            await killed.publish(await waiting(session))
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
    statement = "SELECT count(*) = :count FROM outbox_state WHERE published_at IS NOT NULL"
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


@dataclass
class Counting:
    """A publisher that counts what goes through it, and lets others have their turn meanwhile."""

    to_kafka: Publisher
    rows: int = 0

    async def publish(self, rows: Sequence[outbox.Unpublished]) -> None:
        await self.to_kafka.publish(rows)
        self.rows += len(rows)

    async def close(self) -> None:
        await self.to_kafka.close()


async def put(place: Place, count: int, *, keys: int) -> None:
    events = [
        outbox.Outgoing(uuid4(), "task.updated", TASK_EVENTS, str(number % keys), f'{{"n":{number}}}'.encode())
        for number in range(count)
    ]
    await place.do(outbox.put, events)


def in_order_without_repeats(records: Sequence[ConsumerRecord]) -> dict[str, list[bytes]]:
    return {key: list(dict.fromkeys(values)) for key, values in by_key(records).items()}


async def test_relays_share_a_backlog(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "BATCH", 20)
    await put(place, 2_000, keys=100)
    with embedded.kafka() as brokers:
        async with contextlib.AsyncExitStack() as stack:
            relays = [Counting(await stack.enter_async_context(publisher(place, brokers))) for _ in range(3)]
            await asyncio.gather(*(publish_all(place, each) for each in relays))
            # One that found nothing at some moment has ended early.
            await publish_all(place, relays[0])
        assert by_key(await read_topics(brokers, TASK_EVENTS)) == await stored(place)
    assert sum(each.rows for each in relays) == 2_000
    assert min(each.rows for each in relays) >= 200


async def test_a_relay_that_is_cut_off_from_the_database_leaves_its_shards_at_once(place: Place) -> None:
    await put(place, 40, keys=40)
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as lost, publisher(place, brokers) as other:
            async with place.sessions() as session:
                assert len(await waiting(session)) == 40
                assert await relay.run_once(place.sessions, other) == 0
                await (await session.connection()).invalidate()
                await session.close()
            await lost.close()

            async def published() -> int:
                return await relay.run_once(place.sessions, other)

            await eventually(published, what="the shards")
            await publish_all(place, other)
        assert by_key(await read_topics(brokers, TASK_EVENTS)) == await stored(place)


async def test_what_is_too_large_becomes_a_dead_letter_and_holds_nothing_up(place: Place) -> None:
    events = [outbox.Outgoing(uuid4(), "task.updated", TASK_EVENTS, "1", bytes(size)) for size in (10, 2_000, 20)]
    await place.do(outbox.put, events)
    before = REGISTRY.get_sample_value(*DEAD)
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:
            assert await relay.run_once(place.sessions, to_kafka, largest=1_000) == 3
            assert await relay.run_once(place.sessions, to_kafka, largest=1_000) == 0
        assert [len(each.value) for each in await read_topics(brokers, TASK_EVENTS)] == [10, 20]
    letters = await place.rows("SELECT consumer, event_id, value, error FROM dead_letters")
    assert letters == [
        {
            "consumer": "relay",
            "event_id": events[1].event_id,
            "value": bytes(2_000),
            "error": "2000 bytes, allowed are 1000",
        }
    ]
    assert REGISTRY.get_sample_value(*DEAD) == (before or 0) + 1
    assert await place.column("SELECT settled_at IS NOT NULL FROM outbox_state ORDER BY id") == [False, True, False]


async def test_a_batch_is_bounded_by_bytes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "BATCH_BYTES", 1_000_000)
    events = [outbox.Outgoing(uuid4(), "task.updated", TASK_EVENTS, "1", bytes(400_000)) for _ in range(7)]
    await place.do(outbox.put, events)
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:
            assert [await relay.run_once(place.sessions, to_kafka) for _ in range(4)] == [3, 3, 1, 0]


async def test_records_without_a_value_or_a_key_and_with_headers_are_on_kafka_as_they_are(place: Place) -> None:
    rows = [
        ("1", None, {}),
        (None, b"{}", {"error": "☂"}),
        (None, None, {}),
        ("2", b"x", {"content-type": "text/plain"}),
    ]
    for key, value, headers in rows:
        await place.do(outbox.put, [outbox.Outgoing(uuid4(), "t", TASK_EVENTS, key, value, headers)])
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:
            await publish_all(place, to_kafka)
        records = await read_topics(brokers, TASK_EVENTS)
    events = ("content-type", b"application/cloudevents+json")
    assert {(each.key, each.value, each.headers) for each in records} == {
        (b"1", None, ()), (None, b"{}", (events, ("error", "☂".encode()))), (None, b"", ()),
        (b"2", b"x", (("content-type", b"text/plain"),)),
    }  # fmt: skip


async def test_what_is_published_again_is_found_below_what_the_relay_has_seen(place: Place) -> None:
    looks = relay.Looks()
    await put(place, 200, keys=10)
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:

            async def once() -> int:
                return await relay.run_once(place.sessions, to_kafka, looks)

            async def risen() -> bool:
                await put(place, 10, keys=10)
                while await once():
                    pass
                return max(looks.floors.ids) > 150

            await eventually(risen, what="a floor that has risen")
            await place.run("UPDATE outbox_state SET published_at = NULL WHERE id = 1")
            assert await eventually(once, what="the row that was taken back") == 1
        assert len(await read_topics(brokers, TASK_EVENTS)) == await place.value("SELECT count(*) + 1 FROM outbox")


async def test_a_floor_does_not_rise_over_what_is_still_to_be_committed(place: Place) -> None:
    looks = relay.Looks()
    with embedded.kafka() as brokers:
        async with publisher(place, brokers) as to_kafka:
            async with place.sessions.begin() as late:
                await outbox.put(late, [outbox.Outgoing(uuid4(), "t", TASK_EVENTS, "late", b"late")])
                for _ in range(20):
                    await put(place, 40, keys=40)
                    while await relay.run_once(place.sessions, to_kafka, looks):
                        looks.next_thorough = math.inf
                assert max(looks.floors.ids) == 0
            assert await relay.run_once(place.sessions, to_kafka, looks) == 1

            async def risen() -> bool:
                await put(place, 40, keys=40)
                while await relay.run_once(place.sessions, to_kafka, looks):
                    pass
                return max(looks.floors.ids) > 0

            await eventually(risen, what="a floor that has risen")
