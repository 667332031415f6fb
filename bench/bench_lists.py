"""How fast lists of tasks are: pages, filters, sorts and searches over HTTP, 16 connections at a time.

The gateway runs as a process of its own on an embedded PostgreSQL and Kafka; this process makes the load, so that on a
small machine the three share its cores. Run it as it is: python -m bench.bench_lists [seconds per query]
"""

import asyncio
import contextlib
import os
import platform
import random
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import asyncpg
import orjson
import uvloop
from pydantic import SecretStr

from api.auth import Authenticator
from bench import seed
from bench.lists_queries import LIMIT_MS, PAGE, Query, QUERIES, SORTS, walk
from cli import embedded
from config.settings import Settings
from db import migrate
from db.engine import libpq_url
from db.users import User

CONNECTIONS, LATER_PAGE = 16, 200
SECRET = "the benchmark signs its own tokens with this"  # noqa: S105 - of a database that is thrown away
_CLOCK = time.perf_counter


class BenchError(Exception):
    """The gateway did not answer as it should."""


@dataclass
class Connection:
    """One HTTP/1.1 connection that is kept, with as little work per request as can be."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes) -> bytes:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
        body = await self.reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200") or b'"errors"' in body[:200] or b'"errors"' in body[-500:]:
            raise BenchError(body[:500].decode(errors="replace"))
        return body


@dataclass(frozen=True)
class Gateway:
    """Where the gateway listens, and a token for each user (tokens[0] is user 1's)."""

    port: int
    tokens: Sequence[str]

    def request(self, document: str, user: int, **variables: object) -> bytes:
        body = orjson.dumps({"query": document, "variables": variables})
        return (
            f"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.tokens[user - 1]}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)
        try:
            yield Connection(reader, writer)
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def gateway(database_url: str, brokers: str, users: int, *, folder: Path | None = None) -> AsyncIterator[Gateway]:
    """Runs `tickler api` (of the checkout in `folder`) until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ, "DATABASE_URL": database_url, "KAFKA_BROKERS": brokers, "TICKLER_SECRET": SECRET,
        "TICKLER_PORT": str(port), "TICKLER_LOG_LEVEL": "warning",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "cli.main", "api", env=environment, cwd=folder)
    try:
        await _ready(port, process)
        settings = Settings(database_url=database_url, kafka_brokers=brokers, secret=SecretStr(SECRET))
        auth, now = Authenticator(settings), datetime.now(UTC)
        yield Gateway(port, [auth.issue(User(id=number), now=now).token for number in range(1, users + 1)])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(60):
        while True:
            if process.returncode is not None:
                raise BenchError(f"the gateway ended with {process.returncode}")
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)


async def load(gateway: Gateway, make: Callable[[], bytes], seconds: float) -> tuple[float, list[float]]:
    """Requests per second, and the milliseconds each took, with every connection asking without a pause."""
    taken: list[float] = []

    async def one(until: float, into: list[float]) -> None:
        async with gateway.connection() as connection:
            while (begin := _CLOCK()) < until:
                await connection.ask(make())
                into.append((_CLOCK() - begin) * 1000)

    warm_until = _CLOCK() + seconds / 4
    await asyncio.gather(*(one(warm_until, []) for _ in range(CONNECTIONS)))
    begin = _CLOCK()
    await asyncio.gather(*(one(begin + seconds, taken) for _ in range(CONNECTIONS)))
    return len(taken) / (_CLOCK() - begin), taken


async def paired(gateway: Gateway, one: bytes, other: bytes, seconds: float) -> tuple[float, float]:
    """The median milliseconds of two requests that take turns on one connection."""
    taken: tuple[list[float], list[float]] = ([], [])
    async with gateway.connection() as connection:
        until = _CLOCK() + seconds
        while _CLOCK() < until:
            for request, into in ((one, taken[0]), (other, taken[1])):
                begin = _CLOCK()
                await connection.ask(request)
                into.append((_CLOCK() - begin) * 1000)
    return median(taken[0]), median(taken[1])


def report(query: Query, rate: float, taken: list[float]) -> bool:
    """Prints a line; says whether it is under the limit."""
    cuts = quantiles(taken, n=100)
    over = "" if cuts[94] < LIMIT_MS else "  over"
    print(f"{query.name:58}{rate:8.0f}{cuts[49]:9.1f}{cuts[94]:9.1f}{cuts[98]:9.1f}{over}", flush=True)
    return not over


async def measure(gateway: Gateway, size: seed.Size, seconds: float) -> bool:
    """Prints the table. Says whether everything is within its limit."""
    print(f"{f'{CONNECTIONS} connections':58}{'req/s':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}")
    fine = True
    for query in QUERIES:
        users = [size.heavy_user] if query.heavy else list(range(1, size.users + 1))
        requests = [gateway.request(query.document, user, **query.variables) for user in users]
        rate, taken = await load(gateway, lambda requests=requests: random.choice(requests), seconds)  # noqa: S311
        fine &= report(query, rate, taken)
    print(f"\n{'one connection, pages of 50 of 10,000 tasks, taking turns':58}{'page 1':>9}{'page 200':>10}{'ratio':>8}")
    for name, sort in SORTS.items():
        variables = {"sort": sort}
        async with gateway.connection() as connection:
            cursor = None
            for _ in range(LATER_PAGE - 1 - 4):
                page = await connection.ask(gateway.request(walk, size.heavy_user, after=cursor, **variables))
                cursor = orjson.loads(page)["data"]["tasks"]["pageInfo"]["endCursor"] or cursor
        first, later = await paired(
            gateway,
            gateway.request(PAGE, size.heavy_user, **variables),
            gateway.request(PAGE, size.heavy_user, after=cursor, **variables),
            seconds,
        )
        fine &= later / first <= 1.2
        print(f"{name:58}{first:9.2f}{later:10.2f}{later / first:8.2f}", flush=True)
    return fine
