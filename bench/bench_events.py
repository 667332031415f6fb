"""From a committed mutation to the committed work of a consumer: python -m bench.bench_events [--check]

At a given rate on the real stack, one process of each (or several: --replicas), for each transport in turn. PostgreSQL
says when a row was committed (track_commit_timestamp): that of the task against that of its row in the audit log. CPU
is that of each process while the measured mutations were made, memory what it has at the end.
"""

import asyncio
import contextlib
import os
import random
import statistics
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import asyncpg
import httpx
import typer
import uvloop

from bench import cpu
from bench.bench_lists import BenchError as NotAnswered
from bench.bench_lists import Connection, Gateway, machine
from bench.bench_reminders import BenchError, Report, say
from cli.embedded import EmbeddedError
from cli.real_stack import RealStack, Transport, running
from cli.service import family

P50_MS, P99_MS, MEGABYTES = 25.0, 150.0, 200.0
USERS = 16
# What comes first pays for connections, caches and plans.
WARM_UP_SECONDS = 3.0
# An answer that takes longer than this is no answer.
ANSWER_SECONDS, EFFECT_SECONDS = 10.0, 60.0
_RATES = ("USER", "ADDRESS", "SIGN_UP_ADDRESS")
_ENVIRONMENT = {f"TICKLER_RATE_{name}": "1000000/minute" for name in _RATES} | {"TICKLER_LOG_LEVEL": "warning"}
_SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { token errors { message } } }"
# A connection takes "errors" anywhere for a failure.
_CREATE = "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } wrong: errors { message } } }"
LATENCIES = """
    SELECT extract(epoch FROM pg_xact_commit_timestamp(audit_log.xmin) - pg_xact_commit_timestamp(tasks.xmin)) * 1000
      FROM tasks JOIN audit_log ON audit_log.task_id = tasks.id
     WHERE tasks.title LIKE 'measured%' ORDER BY 1
"""
MISSING = """
    SELECT count(*) FROM tasks
     WHERE title LIKE 'measured%' AND NOT EXISTS (SELECT FROM audit_log WHERE audit_log.task_id = tasks.id)
"""
# Where events are, when effects do not come.
STATE = """
    SELECT (SELECT count(*) FROM outbox) AS events,
           (SELECT count(*) FROM outbox_state WHERE published_at IS NULL) AS unpublished,
           (SELECT count(*) FROM dead_letters) AS dead, consumer, count(*) AS recorded FROM inbox GROUP BY consumer
"""


class Which(StrEnum):
    """The transports to measure."""

    KAFKA = "kafka"
    DAPR = "dapr"
    BOTH = "both"


@dataclass
class Callers:
    """Connections to one gateway that are kept, as many as there are requests at once."""

    gateway: Gateway
    free: deque[Connection] = field(default_factory=deque)
    answers: list[float] = field(default_factory=list)

    async def ask(self, document: str, user: int, **given: object) -> None:
        began = time.perf_counter()
        async with asyncio.timeout(ANSWER_SECONDS):
            connection = await self._connection()
            body = await connection.ask(self.gateway.request(document, user, input=given))
        self.free.append(connection)
        if b'"wrong":[]' not in body:
            raise BenchError(f"GraphQL answered {body.decode(errors='replace')}")
        self.answers.append((time.perf_counter() - began) * 1000)

    async def _connection(self) -> Connection:
        # The one that was longest unused: the gateway closes those that nobody uses.
        while self.free:
            connection = self.free.popleft()
            if not connection.reader.at_eof():
                return connection
        return Connection(*await asyncio.open_connection("127.0.0.1", self.gateway.ports[0], limit=2**20))

    def close(self) -> None:
        for connection in self.free:
            connection.writer.close()


async def _signed_up(address: str) -> Sequence[str]:
    """A token for each user."""
    tokens = []
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        for number in range(USERS):
            given = {"email": f"bench{number}@example.com", "password": "a long password", "name": "Bench"}
            answer = await http.post("/graphql", json={"query": _SIGN_UP, "variables": {"input": given}})
            tokens.append(str(answer.json()["data"]["signUp"]["token"]))
    return tokens


@contextlib.asynccontextmanager
async def _callers(stack: RealStack) -> AsyncIterator[list[Callers]]:
    tokens = await _signed_up(stack.gateways[0])
    callers = [Callers(Gateway([urlsplit(address).port or 0], [], tokens)) for address in stack.gateways]
    try:
        yield callers
    finally:
        for each in callers:
            each.close()


@dataclass(frozen=True)
class Load:
    """The milliseconds that answers took, and the CPU that each process used for each mutation."""

    answers: list[float]
    spent: cpu.Seconds
    seconds: float


async def _load(stack: RealStack, rate: float, seconds: float) -> Load:
    """Creates tasks at the rate, whether or not those before are answered (an open loop)."""
    first_measured = round(rate * WARM_UP_SECONDS)
    before: cpu.Seconds = {}
    async with _callers(stack) as callers, asyncio.TaskGroup() as group:
        began = time.monotonic()
        for number in range(round(rate * (WARM_UP_SECONDS + seconds))):
            if number == first_measured:
                before, measured_from = await cpu.used(stack), time.monotonic()
                began = measured_from - number / rate
                for each in callers:
                    each.answers.clear()
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            kind = "measured" if number >= first_measured else "warm-up"
            caller, user = callers[number % len(callers)], random.randint(1, USERS)  # noqa: S311 - any of them
            group.create_task(caller.ask(_CREATE, user, title=f"{kind} {number}", tagNames=["bench"]))
        after, took = await cpu.used(stack), time.monotonic() - measured_from
    return Load([ms for each in callers for ms in each.answers], cpu.between(before, after), took)


async def measure(
    transport: Transport, folder: Path, rate: float, seconds: float, replicas: int, report: Report
) -> str:
    """Adds the figures of one transport; returns PostgreSQL's version."""
    load: Load | None = None
    async with running(
        folder,
        say,
        replicas=replicas,
        transport=transport,
        has_sidecar=transport == "dapr",
        environment=_ENVIRONMENT,
    ) as stack:
        try:
            load = await _load(stack, rate, seconds)
        except* (BenchError, NotAnswered, TimeoutError) as error:
            # Requests come faster than they are answered, until the gateway refuses them.
            say(f"bench: {error.exceptions[0]}")
            report.add(f"{transport}: {rate:g} mutations/s", "not sustained", "sustained", holds=False)
        connection = await asyncpg.connect(stack.database_url)
        try:
            deadline = time.monotonic() + EFFECT_SECONDS
            while missing := await connection.fetchval(MISSING):
                if time.monotonic() > deadline:
                    message = f"{missing} mutations have had no effect after {EFFECT_SECONDS:g} s"
                    raise BenchError(f"{message}: {await connection.fetch(STATE)}")
                await asyncio.sleep(0.2)
            latencies = [float(row[0]) for row in await connection.fetch(LATENCIES)]
            version = str(await connection.fetchval("SHOW server_version"))
        finally:
            await connection.close()
        if len(latencies) < 100:
            raise BenchError(f"only {len(latencies)} mutations were made in time")
        cuts = statistics.quantiles(latencies, n=100)
        report.add(f"{transport}: mutations measured", f"{len(latencies):,}")
        report.add(f"{transport}: p50", f"{cuts[49]:.1f} ms", f"< {P50_MS:g} ms", holds=cuts[49] < P50_MS)
        report.add(f"{transport}: p95", f"{cuts[94]:.1f} ms")
        report.add(f"{transport}: p99", f"{cuts[98]:.1f} ms", f"< {P99_MS:g} ms", holds=cuts[98] < P99_MS)
        if load is not None:
            _report_load(transport, load, report)
        for name in stack.probes:
            megabytes = sum(each.memory_info().rss for each in family(stack.services[name].process)) / 2**20
            target = "" if name.startswith("api") else f"< {MEGABYTES:g} MB"
            report.add(f"{transport}: memory of {name}", f"{megabytes:.0f} MB", target, holds=megabytes < MEGABYTES)
        return version


def _report_load(transport: Transport, load: Load, report: Report) -> None:
    cuts = statistics.quantiles(load.answers, n=100)
    report.add(f"{transport}: answers p50, p99", f"{cuts[49]:.1f} ms, {cuts[98]:.1f} ms")
    total, count = sum(load.spent.values()) - load.spent.get(cpu.REST, 0.0), len(load.answers)
    report.add(
        f"{transport}: CPU of all",
        f"{total / count * 1000:.2f} ms a mutation, {total / load.seconds * 100:.0f} % of a core",
    )
    for name, spent in load.spent.items():
        report.add(
            f"{transport}: CPU of {name}",
            f"{spent / count * 1000:.2f} ms a mutation, {spent / load.seconds * 100:.0f} % of a core",
        )


def main(
    rate: Annotated[float, typer.Option(min=1, help="Mutations a second.")] = 200,
    seconds: Annotated[float, typer.Option(min=5, help="How long for each transport.")] = 20,
    replicas: Annotated[int, typer.Option(min=1, help="How many of each process.")] = 1,
    transport: Annotated[Which, typer.Option(help="Through which events go.")] = Which.BOTH,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a target is missed.")] = False,
) -> None:
    """Measure how long an effect takes. Exit codes: 0 measured, 1 a target is missed (--check), 3 it did not run."""
    report, version = Report(), ""
    transports: tuple[Transport, ...] = ("kafka", "dapr")
    try:
        for each in transports:
            if transport not in (each, Which.BOTH):
                continue
            with tempfile.TemporaryDirectory(prefix="tickler-bench-") as name, contextlib.suppress(KeyboardInterrupt):
                folder = Path(name)
                # PostgreSQL runs as another user when started by root, and has to get in.
                folder.chmod(0o755)
                version = uvloop.run(measure(each, folder, rate, seconds, replicas, report))
    except (BenchError, EmbeddedError, TimeoutError) as error:
        say(f"bench: {str(error) or 'not done in time'}")
        raise typer.Exit(3) from None
    print(f"{machine(version)}; {rate:g} mutations/s, load average {os.getloadavg()[0]:.1f}\n")
    report.show()
    raise typer.Exit(0 if report.fine or not check else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
