"""What a consumer does with the records that it is given: a batch is one transaction of inbox rows and effects.

A record that cannot be worked on is tried again on its own a few times and then put among the dead letters; while the
database is away nothing is given up. Where records come from, and how far a group is: workers/consumer.py.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

from aiokafka import ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncSession

from config import logs
from db import inbox
from db.dead_letters import Letter
from db.engine import Sessions
from db.failures import is_away, is_contention
from domain import dead_letters, ownership
from domain.events import BadRecordError, Consumer, Event, event_id_of, read
from workers import metrics, spans
from workers.loop import backoff, describe

_log = logs.get("workers.batch")
ATTEMPTS = 5
# Of a record whose rows somebody else holds. A member that was frozen in its transaction holds them until PostgreSQL
# ends that, a minute later (db/engine.py), and every attempt waits for as long as a statement may: this is well beyond.
CONTENDED_ATTEMPTS = 25
# How many transactions one consumer has at once for what is set aside: it has to leave connections to others.
TRANSACTIONS = 2
AWAY = "the database is away"
Record: TypeAlias = ConsumerRecord
Work = Callable[[AsyncSession, Event], Awaitable[None]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Together:
    """Work that is done for all new events of a batch at once; what it emits, it emits in the trace of an event."""

    work: Callable[[AsyncSession, Sequence[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Batch:
    """One consumer's way with records, whoever brings them."""

    consumer: Consumer
    work: Work | Together
    sessions: Sessions
    transactions: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TRANSACTIONS))

    async def work_off(self, records: Sequence[Record]) -> None:
        """Returns when every record's work is committed or it is among the dead letters; never gives up before."""
        try:
            await self._patiently(lambda: self._in_turn(records))
        except Exception as error:  # noqa: BLE001 - which record it is shows when each is alone
            _log.warning("batch failed, going on one by one", consumer=self.consumer.name, error=describe(error))
            for record in records:
                await self._alone(record)

    async def together(self, records: Sequence[Record]) -> None:
        """Works on all of them in one transaction, or raises what was in the way."""
        events, letters = self._read(records)
        if not events and not letters:
            return
        async with self.sessions.begin() as session:
            ids = [event.id for _, event in events] + [each.event_id for each in letters if each.event_id]
            fresh = await inbox.record(session, self.consumer.name, ids)
            todo: list[tuple[Record, Event]] = []
            for record, event in events:
                if event.id in fresh:
                    # Each id once, though a batch may hold a record twice.
                    fresh.discard(event.id)
                    todo.append((record, event))
            foreign = await ownership.foreign(session, [event for _, event in todo])
            refused = ownership.ForeignTaskError()
            letters += [self._letter(record, refused, attempts=1) for record, event in todo if event.id in foreign]
            buried = [letter for letter in letters if await dead_letters.bury(session, letter)]
            # In the order of tasks, as everybody locks them; each task's events stay in theirs.
            done = sorted((event for _, event in todo if event.id not in foreign), key=lambda event: event.task_id)
            await self._do(session, done)
        self._tell(buried)
        self._count(done, repeated=len(events) - len(todo))

    async def _in_turn(self, records: Sequence[Record]) -> None:
        async with self.transactions:
            await self.together(records)

    def _read(self, records: Sequence[Record]) -> tuple[list[tuple[Record, Event]], list[Letter]]:
        """What is to be worked on, and what cannot be. Types that this consumer does not act on are left out."""
        events: list[tuple[Record, Event]] = []
        letters: list[Letter] = []
        for record in records:
            if not dead_letters.is_for(self.consumer.name, record.headers):
                continue
            try:
                event = read(record.value, self.consumer.types)
            except BadRecordError as error:
                letters.append(self._letter(record, error, attempts=1))
            else:
                if event is not None:
                    events.append((record, event))
        return events, letters

    async def _do(self, session: AsyncSession, events: Sequence[Event]) -> None:
        if isinstance(self.work, Together):
            if events:
                with spans.processing_together(self.consumer, events) as in_spans:
                    await self.work.work(session, in_spans)
            return
        for event in events:
            with spans.processing(self.consumer, event):
                await self.work(session, event)

    async def _alone(self, record: Record) -> None:
        """Tries one record until it is done, or was tried as often as that kind of failure allows."""
        failures: Counter[bool] = Counter()
        while True:
            try:
                await self._patiently(lambda: self._in_turn([record]))
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up the records behind it
                contended = is_contention(error)
                failures[contended] += 1
                if failures[contended] >= (CONTENDED_ATTEMPTS if contended else ATTEMPTS):
                    await self._give_up(record, error, attempts=failures.total())
                    return
                metrics.retries.labels(self.consumer.name).inc()
                _log.warning(
                    "record failed, it is tried again on its own",
                    consumer=self.consumer.name,
                    topic=record.topic,
                    partition=record.partition,
                    offset=record.offset,
                    error=describe(error),
                    attempt=failures.total(),
                )
                await asyncio.sleep(backoff(failures.total(), longest=2))
            else:
                return

    async def _give_up(self, record: Record, error: Exception, *, attempts: int) -> None:
        letter = self._letter(record, error, attempts=attempts)
        self._tell(await self._patiently(lambda: self._bury(letter), whatever=True))

    async def _bury(self, letter: Letter) -> list[Letter]:
        """Keeps the record, and records it as dealt with so that it is not published again."""
        async with self.transactions, self.sessions.begin() as session:
            ids = [letter.event_id] if letter.event_id else []
            if ids and not await inbox.record(session, self.consumer.name, ids):
                # Another member of the group has done it meanwhile.
                return []
            return [letter] if await dead_letters.bury(session, letter) else []

    async def _patiently(self, step: Callable[[], Awaitable[T]], *, whatever: bool = False) -> T:
        """Takes the step, again and again while it is the database that is away; with `whatever` in any case."""
        failures = 0
        while True:
            try:
                return await step()
            except Exception as error:
                if not whatever and not is_away(error):
                    raise
                failures += 1
                metrics.failed.labels(self.consumer.name).inc()
                _log.warning(
                    AWAY if is_away(error) else "cannot put a record among the dead letters",
                    consumer=self.consumer.name,
                    error=describe(error),
                    failures=failures,
                )
                await asyncio.sleep(backoff(failures))

    def _letter(self, record: Record, error: Exception, *, attempts: int) -> Letter:
        return Letter(
            consumer=self.consumer.name,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            event_id=event_id_of(record.value),
            key=record.key,
            value=record.value,
            headers={_text(name): None if value is None else _text(value) for name, value in record.headers},
            error=describe(error),
            attempts=attempts,
        )

    def _tell(self, buried: Sequence[Letter]) -> None:
        for letter in buried:
            metrics.dead.labels(self.consumer.name).inc()
            _log.error(
                "record put among the dead letters",
                consumer=letter.consumer,
                topic=letter.topic,
                partition=letter.partition,
                offset=letter.offset,
                error=letter.error,
            )

    def _count(self, done: Sequence[Event], *, repeated: int) -> None:
        now = datetime.now(UTC)
        metrics.consumed.labels(self.consumer.name).inc(len(done))
        metrics.repeated.labels(self.consumer.name).inc(repeated)
        for event in done:
            metrics.event_age.labels(self.consumer.name).observe(max(0.0, (now - event.at).total_seconds()))


def _text(header: bytes | str) -> str:
    """A part of a header as JSON can hold it; PostgreSQL's has no NUL, and nothing has half a surrogate pair."""
    text = header.decode("utf-8", "replace") if isinstance(header, bytes) else header
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
