"""Statements of a transaction, straight from asyncpg: what db.fetch is for sessions that read, for those that change.

A statement through SQLAlchemy costs three to six times the CPU (docs/adr/0005), and a mutation has several. They go
over the session's own connection, within its transaction, beside whatever SQLAlchemy itself does there; what the
session has not written yet is written before. Errors are SQLAlchemy's, so that nobody need know two kinds of them.
"""

from dataclasses import dataclass
from typing import Any, NoReturn, cast

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection, AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import SessionTransaction

from db.fetch import Statement

_JOINED = "direct"


@dataclass(frozen=True, slots=True)
class _Joined:
    """A session's connection, for as long as its transaction."""

    transaction: SessionTransaction
    connection: AsyncConnection
    adapted: AsyncAdapt_asyncpg_connection
    driver: "asyncpg.Connection[Any]"


async def run(
    session: AsyncSession, statement: Statement, *, flush: bool = True, **values: Any
) -> "list[asyncpg.Record]":
    """Executes a statement in the session's transaction, which begins with it if need be. Returns its rows.

    Values are as the database sends them, as with db.fetch. Without `flush` it does itself what the session has not
    written.
    """
    pending = session.sync_session
    if flush and (pending.new or pending.deleted or pending.dirty):
        await session.flush()
    joined = await _join(session)
    text, parameters = statement.write(values)
    try:
        return await joined.driver.fetch(text, *parameters)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        await _fail(joined, text, error)


async def _join(session: AsyncSession) -> _Joined:
    known: _Joined | None = session.info.get(_JOINED)
    if known is None or known.transaction is not session.sync_session.get_transaction():
        connection = await session.connection()
        # The engine's only driver.
        adapted = cast("AsyncAdapt_asyncpg_connection", (await connection.get_raw_connection()).dbapi_connection)
        transaction = session.sync_session.get_transaction()
        assert transaction is not None  # noqa: S101 - connection() has begun one
        known = _Joined(transaction, connection, adapted, adapted.driver_connection)
        session.info[_JOINED] = known
    # SQLAlchemy begins at the first statement, and this may be it.
    if known.adapted._transaction is None:  # noqa: SLF001 - SQLAlchemy has no public name for it
        try:
            await known.adapted._start_transaction()  # type: ignore[no-untyped-call]  # noqa: SLF001
        except AsyncAdapt_asyncpg_dbapi.Error as error:
            await _fail(known, "BEGIN", error)
    return known


async def _fail(joined: _Joined, text: str, error: Exception) -> NoReturn:
    """Raises what SQLAlchemy would have raised. A connection that is lost is not handed out again."""
    lost = joined.driver.is_closed()
    try:
        joined.adapted._handle_exception(error)  # noqa: SLF001
    except AsyncAdapt_asyncpg_dbapi.Error as translated:
        if lost:
            await joined.connection.invalidate(error)
        raise DBAPIError.instance(
            text,
            None,
            translated,
            AsyncAdapt_asyncpg_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=lost,
        ) from error
