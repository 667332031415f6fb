"""What tests of single workers share: a database of their own, use-cases called as a door calls them, Kafka records."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from support import stack_settings

from config.settings import Settings
from db.engine import Sessions, make_engine, make_sessions
from db.tasks import Task
from domain import task_status, tasks
from domain.actors import Actor
from domain.events import CONSUMERS
from domain.tasks import NewTask
from workers.batch import Together, Work
from workers.consumer import ConsumerWorker
from workers.run import WORK

P = ParamSpec("P")
T = TypeVar("T")
NOBODY_LISTENS = "127.0.0.1:1"
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
_emails, _offsets = itertools.count(1), itertools.count()


@dataclass
class Place:
    """A database of one test, with the ways into it. Nothing runs there but what the test runs."""

    url: str
    engine: AsyncEngine
    sessions: Sessions

    async def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        async with self.engine.begin() as connection:
            return [dict(row) for row in (await connection.execute(text(statement), parameters)).mappings()]

    async def column(self, statement: str, **parameters: Any) -> list[Any]:
        return [next(iter(row.values())) for row in await self.rows(statement, **parameters)]

    async def value(self, statement: str, **parameters: Any) -> Any:
        async with self.engine.begin() as connection:
            return await connection.scalar(text(statement), parameters)

    async def run(self, statement: str, **parameters: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), parameters)

    async def user(self, time_zone: str = "UTC") -> Actor:
        statement = "INSERT INTO users (email, name, time_zone) VALUES (:email, 'U', :zone) RETURNING id"
        user_id = await self.value(statement, email=f"u{next(_emails)}@example.com", zone=time_zone)
        return Actor(user_id, time_zone)

    async def do(
        self, use_case: Callable[Concatenate[AsyncSession, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Calls a use-case in a transaction of its own, as a door does."""
        async with self.sessions.begin() as session:
            return await use_case(session, *args, **kwargs)

    async def create(self, actor: Actor, title: str = "Task", *, now: datetime = NOW, **given: Any) -> Task:
        return await self.do(tasks.create_task, actor, NewTask(title, **given), now=now)

    async def rename(self, actor: Actor, task: Task, title: str) -> Task:
        return await self.update(actor, task, {"title": title})

    async def update(self, actor: Actor, task: Task, changes: tasks.TaskChanges) -> Task:
        return await self.do(tasks.update_task, actor, str(task.id), changes, expected_version=None, now=NOW)

    async def complete(
        self, actor: Actor, task_id: int, *, now: datetime = NOW, expected_version: int | None = None
    ) -> Task:
        return await self.do(task_status.complete_task, actor, str(task_id), expected_version=expected_version, now=now)

    async def skip(self, actor: Actor, task_id: int) -> Task:
        return await self.do(task_status.skip_task, actor, str(task_id), expected_version=None, now=NOW)

    async def reopen(self, actor: Actor, task_id: int) -> Task:
        return await self.do(task_status.reopen_task, actor, str(task_id), expected_version=None, now=NOW)

    async def delete(self, actor: Actor, task_id: int) -> Task:
        return await self.do(task_status.delete_task, actor, str(task_id), expected_version=None, now=NOW)

    async def records(self) -> list[ConsumerRecord]:
        """Every event of the outbox that consumers read, as Kafka would give it, oldest first."""
        topics = sorted({consumer.topic for consumer in CONSUMERS.values()})
        rows = await self.rows(
            "SELECT topic, key, value FROM outbox WHERE topic = ANY(:topics) ORDER BY id", topics=topics
        )
        return [record(row["value"], topic=row["topic"], key=row["key"].encode()) for row in rows]

    def worker(
        self, name: str, work: Work | Together | None = None, *, settings: Settings | None = None
    ) -> ConsumerWorker:
        """The consumer of this name, with its own work or another."""
        settings = settings or stack_settings(self.url, NOBODY_LISTENS)
        return ConsumerWorker(CONSUMERS[name], work or WORK[name], settings, self.sessions)


@contextlib.asynccontextmanager
async def cut_off(place: Place, whose: str = "true") -> AsyncIterator[None]:
    """Ends the connections that `whose` (SQL over pg_stat_activity) picks; nobody can connect until the block ends."""
    name = place.engine.url.database
    server = make_engine(place.url.replace(f"/{name}?", "/postgres?"), application_name="tests: server")

    async def run(statement: str) -> None:
        async with server.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.exec_driver_sql(statement)

    victims = f"pg_stat_activity WHERE datname = '{name}' AND {whose}"
    try:
        await run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await run(f"SELECT pg_terminate_backend(pid, 5000) FROM {victims}")  # noqa: S608 - constants
        yield
    finally:
        await run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await server.dispose()


@contextlib.asynccontextmanager
async def open_place(url: str, *, pool_size: int = 6) -> AsyncIterator[Place]:
    engine = make_engine(url, application_name="tests", pool_size=pool_size)
    try:
        yield Place(url, engine, make_sessions(engine))
    finally:
        await engine.dispose()


def record(
    value: bytes | None,
    *,
    topic: str = "task-events",
    key: bytes | None = b"1",
    headers: Sequence[tuple[str, bytes | None]] = (("content-type", b"application/cloudevents+json"),),
) -> ConsumerRecord:
    """A record as aiokafka hands it over, at the next offset."""
    return ConsumerRecord(
        topic=topic,
        partition=0,
        offset=next(_offsets),
        timestamp=0,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=len(key or b""),
        serialized_value_size=len(value or b""),
        headers=tuple(headers),
    )


def event_id(record: ConsumerRecord) -> UUID:
    return UUID(orjson.loads(record.value)["id"])


async def read_topics(brokers: str, *topics: str) -> list[ConsumerRecord]:
    """Everything that the topics hold now, each partition in its order."""
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=brokers, auto_offset_reset="earliest", fetch_max_wait_ms=10)
    await consumer.start()
    try:
        found: list[ConsumerRecord] = []
        ends = await consumer.end_offsets(consumer.assignment())
        for partition in ends:
            await consumer.seek_to_beginning(partition)
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=50)).values():
                found += records
        return found
    finally:
        await consumer.stop()
