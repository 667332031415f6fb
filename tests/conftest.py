"""One embedded PostgreSQL for the run; for every pytest process a database built by the migrations, with a stack."""

import contextlib
import os
import tempfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from pipeline import open_place
from support import Client, Stack, running_stack

from cli import embedded
from db import migrate, outbox_relay

SERVER = "TICKLER_TEST_SERVER"


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process starts the server; the others are told by the environment where it is."""
    if hasattr(config, "workerinput"):
        return
    cleanup = contextlib.ExitStack()
    folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="tickler-tests-")))
    folder.chmod(0o755)
    os.environ[SERVER] = cleanup.enter_context(embedded.postgres(folder / "postgres"))
    config.add_cleanup(cleanup.close)


async def _make_database(name: str) -> str:
    url = embedded.database_url(os.environ[SERVER], name)
    await migrate.create_database(url)
    return url


@pytest.fixture
async def empty_database(request: pytest.FixtureRequest, worker_id: str) -> str:
    """The URL of a new database without any table."""
    safe = "".join(c if c.isalnum() else "_" for c in request.node.name.lower())[:30]
    # Two long names may begin alike; a database belongs to one test.
    return await _make_database(f"empty_{worker_id}_{safe}_{zlib.crc32(request.node.nodeid.encode()):08x}")


@pytest.fixture
async def fresh_database(empty_database: str) -> str:
    """The URL of a new database with this release's schema, which a relay of this release has taken over."""
    await migrate.upgrade(empty_database)
    async with open_place(empty_database) as place:
        await place.do(outbox_relay.take_over)
    return empty_database


@pytest.fixture(scope="session")
async def stack(worker_id: str) -> AsyncIterator[Stack]:
    """The stack that tests of this process share; each test brings its own users."""
    url = await _make_database(f"stack_{worker_id}")
    await migrate.upgrade(url)
    async with running_stack(url) as running:
        yield running


@pytest.fixture
async def user(stack: Stack) -> Client:
    return await stack.user()


@pytest.fixture
def new_user(stack: Stack) -> Callable[[], Awaitable[Client]]:
    return stack.user


@pytest.fixture
def anonymous(stack: Stack) -> Client:
    return stack.anonymous()
