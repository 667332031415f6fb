"""The relay: takes events from the outbox to Kafka, oldest first, and marks them once Kafka has them.

Killed in between, it sends some again under the same id; consumers record ids and leave repeated ones alone.
"""

import asyncio
import contextlib

from aiokafka import AIOKafkaProducer

from config import logs
from config.settings import Settings
from db import outbox
from db.engine import Sessions
from workers import metrics
from workers.doorbell import Doorbell
from workers.loop import IDLE_SECONDS, forever

_log = logs.get("workers.relay")
BATCH = 500
# Shorter than the connections' idle-in-transaction limit: the batch's rows stay locked meanwhile.
PUBLISH_SECONDS = 20
_HEADERS = [("content-type", b"application/cloudevents+json")]


class Publisher:
    """A producer that is made anew after a failure: a failed idempotent one has lost its sequence."""

    def __init__(self, settings: Settings) -> None:
        self._brokers = settings.kafka_brokers
        self._producer: AIOKafkaProducer | None = None

    async def publish(self, rows: list[outbox.Unpublished]) -> None:
        """Returns when Kafka has acknowledged all rows, in their order per key. Raises if any was not."""
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                producer = await self._started()
                sent = [
                    await producer.send(row.topic, row.value, key=row.key.encode(), headers=_HEADERS) for row in rows
                ]
                await asyncio.gather(*sent)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await producer.stop()

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._brokers,
                client_id="tickler-relay",
                acks="all",
                enable_idempotence=True,
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer


async def run_once(sessions: Sessions, publisher: Publisher) -> int:
    """Publishes one batch. Returns how many events it held."""
    async with sessions.begin() as session:
        rows = await outbox.claim_unpublished(session, BATCH)
        if rows:
            await publisher.publish(rows)
            await outbox.mark_published(session, [row.id for row in rows])
    for row in rows:
        metrics.published.labels(row.topic).inc()
    return len(rows)


async def run(settings: Settings, sessions: Sessions, doorbell: Doorbell) -> None:
    publisher = Publisher(settings)
    try:
        await forever(
            "relay",
            lambda: run_once(sessions, publisher),
            lambda: doorbell.wait(outbox.DOORBELL, IDLE_SECONDS),
        )
    finally:
        await publisher.close()
