"""Statements of a transaction that go past SQLAlchemy: they are part of it, whatever happens to them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Integer, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from db.direct import run
from db.engine import Sessions, make_engine, make_sessions
from db.failures import is_away, is_contention
from db.fetch import Statement
from db.users import User

INSERT = Statement(text("INSERT INTO users (email, name) VALUES (:email, 'U') RETURNING id"))
COUNT = Statement(text("SELECT count(*) FROM users"))
PROCESS = Statement(select(func.pg_backend_pid()))
SLEEP = Statement(select(func.pg_sleep(bindparam("seconds", type_=Integer))))


@pytest.fixture
async def engine(fresh_database: str) -> AsyncIterator[AsyncEngine]:
    """One connection: whoever waits for a second one waits in vain."""
    engine = make_engine(fresh_database, application_name="tests of direct", pool_size=1)
    yield engine
    await engine.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> Sessions:
    return make_sessions(engine)


def taken(engine: AsyncEngine) -> int:
    number: int = engine.sync_engine.pool.checkedout()  # type: ignore[attr-defined] # of a queue, which this pool is
    return number


async def count(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        ((number,),) = await run(session, COUNT)
    return int(number)


async def test_it_is_committed_and_rolled_back_with_the_transaction_that_it_begins(
    engine: AsyncEngine, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        await run(session, INSERT, email="a@example.com")

    async def undone() -> None:
        async with sessions.begin() as session:
            await run(session, INSERT, email="b@example.com")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await undone()
    assert taken(engine) == 0
    assert await count(sessions) == 1


async def test_a_session_may_have_one_transaction_after_the_other(sessions: Sessions) -> None:
    async with sessions() as session:
        await run(session, INSERT, email="a@example.com")
        await session.commit()
        await run(session, INSERT, email="b@example.com")
        await session.rollback()
        ((number,),) = await run(session, COUNT)
        assert number == 1


async def test_it_sees_what_the_session_has_not_written_yet_and_is_seen_by_it(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        session.add(User(email="a@example.com", name="A"))
        ((number,),) = await run(session, COUNT)
        assert number == 1
        await run(session, INSERT, email="b@example.com")
        assert await session.scalar(select(func.count()).select_from(User)) == 2


async def test_errors_are_sqlalchemys_and_show_no_parameters(engine: AsyncEngine, sessions: Sessions) -> None:
    async def doubled() -> None:
        async with sessions.begin() as session:
            await run(session, INSERT, email="a@example.com")
            await run(session, INSERT, email="A@example.com")

    with pytest.raises(IntegrityError) as raised:
        await doubled()
    assert getattr(raised.value.orig, "sqlstate", None) == "23505"
    assert "A@example.com" not in str(raised.value)
    assert taken(engine) == 0
    assert await count(sessions) == 0


async def test_a_statement_that_is_ended_is_contention_and_not_an_outage(fresh_database: str) -> None:
    engine = make_engine(fresh_database, application_name="tests of direct", pool_size=1, statement_timeout_ms=100)
    with pytest.raises(DBAPIError) as raised:
        async with make_sessions(engine).begin() as session:
            await run(session, SLEEP, seconds=60)
    assert is_contention(raised.value)
    assert not is_away(raised.value)
    await engine.dispose()


async def test_a_connection_that_is_lost_midway_is_an_outage_and_is_not_handed_out_again(
    engine: AsyncEngine, sessions: Sessions, fresh_database: str
) -> None:
    async with sessions.begin() as session:
        ((process,),) = await run(session, PROCESS)
    other = make_engine(fresh_database, application_name="tests: other", pool_size=1)

    async def lose() -> None:
        async with other.connect() as connection:
            await connection.execute(select(func.pg_terminate_backend(process, 5_000)))

    async def lost_midway() -> None:
        async with sessions.begin() as session:
            await run(session, INSERT, email="a@example.com")
            await lose()
            await run(session, COUNT)

    with pytest.raises(DBAPIError) as raised:
        await lost_midway()
    assert is_away(raised.value)
    assert taken(engine) == 0
    assert await count(sessions) == 0
    await other.dispose()


async def test_a_cancelled_statement_gives_its_connection_back(engine: AsyncEngine, sessions: Sessions) -> None:
    async def sleep() -> None:
        async with sessions.begin() as session:
            await run(session, INSERT, email="a@example.com")
            await run(session, SLEEP, seconds=60)

    sleeping = asyncio.create_task(sleep())
    await asyncio.sleep(0.3)
    sleeping.cancel()
    await asyncio.gather(sleeping, return_exceptions=True)
    async with asyncio.timeout(5):
        assert await count(sessions) == 0
    assert taken(engine) == 0
