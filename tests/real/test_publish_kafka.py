"""Publishing straight to a real Kafka: its own limits, what it refuses, and its restarts."""

import asyncio
import contextlib
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pipeline import Place, read_topics
from support import eventually, stack_settings

from cli.real_kafka import Node, node
from config.kafka import KafkaSettings
from db import outbox
from db.outbox import Unpublished
from domain.events import TASK_EVENTS
from workers import broker, publish_kafka, relay
from workers.publish_kafka import Publisher, RefusedError

LIMIT = 20_000
_ids, _topics = itertools.count(1), itertools.count(1)


@pytest.fixture
async def small_topic(real_kafka: Node) -> str:
    """A topic that takes less than we think it does."""
    name = f"small-{next(_topics)}"
    configs = {"max.message.bytes": str(LIMIT)}
    await make(real_kafka, NewTopic(name, num_partitions=2, replication_factor=1, topic_configs=configs))
    return name


async def make(kafka: Node, topic: NewTopic) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.address)
    await admin.start()
    try:
        await admin.create_topics([topic])
    finally:
        await admin.close()


@contextlib.asynccontextmanager
async def publisher(address: str) -> AsyncIterator[Publisher]:
    publisher = Publisher(KafkaSettings(kafka_brokers=address))
    try:
        yield publisher
    finally:
        await publisher.close()


def row(topic: str, key: str, size: int) -> Unpublished:
    id_ = next(_ids)
    return Unpublished(id_, topic, key, str(id_).encode().ljust(size), {})


def ids_by_key(records: Sequence[ConsumerRecord]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for record in records:
        found[record.key.decode()].append(int(record.value))
    return dict(found)


async def test_of_a_batch_that_is_larger_than_the_broker_takes_only_records_that_are_so_are_refused(
    real_kafka: Node, small_topic: str
) -> None:
    sizes = (100, 15_000, 100, 30_000, 15_000, 100, 25_000, 100)
    rows = [row(small_topic, key, size) for size in sizes for key in ("a", "b", "c")]
    large = {each.id for each in rows if each.value is not None and len(each.value) > LIMIT}
    async with publisher(real_kafka.address) as to_kafka:
        with pytest.raises(RefusedError) as refused:
            await to_kafka.publish(rows)
        assert set(refused.value.rows) == large
        assert "the broker takes no record so large" in refused.value.rows[min(large)]
        # It goes on as if nothing had been.
        after = [row(small_topic, key, 100) for key in ("a", "b", "c")]
        await to_kafka.publish(after)
    wanted: dict[str, list[int]] = defaultdict(list)
    for each in [*rows, *after]:
        if each.id not in large:
            wanted[str(each.key)].append(each.id)
    assert ids_by_key(await read_topics(real_kafka.address, small_topic)) == wanted


async def test_what_the_broker_refuses_is_a_dead_letter_and_the_rest_is_published(
    real_kafka: Node, small_topic: str, place: Place
) -> None:
    events = [
        outbox.Outgoing(uuid4(), "t", small_topic, "a", str(size).encode().ljust(size)) for size in (10, 30_000, 20)
    ]
    await place.do(outbox.put, events)
    async with publisher(real_kafka.address) as to_kafka:
        assert await relay.run_once(place.sessions, to_kafka) == 3
        assert await relay.run_once(place.sessions, to_kafka) == 0
    assert ids_by_key(await read_topics(real_kafka.address, small_topic)) == {"a": [10, 20]}
    assert await place.column("SELECT event_id FROM dead_letters WHERE consumer = 'relay'") == [events[1].event_id]


async def test_a_record_of_the_largest_size_that_we_let_through_is_taken(real_kafka: Node, place: Place) -> None:
    settings = stack_settings(place.url, real_kafka.address)
    await broker.ensure_topics(settings)
    largest = settings.kafka_max_message_bytes
    await place.do(outbox.put, [outbox.Outgoing(uuid4(), "t", TASK_EVENTS, "large", bytes(largest), {"h": "x" * 1000})])
    async with publisher(real_kafka.address) as to_kafka:
        assert await relay.run_once(place.sessions, to_kafka, largest=largest) == 1
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


async def test_a_broker_that_is_killed_and_comes_back_has_everything_in_order(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_kafka, "PUBLISH_SECONDS", 3)
    events = [outbox.Outgoing(uuid4(), "t", TASK_EVENTS, str(n % 7), str(n).encode()) for n in range(3_000)]
    with node(tmp_path / "kafka") as first:
        await broker.ensure_topics(KafkaSettings(kafka_brokers=first.address))
        async with publisher(first.address) as to_kafka:
            await place.do(outbox.put, events[:1_500])
            await relay.run_once(place.sessions, to_kafka)
            first.process.kill()
            first.process.wait()
            with contextlib.suppress(Exception):
                await relay.run_once(place.sessions, to_kafka)
            await place.do(outbox.put, events[1_500:])
    with node(tmp_path / "kafka") as again:
        async with publisher(again.address) as to_kafka:

            async def drained() -> bool:
                with contextlib.suppress(Exception):
                    return await relay.run_once(place.sessions, to_kafka) == 0
                return False

            await eventually(drained, what="everything to be published", seconds=60)
        found = ids_by_key(await read_topics(again.address, TASK_EVENTS))
    assert {key: list(dict.fromkeys(numbers)) for key, numbers in found.items()} == {
        str(key): [n for n in range(3_000) if n % 7 == key] for key in range(7)
    }


async def test_a_topic_that_is_not_there_is_waited_for_in_the_log_and_then_found(
    real_kafka: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    """The consumer that needs it would end its process otherwise."""
    name, said = f"missing-{next(_topics)}", ""
    waiting = asyncio.create_task(broker.wait_for_topic(KafkaSettings(kafka_brokers=real_kafka.address), name))

    async def told() -> bool:
        nonlocal said
        said += "".join(capsys.readouterr())
        return said.count("waiting for a topic") >= 2

    await eventually(told, what="log lines")
    assert name in said
    assert "allow this user to" in said
    assert not waiting.done()
    await make(real_kafka, NewTopic(name, num_partitions=1, replication_factor=1))
    async with asyncio.timeout(20):
        await waiting
