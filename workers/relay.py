"""The relay: takes events from the outbox to the broker, oldest first, and marks them once the broker has them.

Killed in between, it sends some again under the same id; consumers record ids and leave repeated ones alone. Several
relays share the work by shards of the key, for one batch at a time: whoever is left goes on with all of it.
"""

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from config import logs
from config.settings import Settings
from db import outbox, outbox_relay
from db.engine import Sessions
from db.failures import is_away
from db.outbox_relay import Claim, Floors
from workers import broker, metrics, publish_kafka, spans
from workers.doorbell import Doorbell
from workers.loop import IDLE_SECONDS, forever

_log = logs.get("workers.relay")
NAME = "relay"
# A batch: what is in memory, and what is sent again after a failure.
BATCH = 500
BATCH_BYTES = 4_000_000
# Of all shards with work a relay takes a part, so that another finds some.
SHARDS_AT_ONCE = 4
_GRACE_SECONDS = 5
# A look at everything comes so often, and takes at most one part in so many of the time.
_THOROUGH_SECONDS, _THOROUGH_SHARE = 1.0, 20


class Publisher(Protocol):
    """A way to the broker. `publish` returns when all rows are there, in their order per key.

    It raises publish_kafka.RefusedError when only some can never be there and all others are; with any other error
    nothing is known.
    """

    async def publish(self, rows: Sequence[outbox.Unpublished]) -> None: ...

    async def close(self) -> None: ...


def publisher(settings: Settings) -> Publisher:
    """The way that the settings choose."""
    if settings.transport == "dapr":
        from workers import publish_dapr  # noqa: PLC0415 - its packages are loaded where they are used only

        return publish_dapr.Publisher(settings)
    return publish_kafka.Publisher(settings)


@dataclass(slots=True)
class Looks:
    """How far this relay has come, and when it looks at everything again: that may be slow, and is then rarer."""

    floors: Floors = field(default_factory=Floors)
    next_thorough: float = 0.0

    def thorough_took(self, seconds: float) -> None:
        self.next_thorough = time.monotonic() + max(_THOROUGH_SECONDS, seconds * _THOROUGH_SHARE)


async def run_once(
    sessions: Sessions,
    publisher: Publisher,
    looks: Looks | None = None,
    *,
    largest: int = 1_000_000,
    idle_seconds: float = 25,
) -> int:
    """Publishes one batch of values of up to `largest` bytes. Returns how many events it held.

    Its shards go to others when it shows no sign of life for `idle_seconds`, which is more than publishing may take.
    """
    looks = looks or Looks()
    floors, everything, began = looks.floors, time.monotonic() >= looks.next_thorough, time.monotonic()
    async with sessions.begin() as session:
        shards = await outbox_relay.take_shards(
            session, _anywhere(), floors, everything=everything, most=SHARDS_AT_ONCE, idle_seconds=idle_seconds
        )
        claimed = Claim([], {}, {})
        if shards:
            claimed = await outbox_relay.claim(
                session, shards, floors, everything=everything, rows=BATCH, size=BATCH_BYTES, largest=largest
            )
        if everything:
            looks.thorough_took(time.monotonic() - began)
        refused = {id_: f"{size} bytes, allowed are {largest}" for id_, size in claimed.too_large.items()}
        refused |= await _publish(publisher, claimed.rows)
        sent = [row for row in claimed.rows if row.id not in refused]
        await outbox_relay.mark_published(session, [row.id for row in sent])
        await outbox_relay.bury(session, NAME, refused)
    for shard, last in claimed.ends.items():
        floors.rise(shard, last)
    _tell(sent, refused)
    return len(sent) + len(refused)


async def _publish(publisher: Publisher, rows: Sequence[outbox.Unpublished]) -> Mapping[int, str]:
    """Returns why the broker will never take some, by their id; it has the others."""
    began = time.time_ns()
    refused: Mapping[int, str] = {}
    try:
        if rows:
            await publisher.publish(rows)
    except publish_kafka.RefusedError as error:
        refused = error.rows
    spans.published([row for row in rows if row.id not in refused], began)
    return refused


def _anywhere() -> list[int]:
    """All shards, beginning with any: relays that begin with different ones meet less often."""
    first = random.randrange(outbox.SHARDS)  # noqa: S311 - spreads work
    return [*range(first, outbox.SHARDS), *range(first)]


def _tell(sent: Sequence[outbox.Unpublished], refused: Mapping[int, str]) -> None:
    for topic, count in Counter(row.topic for row in sent).items():
        metrics.published.labels(topic).inc(count)
    for id_, error in refused.items():
        metrics.dead.labels(NAME).inc()
        _log.error("the broker does not take an event: put among the dead letters", outbox_id=id_, error=error)


async def run(settings: Settings, sessions: Sessions, doorbell: Doorbell) -> None:
    to_broker, looks, begun = publisher(settings), Looks(), False
    # Through Dapr some batches go straight to Kafka all the same.
    longest = max(settings.dapr_deadline_seconds, publish_kafka.PUBLISH_SECONDS)

    async def once() -> int:
        nonlocal begun
        try:
            if not begun:
                async with sessions.begin() as session:
                    await outbox_relay.take_over(session)
                begun = True
            return await run_once(
                sessions,
                to_broker,
                looks,
                largest=settings.kafka_max_message_bytes,
                idle_seconds=longest + _GRACE_SECONDS,
            )
        except Exception as error:
            if not is_away(error):
                # A broker that has lost its data has lost its topics too, and nobody else would make them again.
                await broker.ensure_topics(settings)
            raise

    try:
        await forever(NAME, once, lambda: doorbell.wait(outbox.DOORBELL, IDLE_SECONDS))
    finally:
        await to_broker.close()
