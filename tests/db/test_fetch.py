"""Rows that come straight from asyncpg: their connections go back to the pool, whatever happens to a statement."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from pipeline import cut_off, open_place
from sqlalchemy import Integer, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from support import eventually

from db.engine import Sessions, make_engine, make_sessions, reading
from db.failures import is_away
from db.fetch import Statement, fetch

NUMBER = Statement(select(bindparam("number", type_=Integer).label("number"), func.pg_backend_pid().label("process")))
SLEEP = Statement(select(func.pg_sleep(bindparam("seconds", type_=Integer))))
END = Statement(select(func.pg_terminate_backend(func.pg_backend_pid())))


@pytest.fixture
async def engine(fresh_database: str) -> AsyncIterator[AsyncEngine]:
    """One connection: whoever waits for a second one waits in vain."""
    engine = make_engine(fresh_database, application_name="tests of fetch", pool_size=1)
    yield engine
    await engine.dispose()


def taken(engine: AsyncEngine) -> int:
    number: int = engine.sync_engine.pool.checkedout()  # type: ignore[attr-defined] # of a queue, which this pool is
    return number


async def number(sessions: Sessions, value: int) -> int:
    async with reading(sessions)() as session:
        [row] = await fetch(session, NUMBER, number=value)
    return int(row.number)


async def test_rows_go_by_their_columns_names_and_the_connection_goes_back(engine: AsyncEngine) -> None:
    sessions = make_sessions(engine)
    async with reading(sessions)() as session:
        [row] = await fetch(session, NUMBER, number=7)
        assert (row.number, row[0]) == (7, 7)
        assert taken(engine) == 0
    assert taken(engine) == 0


async def test_a_session_that_has_a_connection_goes_on_with_it(engine: AsyncEngine) -> None:
    async with asyncio.timeout(3), reading(make_sessions(engine))() as session:
        process = await session.scalar(text("SELECT pg_backend_pid()"))
        [row] = await fetch(session, NUMBER, number=1)
        assert row.process == process
    assert taken(engine) == 0


async def test_in_a_transaction_it_sees_what_the_transaction_has_done(engine: AsyncEngine) -> None:
    async with make_sessions(engine).begin() as session:
        await session.execute(text("INSERT INTO users (email, name) VALUES ('a@example.com', 'A')"))
        users = Statement(select(func.count()).select_from(text("users")))
        assert [row[0] for row in await fetch(session, users)] == [1]


async def test_a_statement_that_fails_gives_its_connection_back(engine: AsyncEngine) -> None:
    async with reading(make_sessions(engine))() as session:
        with pytest.raises(asyncpg.PostgresError):
            await fetch(session, Statement(select(func.there_is_no_such_function())))
    assert taken(engine) == 0
    assert await number(make_sessions(engine), 2) == 2


async def test_a_cancelled_statement_gives_its_connection_back(engine: AsyncEngine) -> None:
    sessions = make_sessions(engine)

    async def sleep() -> None:
        async with reading(sessions)() as session:
            await fetch(session, SLEEP, seconds=60)

    sleeping = asyncio.create_task(sleep())

    async def has_begun() -> bool:
        return taken(engine) == 1

    await eventually(has_begun, what="the statement runs")
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    assert taken(engine) == 0
    async with asyncio.timeout(10):
        assert await number(sessions, 3) == 3


async def test_a_connection_lost_within_a_statement_is_not_handed_out_again(engine: AsyncEngine) -> None:
    sessions = make_sessions(engine)
    async with reading(sessions)() as session:
        with pytest.raises(asyncpg.PostgresConnectionError):
            await fetch(session, END)
    assert taken(engine) == 0
    assert await number(sessions, 4) == 4


async def test_a_database_that_takes_no_connections_is_away(fresh_database: str) -> None:
    """While PostgreSQL starts, say: it answers, and refuses."""
    async with open_place(fresh_database, pool_size=1) as place:
        async with cut_off(place):
            with pytest.raises(DBAPIError, match="not currently accepting connections") as raised:
                await number(place.sessions, 1)
            assert is_away(raised.value)
        assert await number(place.sessions, 2) == 2
        assert taken(place.engine) == 0


async def test_a_connection_that_was_closed_while_nobody_had_it_is_replaced(
    engine: AsyncEngine, fresh_database: str
) -> None:
    sessions = make_sessions(engine)
    async with reading(sessions)() as session:
        [row] = await fetch(session, NUMBER, number=5)
    other = make_engine(fresh_database, application_name="another")
    async with other.connect() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": row.process})
    await other.dispose()
    assert await number(sessions, 6) == 6
    assert taken(engine) == 0
