"""How every consumer consumes: a batch is one transaction of inbox rows and effects, then one commit of offsets.

A record that cannot be worked on is tried again on its own a few times and then put among the dead letters; while the
database is away nothing is given up.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from aiokafka import ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession

from config import logs
from config.settings import Settings
from db import dead_letters, inbox
from db.engine import Sessions
from domain import trace
from domain.events import BadRecordError, Consumer, Event, event_id_of, parse
from workers import metrics
from workers.loop import backoff, describe

_log = logs.get("workers.consumer")
BATCH = 200
ATTEMPTS = 5
Work = Callable[[AsyncSession, Event], Awaitable[None]]
Record: TypeAlias = ConsumerRecord


@dataclass(frozen=True, slots=True)
class Together:
    """Work that is done for all new events of a batch at once. It emits nothing, as a trace belongs to one event."""

    work: Callable[[AsyncSession, Sequence[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Parsed:
    record: Record
    event: Event


class ConsumerWorker:
    """One consumer group: reads its topic and does its work, each event once."""

    def __init__(self, consumer: Consumer, work: Work | Together, settings: Settings, sessions: Sessions) -> None:
        self._consumer, self._work, self._sessions = consumer, work, sessions
        self._broker = KafkaBroker(
            settings.kafka_brokers.split(","),
            client_id=f"tickler-{consumer.name}",
            consumer_only=True,
            allow_auto_create_topics=False,
            apply_types=False,
            graceful_timeout=3,
            logger=logging.getLogger("faststream"),
        )
        subscriber = self._broker.subscriber(
            consumer.topic,
            batch=True,
            group_id=f"tickler-{consumer.name}",
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            max_records=BATCH,
            fetch_max_wait_ms=settings.kafka_fetch_max_wait_ms,
            # After an empty wait FastStream sleeps as long again, deaf to new records: hence short.
            batch_timeout_ms=20,
            decoder=_undecoded,
        )
        subscriber(self._on_batch)
        self._subscriber = subscriber

    async def run(self) -> None:
        """Consumes until cancelled; then finishes the batch in work, without its commit if it takes too long."""
        try:
            await self._broker.start()
            await asyncio.Event().wait()
        finally:
            await self._broker.stop()

    def is_assigned(self) -> bool:
        """Whether the group has given this member its partitions."""
        consumer = self._subscriber.consumer
        return consumer is not None and bool(consumer.assignment())

    async def _on_batch(self, message: KafkaMessage) -> None:
        records = message.raw_message
        await self.work_off(records if isinstance(records, tuple) else (records,))
        await message.ack()

    async def work_off(self, records: Sequence[Record]) -> None:
        """Returns when every record's work is committed or it is among the dead letters; never gives up before."""
        failures = 0
        while True:
            try:
                await self._work_off(records)
            except Exception as error:  # noqa: BLE001 - an error that got out would let the next commit skip the batch
                failures += 1
                metrics.failed.labels(self._consumer.name).inc()
                reason = "the database is away" if _is_away(error) else "batch failed"
                _log.warning(reason, consumer=self._consumer.name, error=describe(error), failures=failures)
                await asyncio.sleep(backoff(failures))
            else:
                return

    async def _work_off(self, records: Sequence[Record]) -> None:
        parsed: list[Parsed] = []
        for record in records:
            try:
                event = parse(record.value)
            except BadRecordError as error:
                await self._bury(record, error, attempts=1)
                continue
            if event.type in self._consumer.types:
                parsed.append(Parsed(record, event))
        try:
            await self._in_one_transaction([item.event for item in parsed])
        except Exception as error:
            if _is_away(error):
                raise
            _log.warning("batch failed, going on one by one", consumer=self._consumer.name, error=describe(error))
            for item in parsed:
                await self._alone(item)

    async def _in_one_transaction(self, events: Sequence[Event]) -> None:
        if not events:
            return
        async with self._sessions.begin() as session:
            fresh = await inbox.record(session, self._consumer.name, [event.id for event in events])
            done: list[Event] = []
            for event in events:
                if event.id in fresh:
                    # Each id once, though a batch may hold a record twice.
                    fresh.discard(event.id)
                    done.append(event)
            if isinstance(self._work, Together):
                await self._work.work(session, done)
            else:
                for event in done:
                    trace.begin(event.traceparent)
                    await self._work(session, event)
        now = datetime.now(UTC)
        metrics.consumed.labels(self._consumer.name).inc(len(done))
        metrics.repeated.labels(self._consumer.name).inc(len(events) - len(done))
        for event in done:
            metrics.event_age.labels(self._consumer.name).observe(max(0.0, (now - event.at).total_seconds()))

    async def _alone(self, item: Parsed) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._in_one_transaction([item.event])
            except Exception as error:
                if _is_away(error):
                    raise
                if attempt == ATTEMPTS:
                    await self._bury(item.record, error, attempts=attempt)
                    return
                await asyncio.sleep(backoff(attempt, longest=2))
            else:
                return

    async def _bury(self, record: Record, error: Exception, *, attempts: int) -> None:
        """Keeps the record among the dead letters, and records it as dealt with so that it is not published again."""
        event_id = event_id_of(record.value)
        async with self._sessions.begin() as session:
            await dead_letters.put(
                session,
                consumer=self._consumer.name,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                event_id=event_id,
                key=record.key,
                value=record.value,
                headers={name: _text(value) for name, value in record.headers},
                error=describe(error),
                attempts=attempts,
            )
            if event_id is not None:
                await inbox.record(session, self._consumer.name, [event_id])
        metrics.dead.labels(self._consumer.name).inc()
        _log.error(
            "record put among the dead letters",
            consumer=self._consumer.name,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error=describe(error),
        )


# SQLSTATE: connection lost, resources used up (a full disk), stopping or starting, read-only (a standby).
_AWAY_STATES = ("08", "53", "57P", "25006")


def _is_away(error: BaseException) -> bool:
    """Whether it is the database that failed, not the record."""
    if isinstance(error, DBAPIError):
        return (
            error.connection_invalidated
            or isinstance(error, InterfaceError | OperationalError)
            # Then it is connecting that failed.
            or error.statement is None
            or (getattr(error.orig, "sqlstate", None) or "").startswith(_AWAY_STATES)
        )
    return isinstance(error, OSError | PoolTimeoutError)


def _text(header: bytes | None) -> str | None:
    """A header's value as JSON can hold it; PostgreSQL's has no NUL."""
    return None if header is None else header.decode("utf-8", "replace").replace("\x00", "\ufffd")


async def _undecoded(message: KafkaMessage) -> Any:
    """FastStream decodes application/json only; ours are CloudEvents, and read by domain.events."""
    return message
