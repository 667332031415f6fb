"""The connection to PostgreSQL: one engine per process, with time limits on every connection."""

from functools import lru_cache
from types import TracebackType
from typing import Any

import orjson
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from db import pool_metrics
from db.fetch import READS_ONLY

Sessions = async_sessionmaker[AsyncSession]

# After the server's own time limit has passed without a word from it.
UNANSWERED_SECONDS = 4

# libpq's names for encryption, which asyncpg takes as one argument; channel_binding it does not know at all.
_LIBPQ_ONLY = ("sslmode", "channel_binding")


def asyncpg_url(url: str) -> tuple[URL, dict[str, Any]]:
    """A libpq-style URL (as Neon and others hand out) as SQLAlchemy's URL and asyncpg's connect arguments."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    sslmode = parsed.query.get("sslmode")
    arguments: dict[str, Any] = {"ssl": sslmode} if sslmode else {}
    return parsed.difference_update_query(_LIBPQ_ONLY), arguments


def make_engine(
    url: str, *, application_name: str, pool_size: int = 10, statement_timeout_ms: int = 8_000
) -> AsyncEngine:
    """An engine whose statements end after `statement_timeout_ms` and whose idle transactions end after a minute.

    A connection that was lost without a word answers nothing for ever: a statement is given up some seconds later.
    """
    given_up = statement_timeout_ms / 1000 + UNANSWERED_SECONDS if statement_timeout_ms else None
    parsed, arguments = asyncpg_url(url)
    engine = create_async_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=False,
        pool_recycle=1_800,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={
            **arguments,
            "timeout": 5,
            "command_timeout": given_up,
            "server_settings": {
                "application_name": application_name,
                "timezone": "UTC",
                "jit": "off",
                "statement_timeout": str(statement_timeout_ms),
                "idle_in_transaction_session_timeout": "60000",
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    pool_metrics.show(engine, application_name, limit=pool_size)
    return engine


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """A connection that the server has closed meanwhile is replaced. Else each of the pool fails one request."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("closed by the server")


def make_sessions(engine: AsyncEngine) -> Sessions:
    return async_sessionmaker(engine, expire_on_commit=False)


class _ReadingSession(AsyncSession):
    """Closing takes a task of its own; there is nothing to close where db.fetch has done everything."""

    async def __aexit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.in_transaction():
            await super().__aexit__(type_, value, traceback)


@lru_cache(maxsize=8)
def reading(sessions: Sessions) -> Sessions:
    """Sessions on the same connections that only read: without BEGIN and COMMIT, which are a round trip each.

    At READ COMMITTED every statement sees the rows committed before it, in a transaction or not.
    """
    engine: AsyncEngine = sessions.kw["bind"]
    return async_sessionmaker(
        engine.execution_options(isolation_level="AUTOCOMMIT"),
        class_=_ReadingSession,
        expire_on_commit=False,
        autoflush=False,
        info={READS_ONLY: True},
    )


def libpq_url(url: str) -> str:
    """The same database for asyncpg itself."""
    parsed = make_url(url).set(drivername="postgresql")
    return parsed.difference_update_query(("channel_binding",)).render_as_string(hide_password=False)
