"""Publishing straight to Kafka: rows of the outbox become records, acknowledged by all replicas, in order per key."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError, MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder

from config import logs
from config.kafka import KafkaSettings
from db.outbox import Unpublished
from workers.kafka_login import client_options, reach

_log = logs.get("workers.publish_kafka")
PUBLISH_SECONDS = 20
CLOSE_SECONDS = 2
# Records that go together. What the broker takes as one lies above it by default (1048588).
BATCH_BYTES = 256 * 1024
CONTENT_TYPE = "application/cloudevents+json"
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
_Rows = Sequence[Unpublished]


class RefusedError(Exception):
    """Some rows (by id, with the reason) can never be published. All others of the batch are."""

    def __init__(self, rows: Mapping[int, str]) -> None:
        super().__init__(f"{len(rows)} events cannot be published")
        self.rows = rows


class Publisher:
    """A producer that is made anew after a failure: a failed idempotent one has lost its sequence."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._partitioner = DefaultPartitioner()

    async def publish(self, rows: _Rows) -> None:
        """Returns when Kafka has acknowledged all rows, in their order per key.

        Raises RefusedError if it refused some for good and has the others; with any other error nothing is known.
        """
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                refused = await self._publish(rows)
        except TimeoutError as error:
            await self.close()
            topics = ", ".join(sorted({row.topic for row in rows}))
            raise KafkaTimeoutError(f"not acknowledged within {PUBLISH_SECONDS} s (to {topics})") from error
        except BaseException:
            await self.close()
            raise
        if refused:
            raise RefusedError(refused)

    async def close(self) -> None:
        """Ends the producer. What it still has is not acknowledged, and is published again by the next."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        with contextlib.suppress(Exception):
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await producer.stop()
            except TimeoutError:
                # It waits for what cannot be delivered, and would go on trying for ever.
                producer._sender.sender_task.cancel()  # noqa: SLF001 - there is no other way to end it
                await producer.client.close()

    async def _publish(self, rows: _Rows) -> dict[int, str]:
        """Publishes all rows but those that Kafka refuses; returns these with the reasons."""
        left, refused = await self._pass(rows, together=True)
        while left:
            # A batch was too large for this broker: one record at a time shows whether one of them is. Where one was
            # refused the producer's sequence has a gap, and its partition waits for the next producer.
            await self.close()
            left, found = await self._pass(left, together=False)
            refused |= found
        if refused:
            await self.close()
        return refused

    async def _pass(self, rows: _Rows, *, together: bool) -> tuple[list[Unpublished], dict[int, str]]:
        """Publishes each partition's rows up to the first that is refused. Returns what is left, and the refused."""
        producer = await self._started()
        lanes: dict[tuple[str, int], list[Unpublished]] = defaultdict(list)
        for row in rows:
            lanes[row.topic, await self._partition(producer, row)].append(row)
        ends = await asyncio.gather(
            *(_lane(producer, topic, partition, lane, together) for (topic, partition), lane in lanes.items())
        )
        left = [row for remaining, _ in ends for row in remaining]
        return left, {id_: reason for _, refused in ends for id_, reason in refused.items()}

    async def _partition(self, producer: AIOKafkaProducer, row: Unpublished) -> int:
        """Where Kafka's own clients put the key."""
        partitions = sorted(await producer.partitions_for(row.topic))
        chosen: int = self._partitioner(_key(row), partitions, partitions)
        return chosen

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                client_id="tickler-relay",
                acks="all",
                enable_idempotence=True,
                max_batch_size=BATCH_BYTES,
                **client_options(self._settings),
            )
            try:
                await producer.start()
            except BaseException as error:
                await producer.stop()
                if isinstance(error, KafkaConnectionError):
                    # It does not say why; this does, in most cases.
                    await reach(self._settings)
                raise
            self._producer = producer
        return self._producer


async def _lane(
    producer: AIOKafkaProducer, topic: str, partition: int, rows: list[Unpublished], together: bool
) -> tuple[list[Unpublished], dict[int, str]]:
    """Sends one partition's rows, a batch after the other. Returns what follows a refused batch, and a refused row."""
    done = 0
    while done < len(rows):
        batch = producer.create_batch()
        count = _fill(batch, islice(rows, done, None if together else done + 1))
        try:
            await (await producer.send_batch(batch, topic, partition=partition))
        except _TOO_LARGE as error:
            if count > 1:
                return rows[done:], {}
            return rows[done + 1 :], {rows[done].id: f"{type(error).__name__}: the broker takes no record so large"}
        done += count
    return [], {}


def _fill(batch: BatchBuilder, rows: Iterable[Unpublished]) -> int:
    """Puts rows into the batch until it is full: at least one, however large. Returns how many."""
    for row in rows:
        own = [(name, value.encode()) for name, value in headers(row).items()]
        # Without key and value aiokafka makes no record.
        value = b"" if row.key is None and row.value is None else row.value
        if batch.append(timestamp=None, key=_key(row), value=value, headers=own) is None:
            break
    batch.close()
    count: int = batch.record_count()
    return count


def _key(row: Unpublished) -> bytes | None:
    return None if row.key is None else row.key.encode()


def headers(row: Unpublished) -> dict[str, str]:
    """The headers of the row's record: what its value is, if it has one, and the row's own."""
    own = dict(row.headers)
    return own if row.value is None else {"content-type": CONTENT_TYPE} | own
