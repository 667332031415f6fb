"""The partitions that this member of a group has: how far each is done, which are set aside, and what is in work.

Offsets are committed one by one for what is done, and only while the group has not been divided anew since the records
were read: after that a partition may be another member's. What is then not committed comes again, to whoever has it,
and the inbox leaves it alone.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from config import logs
from workers import metrics
from workers.loop import describe

_log = logs.get("workers.partitions")
# How long a division of the group waits for the batch in work, so that it need not come again. Shorter than the
# rebalance time-out, after which the group would go on without this member.
REVOKE_SECONDS = 8.0
Work = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]


class Partitions(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """What one member knows of its partitions. `term` grows with each division of the group."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._consumer: AIOKafkaConsumer | None = None
        self._term = 0
        self._assigned = False
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._set_aside: dict[TopicPartition, asyncio.Task[None]] = {}
        self._done_to: dict[TopicPartition, int] = {}
        metrics.paused.labels(name).set_function(lambda: len(self._set_aside))
        metrics.lag.labels(name).set_function(self.lag)

    @property
    def is_assigned(self) -> bool:
        """Whether the group has given this member its part, which may be none where it has more than partitions."""
        return self._assigned

    def lag(self) -> int:
        """Records that are in Kafka and not done, as far as this member has seen; what it never read is not counted."""
        if self._consumer is None:
            return 0
        mine = self._consumer.assignment()
        seen = {each: self._consumer.highwater(each) for each in self._done_to if each in mine}
        return sum(max(0, end - self._done_to[each]) for each, end in seen.items() if end is not None)

    @contextlib.contextmanager
    def in_work(self, consumer: AIOKafkaConsumer, records: Sequence[ConsumerRecord]) -> Iterator[int]:
        """Marks a batch as being worked on, which a division of the group waits for; gives the term it was read in."""
        self._consumer = consumer
        for partition, first in _firsts(records).items():
            self._done_to.setdefault(partition, first)
        self._idle.clear()
        try:
            yield self._term
        finally:
            self._idle.set()

    async def commit(self, records: Iterable[ConsumerRecord], term: int) -> None:
        """Commits that these, and all before them in their partitions, are done."""
        ends: dict[TopicPartition, int] = {}
        for record in records:
            ends[TopicPartition(record.topic, record.partition)] = record.offset + 1
        if term != self._term or self._consumer is None:
            return
        self._done_to |= ends
        try:
            await self._consumer.commit(ends)
        except Exception as error:  # noqa: BLE001 - uvloop raises RuntimeError for a connection that was reset just now
            _log.info("offsets are not committed, records come again", consumer=self._name, error=describe(error))

    def step_back(self, records: Sequence[ConsumerRecord], term: int) -> None:
        """Has the records read again."""
        if term == self._term and self._consumer is not None:
            for partition, first in _firsts(records).items():
                with contextlib.suppress(KafkaError):
                    self._consumer.seek(partition, first)

    def set_aside(self, records: Sequence[ConsumerRecord], work: Work, term: int) -> None:
        """Has a partition's records worked off while the others go on; no more of it are read until that is done."""
        partition = TopicPartition(records[0].topic, records[0].partition)
        if term == self._term and not self._closed and self._consumer is not None:
            self._consumer.pause(partition)
            working = self._work_off(partition, records, work, term)
            self._set_aside[partition] = asyncio.create_task(working, name=f"{self._name} {partition.partition}")

    async def _work_off(
        self, partition: TopicPartition, records: Sequence[ConsumerRecord], work: Work, term: int
    ) -> None:
        try:
            await work(records)
        except Exception as error:  # noqa: BLE001 - nothing of it may be skipped, whatever it is
            _log.error("a partition has to be read again", consumer=self._name, error=describe(error))
            self.step_back(records, term)
        else:
            await self.commit(records[-1:], term)
        if term == self._term and self._consumer is not None:
            self._set_aside.pop(partition, None)
            with contextlib.suppress(KafkaError):
                self._consumer.resume(partition)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002 - it is all of them
        """The group is to be divided anew. What is in work may end and be committed; what is set aside is given up."""
        await self._give_up()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REVOKE_SECONDS):
                await self._idle.wait()
        # Also what the batch has set aside while it was waited for.
        await self._give_up()
        self.forget()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:  # noqa: ARG002 - asked when needed
        self._assigned, self._closed = True, False

    async def close(self) -> None:
        """Nothing is set aside from now on, and what is, is given up: it comes again."""
        self._closed = True
        await self._give_up()

    def forget(self) -> None:
        """Begins with nothing: this member has left its group."""
        self._assigned = False
        self._term += 1
        self._done_to.clear()

    async def _give_up(self) -> None:
        working = list(self._set_aside.values())
        self._set_aside.clear()
        for task in working:
            task.cancel()
        if working:
            await asyncio.wait(working, timeout=REVOKE_SECONDS)


def by_partition(records: Iterable[ConsumerRecord]) -> list[list[ConsumerRecord]]:
    """The records of each partition in their order."""
    found: defaultdict[TopicPartition, list[ConsumerRecord]] = defaultdict(list)
    for record in records:
        found[TopicPartition(record.topic, record.partition)].append(record)
    return list(found.values())


def _firsts(records: Iterable[ConsumerRecord]) -> dict[TopicPartition, int]:
    """The offset of each partition's first record."""
    firsts: dict[TopicPartition, int] = {}
    for record in records:
        firsts.setdefault(TopicPartition(record.topic, record.partition), record.offset)
    return firsts
