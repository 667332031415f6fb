"""Publishing through a real daprd to a real Kafka: the same records as without it, or an error."""

import contextlib
import itertools
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from pipeline import NOBODY_LISTENS, Place, read_topics
from support import eventually, stack_settings

from cli.real_daprd import Sidecar, sidecar
from cli.real_kafka import Node, node
from cli.real_parts import RealPartError
from config.settings import Settings
from config.sidecar import SidecarAway
from db.outbox import Unpublished
from domain.events import TASK_EVENTS, TASK_UPDATES
from workers import broker, dapr_bus, publish_dapr, publish_kafka, relay
from workers.dapr_bus import PublishError
from workers.publish_kafka import RefusedError

Through = Callable[..., Settings]
_ids = itertools.count(1)


def row(value: bytes | None = b"{}", key: str | None = "1", topic: str = TASK_EVENTS, **headers: str) -> Unpublished:
    return Unpublished(next(_ids), topic, key, value, headers)


@contextlib.asynccontextmanager
async def publisher(settings: Settings) -> AsyncIterator[publish_dapr.Publisher]:
    publisher = publish_dapr.Publisher(settings)
    try:
        yield publisher
    finally:
        await publisher.close()


async def ends(brokers: str, *topics: str) -> dict[TopicPartition, int]:
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=brokers)
    await consumer.start()
    try:
        return dict(await consumer.end_offsets(consumer.assignment()))
    finally:
        await consumer.stop()


async def new_records(brokers: str, since: dict[TopicPartition, int]) -> list[ConsumerRecord]:
    records = await read_topics(brokers, *{partition.topic for partition in since})
    return [each for each in records if each.offset >= since[TopicPartition(each.topic, each.partition)]]


def as_sent(record: ConsumerRecord) -> tuple[object, ...]:
    """All that a consumer can see of a record but where and when it was put."""
    return record.topic, record.partition, record.key, record.value, dict(record.headers)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([row(f'{{"n": {n}}}'.encode(), str(n * 7919)) for n in range(300)], id="many keys"),
        pytest.param([row(f"{n}".encode(), "one") for n in range(30)], id="one key"),
        pytest.param([row(b'{ "b":1,"a":12345678901234567890, "c":"\\u00fc<>\xc3\xbc" }\n')], id="JSON as it is"),
        pytest.param([row(bytes(range(256)) * 40)], id="any bytes"),
        pytest.param([row(None, "gone", TASK_UPDATES), row(b"{}", "there", TASK_UPDATES)], id="a tombstone"),
        pytest.param([row(b"null", "1"), row(b"", "2"), row(b"{}", "1")], id="what Dapr takes for none"),
        pytest.param([row(b"{}", "1", error="Ä: not\nso", attempts="5", rawPayload="no")], id="a name Dapr knows"),
        pytest.param(
            [row(b"x" * 400_000, None, "dead-letters", error="Ä: not so", attempts="5") for _ in range(4)],
            id="dead letters",
        ),
        pytest.param([row(b"{}", "Schlüssel ☂"), row(b"{}", "")], id="keys of any text"),
    ],
)
async def test_dapr_puts_on_kafka_what_the_direct_way_puts_there(
    real_kafka: Node, daprd: Sidecar, through: Through, rows: Sequence[Unpublished]
) -> None:
    since = await ends(real_kafka.address, *{each.topic for each in rows})
    async with publisher(through(daprd, real_kafka.address)) as dapr:
        await dapr.publish(rows)
    by_dapr = await new_records(real_kafka.address, since)
    since = await ends(real_kafka.address, *{each.topic for each in rows})
    straight = publish_kafka.Publisher(stack_settings("postgresql://nobody/nothing", real_kafka.address))
    try:
        await straight.publish(rows)
    finally:
        await straight.close()
    directly = await new_records(real_kafka.address, since)
    assert len(by_dapr) == len(rows)
    # By partition, and in each the order of a key; records of different keys may overtake each other.
    assert _by_key(by_dapr) == _by_key(directly)


def _by_key(records: Sequence[ConsumerRecord]) -> dict[object, list[tuple[object, ...]]]:
    found: dict[object, list[tuple[object, ...]]] = defaultdict(list)
    for each in records:
        found[each.topic, each.key].append(as_sent(each))
    return dict(found)


async def test_the_relay_publishes_the_outbox_with_its_exact_bytes(
    place: Place, real_kafka: Node, daprd: Sidecar, through: Through
) -> None:
    actor = await place.user()
    tasks = [await place.create(actor, f"Überschrift {number} ☂") for number in range(5)]
    for round_, task in itertools.product(range(4), tasks):
        await place.rename(actor, task, f"Round {round_} of {task.id}")
    since = await ends(real_kafka.address, TASK_EVENTS)
    chosen = relay.publisher(through(daprd, real_kafka.address, place.url))
    assert isinstance(chosen, publish_dapr.Publisher)
    try:
        while await relay.run_once(place.sessions, chosen):
            pass
    finally:
        await chosen.close()
    records = await new_records(real_kafka.address, since)
    stored = defaultdict(list)
    for each in await place.rows("SELECT key, value FROM outbox ORDER BY id"):
        stored[each["key"].encode()].append(each["value"])
    found = defaultdict(list)
    for record in records:
        found[record.key].append(record.value)
        assert record.headers == (("content-type", b"application/cloudevents+json"),)
        assert record.partition == dapr_bus.partition(record.key.decode(), 12)
    assert found == stored
    assert await place.column("SELECT DISTINCT published_at IS NULL FROM outbox_state") == [False]


@dataclass
class Own:
    """A Kafka and a sidecar of one test, which it may break. The topic task-updates takes small records only."""

    kafka: Node
    sidecar: Sidecar
    settings: Settings


@pytest.fixture
async def own(tmp_path: Path, through: Through, empty_database: str) -> AsyncIterator[Own]:
    with node(tmp_path / "kafka") as kafka:
        await _make_topic(kafka, NewTopic(TASK_UPDATES, 12, 1, topic_configs={"max.message.bytes": "2000"}))
        await broker.ensure_topics(stack_settings(empty_database, kafka.address))
        with sidecar(tmp_path / "daprd", brokers=kafka.address, database_url=empty_database) as beside:
            yield Own(kafka, beside, through(beside, kafka.address, dapr_deadline_seconds=3))


async def _make_topic(kafka: Node, topic: NewTopic) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.address)
    await admin.start()
    try:
        await admin.create_topics([topic])
    finally:
        await admin.close()


async def test_a_record_too_large_for_its_topic_is_named_and_the_others_are_there(own: Own) -> None:
    rows = [row(f"{n}".encode(), key, TASK_UPDATES) for n, key in enumerate(["a", "b", "large", "a", "c"])]
    rows[2] = row(b"x" * 3000, "large", TASK_UPDATES)
    async with publisher(own.settings) as dapr:
        with pytest.raises(RefusedError) as raised:
            await dapr.publish(rows)
    assert list(raised.value.rows) == [rows[2].id]
    assert "too large" in raised.value.rows[rows[2].id]
    records = await read_topics(own.kafka.address, TASK_UPDATES)
    assert {(each.key, each.value) for each in records} == {(b"a", b"0"), (b"b", b"1"), (b"a", b"3"), (b"c", b"4")}


async def test_a_frozen_broker_is_given_up_in_time_and_later_everything_is_there_in_order(own: Own) -> None:
    rows = [row(f"{n}".encode(), "one") for n in range(5)]
    async with publisher(own.settings) as dapr:
        await dapr.publish(rows[:1])
        own.kafka.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            with pytest.raises(TimeoutError):
                await dapr.publish(rows[1:])
            assert time.monotonic() - began < 10
        finally:
            own.kafka.process.send_signal(signal.SIGCONT)
        await _until_it_goes(dapr, rows[1:])
    await _first_times_are_in_order(own, rows)


async def test_a_batch_that_takes_longer_than_the_deadline_is_done_in_several_attempts(
    own: Own, through: Through
) -> None:
    rows = [row(f"{n}".encode(), "one") for n in range(1500)]
    settings = through(own.sidecar, own.kafka.address, dapr_deadline_seconds=0.5)
    async with publisher(settings) as dapr:
        with pytest.raises(TimeoutError):
            await dapr.publish(rows)
        await _until_it_goes(dapr, rows)
        # Published again, as the reconciler has it done, it is sent again.
        await dapr.publish(rows[:1])
    await _first_times_are_in_order(own, rows)
    values = [each.value for each in await read_topics(own.kafka.address, TASK_EVENTS)]
    assert values[-1] == rows[0].value


async def test_a_sidecar_that_is_killed_is_found_again_once_it_is_back(own: Own) -> None:
    rows = [row(f"{n}".encode(), "one") for n in range(3)]
    async with publisher(own.settings) as dapr:
        await dapr.publish(rows[:1])
        assert own.sidecar.process is not None
        own.sidecar.process.kill()
        own.sidecar.process.wait()
        with pytest.raises((PublishError, SidecarAway)):
            await dapr.publish(rows[1:])
        with pytest.raises(SidecarAway, match=r"no Dapr sidecar at 127\.0\.0\.1:"):
            await dapr.publish(rows[1:])
        own.sidecar.restart()
        await _until_it_goes(dapr, rows[1:])
    await _first_times_are_in_order(own, rows)


async def test_without_kafka_it_fails_and_with_it_again_nothing_is_missing(own: Own, tmp_path: Path) -> None:
    rows = [row(f"{n}".encode(), "one") for n in range(3)]
    async with publisher(own.settings) as dapr:
        await dapr.publish(rows[:1])
        own.kafka.process.kill()
        own.kafka.process.wait()
        with pytest.raises((PublishError, KafkaError, TimeoutError)):
            await dapr.publish(rows[1:])
        with node(tmp_path / "kafka") as again:
            assert again.address == own.kafka.address
            await _until_it_goes(dapr, rows[1:])
            await _first_times_are_in_order(own, rows)


async def test_the_sidecar_ends_without_kafka_and_says_so(tmp_path: Path, empty_database: str) -> None:
    parts = sidecar(tmp_path / "daprd", brokers=NOBODY_LISTENS, database_url=empty_database)
    with pytest.raises(RealPartError, match=r"daprd ended with 1; the last lines"), parts:
        pass


async def test_a_sidecar_without_our_component_is_an_error(own: Own, through: Through) -> None:
    settings = through(own.sidecar, own.kafka.address, dapr_pubsub="another")
    async with publisher(settings) as dapr:
        with pytest.raises(PublishError, match="another"):
            await dapr.publish([row()])


async def _until_it_goes(dapr: publish_dapr.Publisher, rows: Sequence[Unpublished]) -> None:
    """As the relay does it: the same rows again and again."""

    async def published() -> bool:
        with contextlib.suppress(PublishError, KafkaError, TimeoutError):
            await dapr.publish(rows)
            return True
        return False

    await eventually(published, what="published", seconds=60)


async def _first_times_are_in_order(own: Own, rows: Sequence[Unpublished]) -> None:
    """What was sent again may be there twice, as consumers expect; each first time is in order."""
    values = [each.value for each in await read_topics(own.kafka.address, TASK_EVENTS)]
    assert list(dict.fromkeys(values)) == [each.value for each in rows]
