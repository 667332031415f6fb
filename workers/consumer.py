"""A consumer group's member: takes batches from its topic, has them worked on, and commits how far it is.

The whole batch is one transaction, then one commit of offsets. When a record fails, the partitions of the batch go on
separately: one with a failing record is paused and worked off record by record, while the others go on.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER
from faststream.kafka.subscriber.usecase import BatchSubscriber

from config import logs
from config.settings import Settings
from db.engine import Sessions
from db.failures import is_away
from domain.events import Consumer
from workers import metrics
from workers.batch import AWAY, Batch, Record, Together, Work
from workers.breakdown import breakdown
from workers.broker import kafka_security
from workers.loop import backoff, describe
from workers.partitions import Partitions, by_partition

_log = logs.get("workers.consumer")
RECORDS = 200
# A member that says nothing for so long is thrown out, and its partitions go to the others.
SESSION_SECONDS = 10
# It hears of others that join or leave with a heartbeat, and then has the rebalance's time to end what is in work.
HEARTBEAT_SECONDS = 1
REBALANCE_SECONDS = 30
# How long a topic that was gone (a broker that lost its data, say) may be back before the group is divided anew.
METADATA_SECONDS = 10
STOP_SECONDS = 3
# A consumer that broke down after so long did not do so because of how it was made.
STEADY_SECONDS = 60
# Leaving a group whose broker does not answer would take much longer.
LEAVE_SECONDS = 3


class ConsumerWorker:
    """One member of one consumer's group: reads its topic and does its work, each event once."""

    def __init__(self, consumer: Consumer, work: Work | Together, settings: Settings, sessions: Sessions) -> None:
        self._name, self._topic, self._settings = consumer.name, consumer.topic, settings
        self.group = f"tickler-{consumer.name}"
        metrics.begin(consumer.name)
        self._batch = Batch(consumer, work, sessions)
        self._partitions = Partitions(consumer.name)
        self._failures = 0

    async def run(self) -> None:
        """Consumes until cancelled; then finishes the batch in work, without its commit if it takes too long."""
        breakdowns = 0
        while True:
            broker, subscriber = self._make()
            started = time.monotonic()
            try:
                await broker.start()
                error = await breakdown(subscriber.consumer)
            except KafkaError as failure:
                error = failure
            finally:
                await self._leave(broker, subscriber.consumer)
            breakdowns = breakdowns + 1 if time.monotonic() - started < STEADY_SECONDS else 1
            metrics.failed.labels(self._name).inc()
            _log.warning("the consumer broke down, it starts anew", consumer=self._name, error=describe(error))
            await asyncio.sleep(backoff(breakdowns))

    def _make(self) -> tuple[KafkaBroker, BatchSubscriber]:
        settings = self._settings
        broker = KafkaBroker(
            settings.kafka_brokers.split(","),
            **kafka_security(settings),
            client_id=self.group,
            consumer_only=True,
            allow_auto_create_topics=False,
            metadata_max_age_ms=METADATA_SECONDS * 1000,
            apply_types=False,
            graceful_timeout=STOP_SECONDS,
            logger=logging.getLogger("faststream"),
        )
        subscriber = broker.subscriber(
            self._topic,
            batch=True,
            group_id=self.group,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            max_records=RECORDS,
            fetch_max_wait_ms=settings.kafka_fetch_max_wait_ms,
            session_timeout_ms=SESSION_SECONDS * 1000,
            heartbeat_interval_ms=HEARTBEAT_SECONDS * 1000,
            rebalance_timeout_ms=REBALANCE_SECONDS * 1000,
            # After an empty wait FastStream sleeps as long again, deaf to new records: hence short.
            batch_timeout_ms=20,
            listener=self._partitions,
            parser=_unparsed,
            decoder=_undecoded,
        )

        async def on_batch(message: KafkaMessage) -> None:
            await self._on_batch(subscriber.consumer, message.raw_message)

        subscriber(on_batch)
        return broker, subscriber

    async def _leave(self, broker: KafkaBroker, consumer: AIOKafkaConsumer | None) -> None:
        """Gives up the partitions and leaves the group, so that others need not wait for this member's session."""
        await self._partitions.close()
        try:
            async with asyncio.timeout(STOP_SECONDS + LEAVE_SECONDS):
                await broker.stop()
        except TimeoutError:
            _log.warning("the group was not told of leaving: the broker does not answer", consumer=self._name)
        except Exception as error:  # noqa: BLE001 - what has broken down cannot be ended well
            _log.info("the consumer did not end well", consumer=self._name, error=describe(error))
            if consumer is not None:
                # It has stopped before it came to its connections.
                await consumer._client.close()  # noqa: SLF001 - there is no other way to close them
        self._partitions.forget()

    def is_assigned(self) -> bool:
        """Whether the group has given this member its partitions."""
        return self._partitions.is_assigned

    async def work_off(self, records: Sequence[Record]) -> None:
        """Returns when every record's work is committed or it is among the dead letters; commits no offsets."""
        await self._batch.work_off(records)

    async def _on_batch(self, consumer: AIOKafkaConsumer | None, records: object) -> None:
        if isinstance(records, tuple) and consumer is not None:
            away = await self._take(consumer, records)
            if away:
                # The records are read again, so that the group sees this member going on however long that is.
                await asyncio.sleep(backoff(self._failures))

    async def _take(self, consumer: AIOKafkaConsumer, records: Sequence[Record]) -> bool:
        """Whether the database was away. Any error that got out would let the next commit skip the batch."""
        with self._partitions.in_work(consumer, records) as term:
            try:
                await self._batch.together(records)
            except Exception as error:  # noqa: BLE001 - see above
                metrics.failed.labels(self._name).inc()
                if is_away(error):
                    self._failures += 1
                    _log.warning(AWAY, consumer=self._name, error=describe(error), failures=self._failures)
                    self._partitions.step_back(records, term)
                    return True
                _log.warning("batch failed, partitions go on separately", consumer=self._name, error=describe(error))
                for each in by_partition(records):
                    self._partitions.set_aside(each, self._batch.work_off, term)
            else:
                self._failures = 0
                await self._partitions.commit(records, term)
        return False


async def _unparsed(records: tuple[Record, ...]) -> KafkaMessage:
    """The records as they are. FastStream's own parser fails at a header that is no text, and drops the whole batch,
    which the next commit would then skip; and it would answer to whatever topic a header `reply_to` names.
    """
    return KafkaMessage(raw_message=records, body=b"", consumer=FAKE_CONSUMER)


async def _undecoded(message: KafkaMessage) -> Any:
    """FastStream decodes application/json only; ours are CloudEvents, and read by domain.events."""
    return message
