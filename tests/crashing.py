"""A worker in a process of its own that dies (SIGKILL) at its n-th boundary.

A boundary lies before and after each statement of a transaction, each commit, each batch sent to Kafka, each of its
acknowledgements, each batch read and each commit of offsets. They are found in the libraries, not in our code.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from config.settings import Settings
from db.engine import make_engine, make_sessions
from workers.run import Workers

# Everything that a worker imports is imported once; each worker is a fork of that.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])
# How soon a member of a group that was killed is missed.
_SESSION_MS, _HEARTBEAT_MS = 1000, 200
_LOOK_SECONDS = 0.02


@dataclass
class Boundaries:
    """Counts what is passed, writes it down, and dies at the one that it was told."""

    log: Path
    fatal: int | None
    passed: int = 0
    file: int = field(init=False)

    def __post_init__(self) -> None:
        self.file = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def at(self, label: str) -> None:
        self.passed += 1
        os.write(self.file, f"{label}\n".encode())
        if self.passed == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Life:
    """How a worker went: what it passed, and whether it died of that."""

    passed: list[str]
    killed: bool


async def run(
    name: str, settings: Settings, log: Path, *, fatal: int | None, until: Callable[[], Awaitable[bool]]
) -> Life:
    """Runs the worker until it dies at the boundary `fatal` or `until` holds; it is then killed as well."""
    process = _FORKS.Process(target=_live, args=(name, settings, log, fatal))
    await asyncio.to_thread(process.start)
    try:
        async with asyncio.timeout(60):
            while process.is_alive() and not await until():
                await asyncio.sleep(_LOOK_SECONDS)
            if fatal is not None:
                # What it has left to do after its effects is seen may be what it is to die of.
                await asyncio.to_thread(process.join, 1.5)
    finally:
        killed = not process.is_alive()
        process.kill()
        await asyncio.to_thread(process.join)
    return Life(_lines(log), killed)


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def _live(name: str, settings: Settings, log: Path, fatal: int | None) -> None:
    # What it says would drown what the test says.
    logging.disable(logging.CRITICAL)
    boundaries = Boundaries(log, fatal)
    _watch_database(boundaries)
    _watch_kafka(boundaries)
    asyncio.run(_work(name, settings))


async def _work(name: str, settings: Settings) -> None:
    engine = make_engine(settings.database_url, application_name=f"crashing {name}")
    await Workers((name,), settings, make_sessions(engine)).run()


def _watch_database(boundaries: Boundaries) -> None:
    def reads_only(connection: Connection) -> bool:
        return bool(connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT")

    @event.listens_for(Engine, "before_cursor_execute")
    def before(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if not reads_only(connection):
            boundaries.at(f"before {_shortened(statement)}")

    @event.listens_for(Engine, "after_cursor_execute")
    def after(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if not reads_only(connection):
            boundaries.at(f"after {_shortened(statement)}")

    # Statements of a transaction that db.direct sends past SQLAlchemy.
    fetch = asyncpg.Connection.fetch

    async def fetch_in_transaction(self: "asyncpg.Connection[Any]", statement: str, *args: Any, **kwargs: Any) -> Any:
        if not self.is_in_transaction():
            return await fetch(self, statement, *args, **kwargs)
        boundaries.at(f"before {_shortened(statement)}")
        rows = await fetch(self, statement, *args, **kwargs)
        boundaries.at(f"after {_shortened(statement)}")
        return rows

    asyncpg.Connection.fetch = fetch_in_transaction  # type: ignore[assignment]  # the library's, watched
    commit = PGDialect_asyncpg.do_commit

    def do_commit(self: PGDialect_asyncpg, connection: Any) -> None:
        boundaries.at("before commit")
        commit(self, connection)
        boundaries.at("after commit")

    PGDialect_asyncpg.do_commit = do_commit  # type: ignore[method-assign]  # the library's, watched


def _watch_kafka(boundaries: Boundaries) -> None:
    send = AIOKafkaProducer.send_batch

    async def send_batch(self: AIOKafkaProducer, *args: Any, **kwargs: Any) -> Any:
        boundaries.at("before sending")
        acknowledged = await send(self, *args, **kwargs)
        boundaries.at("after sending")
        acknowledged.add_done_callback(lambda _: boundaries.at("after acknowledgement"))
        return acknowledged

    AIOKafkaProducer.send_batch = send_batch
    read, commit, make = AIOKafkaConsumer.getmany, AIOKafkaConsumer.commit, AIOKafkaConsumer.__init__

    async def getmany(self: AIOKafkaConsumer, *args: Any, **kwargs: Any) -> Any:
        records = await read(self, *args, **kwargs)
        if records:
            boundaries.at("after reading records")
        return records

    async def commit_offsets(self: AIOKafkaConsumer, *args: Any, **kwargs: Any) -> None:
        boundaries.at("before committing offsets")
        await commit(self, *args, **kwargs)
        boundaries.at("after committing offsets")

    def quick(self: AIOKafkaConsumer, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs | {"session_timeout_ms": _SESSION_MS, "heartbeat_interval_ms": _HEARTBEAT_MS})

    AIOKafkaConsumer.getmany, AIOKafkaConsumer.commit = getmany, commit_offsets
    AIOKafkaConsumer.__init__ = quick


def _shortened(statement: str) -> str:
    return " ".join(statement.split())[:60]
