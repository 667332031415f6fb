"""Publishing through the Dapr sidecar: the same records as workers/publish_kafka.py makes, on the same partitions.

How a row is put to daprd is in workers/dapr_bus.py, and why it is done so in docs/adr/0007.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence

from config import logs, sidecar
from config.settings import Settings
from db.outbox import Unpublished
from workers import publish_kafka
from workers.dapr_bus import Bus, Partitions, is_carried
from workers.publish_kafka import RefusedError

_log = logs.get("workers.publish_dapr")
# One call: daprd takes 4 MB at most.
CALL_RECORDS, CALL_BYTES = 100, 1_000_000


class Publisher:
    """A client of the sidecar that is made anew after a failure: its channel would wait longer and longer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: sidecar.Client | None = None
        self._partitions = Partitions(settings)
        self._straight = publish_kafka.Publisher(settings)
        # Rows that an attempt had acknowledged when it failed: the next one goes on after them. Else a batch that takes
        # longer than the deadline, such as one task's five hundred events at a slow broker, would never be done.
        self._acknowledged: set[int] = set()

    async def publish(self, rows: Sequence[Unpublished]) -> None:
        """Returns when Kafka has acknowledged all rows, in their order per key. Raises if any was not.

        RefusedError names those that Kafka will never take; all others are there then.
        """
        if not all(is_carried(row) for row in rows):
            # All of them, so that what has the same key stays in order.
            _log.info("a record that Dapr would change goes straight to Kafka, with its batch", rows=len(rows))
            await self._straight.publish(rows)
            return
        try:
            # The deadline is ours: daprd waits for a broker that is frozen, over a minute.
            async with asyncio.timeout(self._settings.dapr_deadline_seconds):
                refused = await self._through_dapr(rows)
        except BaseException:
            await self._disconnect()
            raise
        self._acknowledged = set()
        if refused:
            raise RefusedError(refused)

    async def close(self) -> None:
        await self._disconnect()
        await self._straight.close()

    async def _through_dapr(self, rows: Sequence[Unpublished]) -> dict[int, str]:
        """Returns why some can never be there, by their id."""
        self._acknowledged &= {row.id for row in rows}
        left = [row for row in rows if row.id not in self._acknowledged]
        counts = await self._partitions.of({row.topic for row in left})
        if self._client is None:
            self._client = await sidecar.connect(self._settings)
        bus = Bus(self._client, self._settings.dapr_pubsub, counts)
        refused: dict[int, str] = {}
        for round_ in rounds(left):
            together = list(calls(round_))
            # Each is waited for, whatever becomes of the others: one that is broken off may be done all the same, and
            # counts as a failure for a circuit breaker that has just let it through to see.
            answers = await asyncio.gather(*(bus.send(call) for call in together), return_exceptions=True)
            for call, answer in zip(together, answers, strict=True):
                if not isinstance(answer, BaseException):
                    refused |= answer
                    self._acknowledged |= {row.id for row in call} - answer.keys()
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer
        return refused

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await client.close()  # type: ignore[no-untyped-call]  # the SDK has types, but not here


def rounds(rows: Sequence[Unpublished]) -> list[list[Unpublished]]:
    """The rows in the rounds that they are sent in, each key at most once in a round.

    daprd's producer tries again by itself and is not idempotent: of two records under way the second can come first.
    """
    found: list[list[Unpublished]] = []
    before: Counter[tuple[str, str]] = Counter()
    for row in rows:
        number = 0
        if row.key is not None:
            number = before[row.topic, row.key]
            before[row.topic, row.key] += 1
        if number == len(found):
            found.append([])
        found[number].append(row)
    return found


def calls(rows: Sequence[Unpublished]) -> Iterator[list[Unpublished]]:
    """The rows by topic, in portions for one call each."""
    by_topic: dict[str, list[Unpublished]] = {}
    for row in rows:
        by_topic.setdefault(row.topic, []).append(row)
    for of_topic in by_topic.values():
        call: list[Unpublished] = []
        size = 0
        for row in of_topic:
            bytes_ = len(row.value or b"")
            if call and (len(call) == CALL_RECORDS or size + bytes_ > CALL_BYTES):
                yield call
                call, size = [], 0
            call.append(row)
            size += bytes_
        yield call
