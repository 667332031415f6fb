"""Brings a database to this release's schema, and says which schema a database has."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.engine import make_engine

_Step = Callable[[Config], None]
# Two migrations at once wait for each other here; the number is arbitrary but fixed.
_MIGRATION_LOCK = 7_425_537
# A migration that cannot get its locks gives up rather than queue every reader behind it.
_LOCK_TIMEOUT = "10s"


class MigrationError(Exception):
    """A migration, or the comparison with the tables, did not succeed; it has changed nothing. The message says why."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The revision that this release's code works with."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None  # noqa: S101 - the package always carries its migrations
    return revision


async def current(connection: AsyncConnection) -> str | None:
    """The revision the database is at; None for an empty one."""
    return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


async def upgrade(url: str, revision: str = "head") -> None:
    await _run(url, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, revision: str) -> None:
    await _run(url, lambda config: command.downgrade(config, revision))


async def check(url: str) -> None:
    """Raises MigrationError when tables and migrations differ."""
    await _run(url, command.check)


async def create_database(url: str) -> None:
    """Creates the database that the URL names, if the server does not have it."""
    parsed = make_url(url)
    server = make_engine(
        parsed.set(database="postgres").render_as_string(hide_password=False), application_name="tickler"
    )
    try:
        async with server.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            known = text("SELECT 1 FROM pg_database WHERE datname = :name")
            if not await autocommit.scalar(known, {"name": parsed.database}):
                await autocommit.execute(text(f'CREATE DATABASE "{parsed.database}"'))
    finally:
        await server.dispose()


async def _run(url: str, step: _Step) -> None:
    engine: AsyncEngine = make_engine(url, application_name="tickler migrate", pool_size=1, statement_timeout_ms=0)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            await connection.run_sync(_with_connection, step)
    except (CommandError, DBAPIError) as error:
        raise MigrationError(str(getattr(error, "orig", None) or error)) from error
    finally:
        await engine.dispose()


def _with_connection(connection: Connection, step: _Step) -> None:
    config = _config()
    config.attributes["connection"] = connection
    step(config)
