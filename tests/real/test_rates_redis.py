"""Rates counted in a real Redis: one count for all replicas, and each for itself while it is away.

It needs redis-server (Debian's package of that name); without it these tests fail and say so.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support import eventually, stack_settings

from api.limits_rates import Rates
from cli.real_stack import free_port
from domain.errors import RateLimited


@contextlib.asynccontextmanager
async def redis(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Redis of its own that answers on this port, until the block ends."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("there is no redis-server: apt-get install redis-server", pytrace=False)
    server = await asyncio.create_subprocess_exec(
        program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder),
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip

    async def answers() -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True
        return False

    try:
        await eventually(answers, what="Redis answers")
        yield server
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def replicas(port: int) -> AsyncIterator[tuple[Rates, Rates]]:
    """Two gateways' rates in the Redis that is to be started on this port."""
    rates = {"rate_user": "3/hour", "rate_sign_in_failures": "2/hour"}
    settings = stack_settings("postgresql://x", "x", rate_storage=f"async+redis://127.0.0.1:{port}", **rates)
    both = Rates(settings), Rates(settings)
    yield both
    for each in both:
        # A gateway's client ends with its process.
        await each._shared.sliding.storage.bridge.storage.aclose()  # type: ignore[union-attr] # noqa: SLF001


async def test_replicas_count_together(tmp_path: Path, port: int, replicas: tuple[Rates, Rates]) -> None:
    one, other = replicas
    async with redis(tmp_path, port):
        await one.user(1)
        await other.user(1)
        await one.user(1)
        for each in (one, other):
            with pytest.raises(RateLimited) as refused:
                await each.user(1)
            assert 1 <= refused.value.retry_after <= 7_200
        await other.user(2)


async def test_failed_sign_ins_are_forgotten_for_all_replicas_after_a_success(
    tmp_path: Path, port: int, replicas: tuple[Rates, Rates]
) -> None:
    one, other = replicas
    async with redis(tmp_path, port):
        for number in range(2):
            await one.sign_in(f"192.0.2.{number}", "a@example.com")
        with pytest.raises(RateLimited):
            await other.sign_in("192.0.2.9", "a@example.com")
        await other.signed_in("a@example.com")
        await one.sign_in("192.0.2.9", "a@example.com")


async def test_while_redis_is_away_each_replica_counts_for_itself(
    tmp_path: Path, port: int, replicas: tuple[Rates, Rates]
) -> None:
    one, other = replicas
    async with redis(tmp_path, port):
        for _ in range(3):
            await one.user(1)
    for each in (one, other):
        for _ in range(3):
            await each.user(1)
        with pytest.raises(RateLimited):
            await each.user(1)
