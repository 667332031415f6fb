"""Rows for reading, straight from asyncpg: SQLAlchemy writes a statement once, and is then left out.

Through SQLAlchemy a page of 51 tasks costs 1.05 ms of CPU, straight from asyncpg 0.14 (docs/adr/0005). Only sessions
that read (db.engine.reading) go this way; elsewhere a statement is part of a transaction that SQLAlchemy keeps.
"""

from collections import namedtuple
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cached_property, lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi, PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.util import greenlet_spawn

READS_ONLY = "reads only"
_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call] # SQLAlchemy leaves its dialects untyped


class Statement:
    """A SELECT that is kept: what differs from one time to the next is a bindparam, and it is compiled only once.

    PostgreSQL goes over to one plan for any values after a few times: it has to be a good one for all of them.
    """

    def __init__(self, query: Executable) -> None:
        self.query = query

    @cached_property
    def _compiled(self) -> tuple[str, list[tuple[str, Any, Any]]]:
        """The text; and in the order of $1, $2 … each parameter's name, what it is unless given, how it is sent."""
        assert isinstance(self.query, ClauseElement)  # noqa: S101 - every SELECT is
        compiled = self.query.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - of a SELECT it is
        # A text that depends on the values (IN with a list) cannot be kept: an array is the same for any length.
        assert not compiled.post_compile_params  # noqa: S101
        processors = compiled._bind_processors  # noqa: SLF001 - SQLAlchemy has no public name for them
        names = compiled.positiontup or ()
        return compiled.string, [(name, compiled.params[name], processors.get(name)) for name in names]

    def write(self, values: dict[str, Any]) -> tuple[str, list[Any]]:
        """The text and its parameters, for asyncpg."""
        text, parameters = self._compiled
        chosen = [(values.get(name, default), process) for name, default, process in parameters]
        return text, [process(value) if process else value for value, process in chosen]


async def fetch(session: AsyncSession, statement: Statement, **values: Any) -> Sequence[Any]:
    """The rows of a statement: by position, or by the name of a column.

    Values are as the database sends them: a status is text and a priority a number; both compare equal to their enums.
    """
    # A session that has a connection goes on with it: nobody who holds one may wait for another.
    if not session.info.get(READS_ONLY) or session.in_transaction():
        return (await session.execute(statement.query, values)).all()
    text, parameters = statement.write(values)
    async with _driver(session) as driver:
        records = await driver.fetch(text, *parameters)
    if not records:
        return []
    row = _row_type(tuple(records[0].keys()))
    return list(map(row._make, records))


@asynccontextmanager
async def _driver(session: AsyncSession) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """One of the pool's connections for one statement, without the rest that SQLAlchemy builds around it."""
    assert isinstance(session.bind, AsyncEngine)  # noqa: S101 - as db.engine makes sessions
    try:
        taken = await greenlet_spawn(session.bind.sync_engine.pool.connect)
    except AsyncAdapt_asyncpg_dbapi.Error as error:
        # As SQLAlchemy tells it where it connects for a statement of its own.
        raise DBAPIError.instance(None, None, error, AsyncAdapt_asyncpg_dbapi.Error) from error
    try:
        driver = taken.driver_connection
        assert isinstance(driver, asyncpg.Connection)  # noqa: S101 - the engine's only driver
        yield driver
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        # SQLAlchemy has not seen it: the pool must not hand this connection out again.
        await greenlet_spawn(taken.invalidate)
        raise
    finally:
        if taken.is_valid:
            await greenlet_spawn(taken.close)


@lru_cache(maxsize=500)
def _row_type(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns, rename=True)  # noqa: PYI024 - its fields are known at run time only
