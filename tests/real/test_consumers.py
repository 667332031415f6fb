"""Members of one group on a real Kafka: they join, leave, are killed and frozen, and each event is worked on once."""

import asyncio
import contextlib
import itertools
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import CommitFailedError
from pipeline import NOW, Place, read_topics
from processes import environment
from support import SECRET, eventually, stack_settings

from cli.real_kafka import Node
from domain.events import DEAD_LETTERS, TASK_EVENTS, EventType, outgoing
from workers import broker, relay
from workers.batch import ATTEMPTS
from workers.publish_kafka import Publisher

MEMBER = Path(__file__).parent / "member.py"
ROOT = MEMBER.parent.parent.parent
PARTITIONS = 12
TASKS = 60
# Of the group's members; a frozen or killed one is thrown out after ten seconds (workers/consumer.py).
GROUP = "tickler-audit"
_folders = itertools.count(1)


class Member:
    """A process of tests/real/member.py."""

    def __init__(self, place: Place, brokers: str, folder: Path, **more: str) -> None:
        self.log = folder / f"member{next(_folders)}.log"
        given = {
            "DATABASE_URL": place.url,
            "KAFKA_BROKERS": brokers,
            "TICKLER_SECRET": SECRET,
            "TICKLER_KAFKA_FETCH_MAX_WAIT_MS": "50",
            "PYTHONPATH": str(ROOT),
            **more,
        }
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, str(MEMBER)],
                cwd=ROOT,
                env=environment(**given),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self) -> int:
        async def look() -> bool:
            return self.process.poll() is not None

        await eventually(look, what=f"the end of a member: {self.log.read_text()[-3000:]}", seconds=30)
        return self.process.returncode


@pytest.fixture
async def topic(real_kafka: Node, place: Place) -> str:
    """The broker's address, with the topics made and the group's offsets at their ends."""
    settings = stack_settings(place.url, real_kafka.address)
    await broker.ensure_topics(settings)
    await broker.wait_for_topic(settings, TASK_EVENTS)
    partitions = [TopicPartition(TASK_EVENTS, number) for number in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(bootstrap_servers=real_kafka.address, group_id=GROUP, enable_auto_commit=False)
    consumer.assign(partitions)

    async def is_at_the_end() -> bool:
        try:
            await consumer.commit(dict(await consumer.end_offsets(partitions)))
        except CommitFailedError:
            # Members of the test before, who were killed, are still members for some seconds.
            return False
        return True

    await consumer.start()
    try:
        await eventually(is_at_the_end, what="the group is empty", seconds=30)
    finally:
        await consumer.stop()
    await place.run("CREATE TABLE effects (id bigserial, event_id uuid, task_id bigint, number int, pid int)")
    return real_kafka.address


@pytest.fixture
def start(place: Place, topic: str, tmp_path: Path) -> Iterator[Any]:
    members: list[Member] = []

    def start(**more: str) -> Member:
        members.append(Member(place, topic, tmp_path, **more))
        return members[-1]

    yield start
    for member in members:
        member.process.kill()
        member.process.wait()


class Source:
    """Publishes events of sixty tasks, numbered within each task."""

    def __init__(self, place: Place, user_id: int, producer: AIOKafkaProducer) -> None:
        self._user_id, self._producer, self._place = user_id, producer, place
        self._numbers = dict.fromkeys(range(1, TASKS + 1), 0)
        self.sent: list[Any] = []

    async def send(self, task_id: int | None = None, **data: Any) -> Any:
        task = task_id or random.randint(1, TASKS)  # noqa: S311 - spreads work
        self._numbers[task] += 1
        event = outgoing(
            EventType.TASK_UPDATED,
            topic=TASK_EVENTS,
            user_id=self._user_id,
            task_id=task,
            at=NOW,
            data={"number": self._numbers[task], **data},
        )
        await self._producer.send(TASK_EVENTS, event.value, key=event.key.encode())
        self.sent.append(event.event_id)
        return event.event_id

    async def stream(self) -> None:
        """About 400 a second, until cancelled."""
        while True:
            for _ in range(20):
                await self.send()
            await asyncio.sleep(0.05)


@pytest.fixture
async def source(place: Place, topic: str) -> AsyncIterator[Source]:
    producer = AIOKafkaProducer(bootstrap_servers=topic, enable_idempotence=True, max_request_size=20_000_000)
    await producer.start()
    try:
        yield Source(place, (await place.user()).user_id, producer)
        await producer.flush()
    finally:
        await producer.stop()


async def effects(place: Place) -> int:
    return int(await place.value("SELECT count(*) FROM effects"))


async def grows(place: Place, *, of: Member | None = None, by: int = 1, seconds: float = 60) -> None:
    """Waits until this member (or any) has done more."""
    pid = of.process.pid if of else None
    count = "SELECT count(*) FROM effects WHERE CAST(:pid AS int) IS NULL OR pid = :pid"
    before = await place.value(count, pid=pid)

    async def look() -> bool:
        return bool(await place.value(count, pid=pid) >= before + by)

    await eventually(look, what=f"more work by {pid or 'anybody'}", seconds=seconds)


async def all_done(place: Place, source: Source, *, seconds: float = 90) -> None:
    async def look() -> bool:
        return await effects(place) >= len(source.sent)

    await eventually(look, what=f"{len(source.sent)} events are worked on", seconds=seconds)


async def each_once(place: Place, source: Source) -> None:
    done = await place.column("SELECT event_id FROM effects")
    assert sorted(done) == sorted(source.sent)
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


@contextlib.asynccontextmanager
async def streaming(source: Source) -> AsyncIterator[None]:
    running = asyncio.create_task(source.stream())
    try:
        yield
        assert not running.done(), running.result()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_members_join_leave_and_are_killed_and_each_event_is_worked_on_once_in_its_tasks_order(
    place: Place, source: Source, start: Any
) -> None:
    async with streaming(source):
        first = start()
        await grows(place, of=first)
        second = start()
        await grows(place, of=second)
        third = start()
        await grows(place, of=third)
        second.send(signal.SIGKILL)
        await grows(place, of=first, by=500)
        fourth = start()
        await grows(place, of=fourth)
        first.send(signal.SIGTERM)
        assert await first.ended() == 0
        assert "Traceback" not in first.log.read_text()
        await grows(place, of=third, by=500)
    await all_done(place, source)
    await each_once(place, source)
    turned = """SELECT count(*) FROM (SELECT number - lag(number) OVER (PARTITION BY task_id ORDER BY id) AS step
                                        FROM effects) AS steps WHERE step <> 1"""
    assert await place.value(turned) == 0


async def test_a_member_frozen_in_its_transaction_is_thrown_out_and_nothing_is_lost_doubled_or_buried(
    place: Place, source: Source, start: Any
) -> None:
    # Statements that wait for what the frozen one holds end soon: it is waited for longer than a failing record.
    short = {"TICKLER_STATEMENT_TIMEOUT_MS": "1000"}
    frozen = start(**short)
    async with streaming(source):
        await grows(place, of=frozen)
    await all_done(place, source)
    held = await source.send(seconds=0.8)
    sleeps = "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
    await eventually(lambda: place.value(sleeps), what="a transaction in work")
    frozen.send(signal.SIGSTOP)
    other = start(**short)
    async with streaming(source):
        await grows(place, of=other, by=500)

        async def is_tried_more_often_than_a_failing_record() -> bool:
            return other.log.read_text().count("tried again on its own") > ATTEMPTS + 1

        await eventually(is_tried_more_often_than_a_failing_record, what="more tries", seconds=60)
        await grows(place, of=other, by=500)
    assert await place.value("SELECT count(*) FROM dead_letters") == 0
    assert held not in await place.column("SELECT event_id FROM effects")
    frozen.send(signal.SIGCONT)
    await all_done(place, source)
    async with streaming(source):
        await grows(place, of=frozen)
    await all_done(place, source)
    await each_once(place, source)


async def test_a_failing_record_moves_with_its_partition_and_is_a_dead_letter_once(
    place: Place, source: Source, start: Any
) -> None:
    first = start()
    async with streaming(source):
        await grows(place, of=first)
        bad = [await source.send(task_id=number, fails=True) for number in range(1, 11)]
        second = start()
        await grows(place, of=second)
        first.send(signal.SIGTERM)
        assert await first.ended() == 0
        await grows(place, of=second, by=500)
    source.sent = [each for each in source.sent if each not in bad]
    await all_done(place, source)

    async def buried() -> bool:
        return await place.value("SELECT count(*) FROM dead_letters") == len(bad)

    await eventually(buried, what="ten dead letters", seconds=60)
    assert sorted(await place.column("SELECT event_id FROM dead_letters")) == sorted(bad)
    assert sorted(await place.column("SELECT event_id FROM effects")) == sorted(source.sent)
    assert await place.value("SELECT count(*) FROM outbox WHERE topic = 'dead-letters'") == len(bad)


async def test_records_of_every_kind_on_real_kafka_are_worked_on_or_kept_and_told(
    place: Place, topic: str, source: Source, start: Any
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=topic)
    await admin.start()
    try:
        large = {"max.message.bytes": str(20_000_000)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TASK_EVENTS, configs=large)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=topic, max_request_size=20_000_000)
    await producer.start()
    bad = [
        b"",
        b"{",
        None,
        b"\xff" * 5 * 1024 * 1024,
        b'{"specversion": "2.0", "data": {"event_type": "task.updated"}}',
    ]
    try:
        for value in bad:
            key = b"\xff\xfe" if value == b"{" else b"7"
            await producer.send_and_wait(TASK_EVENTS, value, key=key, headers=[("odd", b"\x9b")], partition=3)
    finally:
        await producer.stop()
    await source.send(title="x" * 5 * 1024 * 1024)
    start()
    await all_done(place, source)

    async def buried() -> bool:
        return await place.value("SELECT count(*) FROM dead_letters") == len(bad)

    await eventually(buried, what=f"{len(bad)} dead letters", seconds=60)
    assert await place.column('SELECT value FROM dead_letters ORDER BY "offset"') == bad
    publisher = Publisher(stack_settings(place.url, topic))
    while await relay.run_once(place.sessions, publisher):
        pass
    await publisher.close()
    told = (await read_topics(topic, DEAD_LETTERS))[-len(bad) :]
    # What is too long for the topic is in the table only.
    assert [each.value for each in told] == [None if value and len(value) > 10**6 else value for value in bad]
    assert {dict(each.headers)["dead-letter-consumer"] for each in told} == {b"audit"}
    assert [each.key for each in told] == [None if value == b"{" else b"7" for value in bad]
