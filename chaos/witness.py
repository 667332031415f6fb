"""A plain consumer of the rig: what anybody else who reads the topics gets to see, and in which order."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from domain.events import REMINDERS, TASK_EVENTS, TASK_UPDATES
from workers.breakdown import breakdown


@dataclass
class Witness:
    """How often it saw each event, and each key's events in the order in which they first came."""

    brokers: str
    seen: Counter[str] = field(default_factory=Counter)
    order: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    snapshots: dict[str, int | None] = field(default_factory=dict)
    records: int = 0

    async def watch(self) -> None:
        """Reads until cancelled; after a failure it begins anew from the first record that is there."""
        while True:
            consumer = AIOKafkaConsumer(
                TASK_EVENTS,
                REMINDERS,
                TASK_UPDATES,
                bootstrap_servers=self.brokers,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=200,
                request_timeout_ms=10_000,
            )
            with contextlib.suppress(KafkaError, OSError, RuntimeError):
                try:
                    await consumer.start()
                    reading = asyncio.create_task(self._read(consumer))
                    broken = asyncio.create_task(breakdown(consumer))
                    try:
                        await asyncio.wait([reading, broken], return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        reading.cancel()
                        broken.cancel()
                finally:
                    await consumer.stop()
            await asyncio.sleep(0.5)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            self._note(record.topic, record.key, record.value)

    def _note(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        self.records += 1
        name = (key or b"").decode(errors="replace")
        try:
            body: dict[str, Any] | None = orjson.loads(value) if value else None
        except orjson.JSONDecodeError:
            return
        if topic == TASK_UPDATES:
            self.snapshots[name] = body["data"]["data"]["version"] if body is not None else None
        elif body is not None:
            if not self.seen[body["id"]]:
                self.order.setdefault((topic, name), []).append(body["id"])
            self.seen[body["id"]] += 1
