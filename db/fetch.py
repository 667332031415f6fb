"""Rows for reading, straight from asyncpg: SQLAlchemy writes the statement, once for each shape, and is then left out.

Through SQLAlchemy a page of 51 tasks costs 1.05 ms of CPU, straight from asyncpg 0.14 (docs/adr/0005). Only sessions
that read (db.engine.reading) go this way; elsewhere a statement is part of a transaction that SQLAlchemy keeps.
"""

from collections import namedtuple
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.util import LRUCache

READS_ONLY = "reads only"
_compiled: LRUCache[Any, Any] = LRUCache(500)


async def fetch(session: AsyncSession, statement: Executable) -> Sequence[Any]:
    """The rows of a SELECT: by position, or by the name of a column.

    Values are as the database sends them: a status is text and a priority a number; both compare equal to their enums.
    """
    if not session.info.get(READS_ONLY):
        return (await session.execute(statement)).all()
    connection = await session.connection()
    written = _write(statement, connection.dialect)
    if written is None:
        return (await session.execute(statement)).all()
    text, parameters = written
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, asyncpg.Connection)  # noqa: S101 - the engine's only driver
    try:
        records = await driver.fetch(text, *parameters)
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
        # SQLAlchemy has not seen it: the pool must not hand this connection out again.
        await connection.invalidate()
        raise
    if not records:
        return []
    row = _row_type(tuple(records[0].keys()))
    return [row._make(record) for record in records]


@lru_cache(maxsize=500)
def _row_type(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns, rename=True)  # noqa: PYI024 - its fields are known at run time only


def _write(statement: Executable, dialect: Dialect) -> tuple[str, list[Any]] | None:
    """The statement's text and parameters; None for one whose text depends on them (IN with a list)."""
    assert isinstance(statement, ClauseElement)  # noqa: S101 - every SELECT is
    # SQLAlchemy's own way from a statement to its compiled form, as its connections go it.
    compiled, extracted, _, _ = statement._compile_w_cache(  # noqa: SLF001
        dialect, compiled_cache=_compiled, column_keys=[]
    )
    assert isinstance(compiled, SQLCompiler)  # noqa: S101
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    values = compiled.construct_params(extracted_parameters=extracted)
    processors = compiled._bind_processors  # noqa: SLF001
    return compiled.string, [
        processors[name](values[name]) if name in processors else values[name]  # type: ignore[operator]
        for name in compiled.positiontup or ()
    ]
