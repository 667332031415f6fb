"""How fast lists of tasks are: pages, filters, sorts and searches over HTTP, 16 connections at a time.

Gateways run as processes of their own (two, as they are deployed at the least) on an embedded PostgreSQL; this process
makes the load, so that on a small machine all of them share its cores: python -m bench.bench_lists [--check] [--help]
"""

import asyncio
import contextlib
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from types import MappingProxyType
from typing import Annotated

import asyncpg
import orjson
import psutil
import typer
import uvloop
from pydantic import SecretStr

from api.auth import Authenticator
from bench import seed
from bench.lists_queries import LIMIT_MS, PAGE, QUERIES, SORTS, WALK
from cli import embedded
from cli.real_stack import free_port
from config.settings import Settings
from db import migrate
from db.engine import libpq_url
from db.users import User

CONNECTIONS, LATER_PAGE, MOST_RATIO = 16, 200, 1.2
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
    """Where the processes of the gateway listen, and a token for each user (tokens[0] is user 1's)."""

    ports: Sequence[int]
    process_ids: Sequence[int]
    tokens: Sequence[str]

    def request(self, document: str, user: int, **variables: object) -> bytes:
        body = orjson.dumps({"query": document, "variables": variables})
        return (
            f"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.tokens[user - 1]}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def busy(self) -> float:
        """The seconds of CPU they have used: what a request costs whatever else the machine does."""
        times = [psutil.Process(process_id).cpu_times() for process_id in self.process_ids]
        return float(sum(each.user + each.system for each in times))

    @contextlib.asynccontextmanager
    async def connection(self, number: int = 0) -> AsyncIterator[Connection]:
        """The numbers go round the processes."""
        port = self.ports[number % len(self.ports)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        try:
            yield Connection(reader, writer)
        finally:
            writer.close()


@dataclass(frozen=True)
class Load:
    """Requests per second, the milliseconds each took, and those of the gateway's CPU in each."""

    rate: float
    taken: list[float]
    busy: float


@contextlib.asynccontextmanager
async def gateway(
    database_url: str,
    brokers: str,
    users: int,
    *,
    processes: int = 1,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Gateway]:
    """Runs `tickler api`, so many of it, until the block ends. `settings` are variables of its own."""
    async with contextlib.AsyncExitStack() as stack:
        started = [await stack.enter_async_context(_process(database_url, brokers, settings)) for _ in range(processes)]
        own = Settings(database_url=database_url, kafka_brokers=brokers, secret=SecretStr(SECRET))
        auth, now = Authenticator(own), datetime.now(UTC)
        tokens = [auth.issue(User(id=number), now=now).token for number in range(1, users + 1)]
        yield Gateway([port for port, _ in started], [process_id for _, process_id in started], tokens)


@contextlib.asynccontextmanager
async def _process(database_url: str, brokers: str, settings: Mapping[str, str]) -> AsyncIterator[tuple[int, int]]:
    """Its port and its id."""
    port = free_port()
    environment = {
        **os.environ, "DATABASE_URL": database_url, "KAFKA_BROKERS": brokers, "TICKLER_SECRET": SECRET,
        "TICKLER_PORT": str(port), "TICKLER_LOG_LEVEL": "warning",
        # Nobody is held back: what is counted is how many requests can be answered, not how many may be asked.
        "TICKLER_RATE_USER": "1000000/second", "TICKLER_RATE_ADDRESS": "1000000/second", **settings,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "cli.main", "api", env=environment)
    try:
        await _ready(port, process)
        yield port, process.pid
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


async def load(gateway: Gateway, make: Callable[[], bytes], seconds: float) -> Load:
    """Every connection asks without a pause."""
    taken: list[float] = []

    async def one(number: int, until: float, into: list[float]) -> None:
        async with gateway.connection(number) as connection:
            while (begin := _CLOCK()) < until:
                await connection.ask(make())
                into.append((_CLOCK() - begin) * 1000)

    warm_until = _CLOCK() + seconds / 4
    await asyncio.gather(*(one(number, warm_until, []) for number in range(CONNECTIONS)))
    begin, busy = _CLOCK(), gateway.busy()
    await asyncio.gather(*(one(number, begin + seconds, taken) for number in range(CONNECTIONS)))
    return Load(len(taken) / (_CLOCK() - begin), taken, (gateway.busy() - busy) / len(taken) * 1000)


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


def report(name: str, load: Load) -> bool:
    """Prints a line; says whether it is below the limit."""
    cuts = quantiles(load.taken, n=100)
    over = "" if cuts[94] < LIMIT_MS else "  over"
    print(
        f"{name:58}{load.rate:8.0f}{cuts[49]:9.1f}{cuts[94]:9.1f}{cuts[98]:9.1f}{load.busy:9.2f}{over}",
        flush=True,
    )
    return not over


async def measure(gateway: Gateway, size: seed.Size, seconds: float) -> bool:
    """Prints a line for each query. Says whether all are below the limit."""
    print(f"{f'{CONNECTIONS} connections':58}{'req/s':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'CPU ms':>9}")
    fine, everything = True, []
    for query in QUERIES:
        users = [size.heavy_user] if query.heavy else list(range(1, size.users + 1))
        requests = [gateway.request(query.document, user, **query.variables) for user in users]
        fine &= report(query.name, await load(gateway, partial(random.choice, requests), seconds))
        everything.append(requests)
    # As a service has it: every query as often as another, a user as often as there are tasks of theirs.
    light, heavy = everything[: len(everything) // 2], everything[len(everything) // 2 :]
    share = size.most / (size.most + size.users * size.tasks)

    def mixed() -> bytes:
        queries = heavy if random.random() < share else light  # noqa: S311 - any will do
        return random.choice(random.choice(queries))  # noqa: S311

    return report("all of these, mixed", await load(gateway, mixed, 3 * seconds)) and fine


async def compare_pages(gateway: Gateway, size: seed.Size, seconds: float) -> bool:
    """Prints page 1 beside page 200 of the user of 10,000 tasks, in every sort. Says whether they cost the same."""
    print(f"\n{f'one connection, taking turns: {MOST_RATIO} at most':58}{'page 1':>9}{'page 200':>9}{'ratio':>8}")
    fine = True
    for name, sort in SORTS.items():
        cursor = await _cursor(gateway, size.heavy_user, sort)
        first, later = await paired(
            gateway,
            gateway.request(PAGE, size.heavy_user, sort=sort),
            gateway.request(PAGE, size.heavy_user, sort=sort, after=cursor),
            seconds,
        )
        over = "" if later / first <= MOST_RATIO else "  over"
        print(f"{name:58}{first:9.2f}{later:9.2f}{later / first:8.2f}{over}", flush=True)
        fine &= not over
    return fine


async def _cursor(gateway: Gateway, user: int, sort: object) -> str | None:
    """Where page 200 begins."""
    cursor = None
    async with gateway.connection() as connection:
        for _ in range(LATER_PAGE - 1):
            page = await connection.ask(gateway.request(WALK, user, sort=sort, after=cursor))
            cursor = orjson.loads(page)["data"]["tasks"]["pageInfo"]["endCursor"]
            if cursor is None:
                raise BenchError("there are not enough pages")
    return cursor


@contextlib.asynccontextmanager
async def filled_database(folder: Path, size: seed.Size) -> AsyncIterator[tuple[str, str]]:
    """The URL of a database full of tasks, and the version of its server."""
    with embedded.postgres(folder / "postgres") as server:
        url = embedded.database_url(server, "tickler")
        await migrate.create_database(url)
        await migrate.upgrade(url)
        connection = await asyncpg.connect(libpq_url(url))
        await seed.fill(connection, size)
        version = await connection.fetchval("SHOW server_version")
        await connection.close()
        yield url, version


def machine(server: str) -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    return (
        f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, PostgreSQL {server}"
    )


async def run(seconds: float, gateways: int) -> bool:
    size = seed.Size()
    with tempfile.TemporaryDirectory(prefix="tickler-bench-") as folder, embedded.kafka() as brokers:
        # The embedded PostgreSQL runs as another user when started by root, and has to get in.
        Path(folder).chmod(0o755)  # noqa: ASYNC240 - before anything else runs
        async with filled_database(Path(folder), size) as (url, version):
            print(machine(version))
            print(
                f"{size.users} users of {size.tasks} tasks, one of {size.most}; {len(seed.TAGS)} tags each, "
                f"{seed.TAGS_PER_TASK} on every task; gateways: {gateways}; p95 below {LIMIT_MS:.0f} ms"
            )
            async with gateway(url, brokers, size.heavy_user, processes=gateways) as running:
                within = await measure(running, size, seconds)
                return await compare_pages(running, size, seconds) and within


def main(
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each query is asked.")] = 3,
    gateways: Annotated[int, typer.Option(min=1, max=8, help="Processes of the gateway.")] = 2,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a target is missed.")] = False,
) -> None:
    """Measure lists. Exit codes: 0 measured, 1 a target is missed (--check)."""
    fine = uvloop.run(run(seconds, gateways))
    raise typer.Exit(0 if fine or not check else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
