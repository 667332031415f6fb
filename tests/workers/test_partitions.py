"""A failing record, and a database that is away, as a consumer meets them: others go on, and nothing is skipped."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.conn import AIOKafkaConnection
from pipeline import NOW, Place, cut_off, open_place, read_topics
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncSession
from support import eventually, stack_settings

from cli import embedded
from db import inbox
from db.outbox import Outgoing
from domain.events import TASK_EVENTS, TASK_UPDATES, Event, EventType, outgoing
from workers import audit
from workers.batch import ATTEMPTS, Together, Work

PARTITIONS = 4
NAME = "audit"


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database, pool_size=10) as place:
        yield place


@pytest.fixture
def brokers() -> Iterator[str]:
    with embedded.kafka() as brokers:
        yield brokers


async def make(brokers: str, numbers: Sequence[int], *, user_id: int) -> dict[int, UUID]:
    """Publishes an event for each number, in the partition of its remainder; returns their ids."""
    made = {n: event(n, user_id) for n in numbers}
    async with producing(brokers) as producer:
        for n, each in made.items():
            await producer.send_and_wait(TASK_EVENTS, each.value, key=b"%d" % n, partition=n % PARTITIONS)
    return {n: each.event_id for n, each in made.items()}


def event(number: int, user_id: int) -> Outgoing:
    data = {"number": number}
    kind = EventType.TASK_UPDATED
    return outgoing(kind, topic=TASK_EVENTS, user_id=user_id, task_id=number + 1, at=NOW, data=data)


@contextlib.asynccontextmanager
async def producing(brokers: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=brokers)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@contextlib.asynccontextmanager
async def consuming(
    place: Place, brokers: str, work: Work | Together | None = None
) -> AsyncIterator["asyncio.Task[None]"]:
    running = asyncio.create_task(place.worker(NAME, work, settings=stack_settings(place.url, brokers)).run())
    try:
        yield running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def numbers(place: Place) -> list[int]:
    """What was worked on, in its order."""
    return await place.column("SELECT (data ->> 'number')::int FROM audit_log ORDER BY id")


async def done(place: Place, wanted: Iterable[int]) -> list[int]:
    """Waits for these, and says what else is done."""
    missing = set(wanted)

    async def look() -> list[int]:
        found = await numbers(place)
        return found if missing <= set(found) else []

    return await eventually(look, what=f"{sorted(missing)} are worked on", seconds=40)


async def committed(brokers: str) -> dict[int, int]:
    """Up to where the group is, by partition; 0 where it has committed nothing."""
    partitions = [TopicPartition(TASK_EVENTS, number) for number in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, group_id=f"tickler-{NAME}", enable_auto_commit=False)
    consumer.assign(partitions)
    await consumer.start()
    try:
        return {each.partition: await consumer.committed(each) or 0 for each in partitions}
    finally:
        await consumer.stop()


async def all_committed(brokers: str, each: int) -> None:
    async def look() -> bool:
        return set((await committed(brokers)).values()) == {each}

    await eventually(look, what=f"every partition is committed up to {each}", seconds=30)


def metric(name: str) -> float:
    return REGISTRY.get_sample_value(name, {"consumer": NAME}) or 0.0


async def test_a_failing_record_holds_up_its_own_partition_only_and_nothing_before_or_behind_it_is_lost(
    place: Place, brokers: str
) -> None:
    user = await place.user()
    first = await make(brokers, range(12), user_id=user.user_id)
    broken, others_went_on, tries = first[5], asyncio.Event(), 0
    # Nothing behind it will commit past the last one of a partition.
    last = 23
    retried, paused = metric("tickler_retries_total"), list[float]()

    async def work(session: AsyncSession, event: Event) -> None:
        nonlocal tries
        await audit.work(session, [event])
        if event.id == broken:
            tries += 1
            if tries > 1:
                # It is on its own now, and stays so until the others have gone on.
                paused.append(metric("tickler_paused_partitions"))
                await others_went_on.wait()
            raise ValueError("never")
        if event.data["number"] == last:
            raise ValueError("nor this")

    async with consuming(place, brokers, work):

        async def is_held() -> bool:
            return tries > 1

        await eventually(is_held, what="the failing record is tried again", seconds=30)
        await make(brokers, range(12, 24), user_id=user.user_id)
        went_on = await done(place, [n for n in range(23) if n % PARTITIONS != 1])
        assert {n for n in went_on if n % PARTITIONS == 1} <= {1}
        assert (await committed(brokers))[1] <= 1
        others_went_on.set()
        await done(place, set(range(24)) - {5, last})
        await all_committed(brokers, 6)
    found = await numbers(place)
    assert sorted(found) == sorted(set(range(24)) - {5, last})
    for partition in range(PARTITIONS):
        of_one = [n for n in found if n % PARTITIONS == partition]
        assert of_one == sorted(of_one)
    assert await place.column("SELECT event_id FROM dead_letters WHERE partition = 1") == [broken]
    assert await place.column('SELECT "offset" FROM dead_letters ORDER BY partition') == [1, 5]
    assert paused[0] >= 1
    assert metric("tickler_paused_partitions") == 0
    assert metric("tickler_retries_total") - retried == 2 * (ATTEMPTS - 1)
    assert metric("tickler_lag_records") == 0


async def test_while_the_database_is_away_the_consumer_reads_again_and_gives_nothing_up(
    place: Place, brokers: str
) -> None:
    user = await place.user()
    await make(brokers, range(8), user_id=user.user_id)
    async with consuming(place, brokers):
        await done(place, range(8))
        await all_committed(brokers, 2)
        before = failed()
        async with cut_off(place):
            await make(brokers, range(8, 16), user_id=user.user_id)

            async def has_tried() -> bool:
                return failed() >= before + 5

            await eventually(has_tried, what="tries without a database", seconds=30)
            assert metric("tickler_lag_records") >= 1
            # Neither is anything committed, nor does it try without pausing: five tries take more than a second.
            assert set((await committed(brokers)).values()) == {2}
        await done(place, range(16))
        await all_committed(brokers, 4)
    assert failed() < before + 30
    assert sorted(await numbers(place)) == list(range(16))
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


@pytest.mark.parametrize("request_name", ["FetchRequest", "HeartbeatRequest"])
async def test_a_consumer_whose_inner_tasks_ended_starts_anew(
    place: Place, brokers: str, monkeypatch: pytest.MonkeyPatch, request_name: str
) -> None:
    """As uvloop ends them: a write to a connection that was reset just now is a RuntimeError, which aiokafka does not
    expect. The member then reads no more and keeps its partitions, or is thrown out and never comes back.
    """
    user = await place.user()
    failures = failed()
    send, broken = AIOKafkaConnection.send, asyncio.Event()

    def break_once(connection: AIOKafkaConnection, request: Any, expect_response: bool = True) -> Any:
        if connection._client_id == f"tickler-{NAME}" and type(request).__name__ == request_name:  # noqa: SLF001
            monkeypatch.setattr(AIOKafkaConnection, "send", send)
            broken.set()
            raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")
        return send(connection, request, expect_response)

    async with consuming(place, brokers):
        await make(brokers, range(4), user_id=user.user_id)
        await done(place, range(4))
        monkeypatch.setattr(AIOKafkaConnection, "send", break_once)
        await make(brokers, range(4, 8), user_id=user.user_id)
        async with asyncio.timeout(10):
            await broken.wait()
        await make(brokers, range(8, 12), user_id=user.user_id)

        async def has_started_anew() -> bool:
            return failed() > failures

        await eventually(has_started_anew, what="the consumer starts anew")
        await done(place, range(12))
        await all_committed(brokers, 3)
    assert sorted(await numbers(place)) == list(range(12))


def failed() -> float:
    return REGISTRY.get_sample_value("tickler_loop_failures_total", {"loop": NAME}) or 0.0


async def test_headers_that_are_no_text_or_ask_for_an_answer_do_nothing_to_a_batch(place: Place, brokers: str) -> None:
    user = await place.user()
    made = {n: event(n, user.user_id) for n in range(4)}
    odd = [("odd", b"\xff\x00\xfe"), ("content-type", b"text/plain"), ("reply_to", b"task-updates"), ("", b"")]
    async with producing(brokers) as producer:
        for each in made.values():
            await producer.send_and_wait(TASK_EVENTS, each.value, partition=0, headers=odd)
        await producer.send_and_wait(TASK_EVENTS, b"{", partition=0, headers=odd)
    async with consuming(place, brokers):
        await done(place, made)

        async def is_at_the_end() -> bool:
            return (await committed(brokers))[0] == 5

        await eventually(is_at_the_end, what="all is committed")
    assert await place.value("SELECT headers ->> 'odd' FROM dead_letters") == "\ufffd\ufffd\ufffd"
    assert await read_topics(brokers, TASK_UPDATES) == []


async def test_stopped_with_a_partition_set_aside_it_ends_at_once_and_the_next_one_begins_there_again(
    place: Place, brokers: str
) -> None:
    user = await place.user()
    made = await make(brokers, range(12), user_id=user.user_id)
    tries = 0

    async def work(session: AsyncSession, event: Event) -> None:
        nonlocal tries
        await audit.work(session, [event])
        if event.id == made[4]:
            tries += 1
            if tries > 1:
                await asyncio.Event().wait()
            raise ValueError("not today")

    async def is_held() -> bool:
        return tries > 1

    async with consuming(place, brokers, work) as running:
        await done(place, [n for n in range(12) if n % PARTITIONS])
        await eventually(is_held, what="the failing record is tried again", seconds=30)
        running.cancel()
        async with asyncio.timeout(10):
            await asyncio.gather(running, return_exceptions=True)
    assert (await committed(brokers))[0] <= 1
    async with consuming(place, brokers):
        await done(place, range(12))
        await all_committed(brokers, 3)
    assert sorted(await numbers(place)) == list(range(12))
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


async def test_rows_that_somebody_else_holds_are_waited_for_and_nothing_is_a_dead_letter(
    place: Place, brokers: str
) -> None:
    """As after a member that was frozen in its transaction: its partitions' new owner finds the events in work."""
    user = await place.user()
    made = await make(brokers, range(8), user_id=user.user_id)
    await place.run(f'ALTER DATABASE "{place.engine.url.database}" SET lock_timeout = 50')
    await place.engine.dispose()
    retried = metric("tickler_retries_total")

    async def is_tried_more_often_than_a_failing_record() -> bool:
        return metric("tickler_retries_total") > retried + ATTEMPTS

    async with place.sessions() as frozen:
        await inbox.record(frozen, NAME, [made[2]])
        async with consuming(place, brokers):
            await done(place, [n for n in range(8) if n % PARTITIONS != 2])
            await eventually(is_tried_more_often_than_a_failing_record, what="more tries", seconds=30)
            await frozen.rollback()
            await done(place, range(8))
            await all_committed(brokers, 2)
    assert await place.value("SELECT count(*) FROM dead_letters") == 0
    assert sorted(await numbers(place)) == list(range(8))
