"""From a committed mutation to the committed work of a consumer: python -m bench.bench_events [--check]

At a given rate on the real stack, one process of each, for each transport in turn. PostgreSQL says when a row was
committed (track_commit_timestamp): that of the task against that of its row in the audit log. Memory is that of each
process at the end.
"""

import asyncio
import contextlib
import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated

import asyncpg
import httpx
import typer
import uvloop

from bench.bench_lists import machine
from bench.bench_reminders import BenchError, Report, say
from cli.embedded import EmbeddedError
from cli.real_stack import RealStack, Transport, running
from cli.service import family

P50_MS, P99_MS, MEGABYTES = 25.0, 150.0, 200.0
USERS = 16
# What comes first pays for connections, caches and plans.
WARM_UP_SECONDS = 3.0
_RATES = ("USER", "ADDRESS", "SIGN_UP_ADDRESS")
_ENVIRONMENT = {f"TICKLER_RATE_{name}": "1000000/minute" for name in _RATES} | {"TICKLER_LOG_LEVEL": "warning"}
_SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { token errors { message } } }"
_CREATE = "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } errors { message } } }"
LATENCIES = """
    SELECT extract(epoch FROM pg_xact_commit_timestamp(audit_log.xmin) - pg_xact_commit_timestamp(tasks.xmin)) * 1000
      FROM tasks JOIN audit_log ON audit_log.task_id = tasks.id
     WHERE tasks.title LIKE 'measured%' ORDER BY 1
"""
MISSING = """
    SELECT count(*) FROM tasks
     WHERE title LIKE 'measured%' AND NOT EXISTS (SELECT FROM audit_log WHERE audit_log.task_id = tasks.id)
"""


async def _post(http: httpx.AsyncClient, document: str, token: str | None, **given: object) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await http.post("/graphql", json={"query": document, "variables": {"input": given}}, headers=headers)
    body = answer.json()
    if not body.get("data"):
        raise BenchError(f"GraphQL answered {body}")
    payload: dict[str, object] = next(iter(body["data"].values()))
    if payload["errors"]:
        raise BenchError(f"GraphQL answered {payload['errors']}")
    return payload


async def _load(stack: RealStack, rate: float, seconds: float) -> None:
    """Creates tasks at the rate, whether or not those before are answered (an open loop)."""
    async with httpx.AsyncClient(base_url=stack.gateways[0], timeout=30) as http, asyncio.TaskGroup() as group:
        tokens = []
        for number in range(USERS):
            given = {"email": f"bench{number}@example.com", "password": "a long password", "name": "Bench"}
            tokens.append(str((await _post(http, _SIGN_UP, None, **given))["token"]))
        began = time.monotonic()
        for number in range(round(rate * (WARM_UP_SECONDS + seconds))):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            kind = "measured" if number >= rate * WARM_UP_SECONDS else "warm-up"
            token = random.choice(tokens)  # noqa: S311 - any of them
            group.create_task(_post(http, _CREATE, token, title=f"{kind} {number}", tagNames=["bench"]))


async def measure(transport: Transport, folder: Path, rate: float, seconds: float, report: Report) -> str:
    """Adds the figures of one transport; returns PostgreSQL's version."""
    async with running(
        folder, say, transport=transport, has_sidecar=transport == "dapr", environment=_ENVIRONMENT
    ) as stack:
        try:
            await _load(stack, rate, seconds)
        except* BenchError as error:
            # Requests come faster than they are answered, until the gateway refuses them.
            say(f"bench: {error.exceptions[0]}")
            report.add(f"{transport}: {rate:g} mutations/s", "not sustained", "sustained", holds=False)
        connection = await asyncpg.connect(stack.database_url)
        try:
            async with asyncio.timeout(60):
                while await connection.fetchval(MISSING):
                    await asyncio.sleep(0.2)
            latencies = [float(row[0]) for row in await connection.fetch(LATENCIES)]
            version = str(await connection.fetchval("SHOW server_version"))
        finally:
            await connection.close()
        cuts = statistics.quantiles(latencies, n=100)
        report.add(f"{transport}: mutations measured", f"{len(latencies):,}")
        report.add(f"{transport}: p50", f"{cuts[49]:.1f} ms", f"< {P50_MS:g} ms", holds=cuts[49] < P50_MS)
        report.add(f"{transport}: p95", f"{cuts[94]:.1f} ms")
        report.add(f"{transport}: p99", f"{cuts[98]:.1f} ms", f"< {P99_MS:g} ms", holds=cuts[98] < P99_MS)
        for name in stack.probes:
            megabytes = sum(each.memory_info().rss for each in family(stack.services[name].process)) / 2**20
            target = "" if name.startswith("api") else f"< {MEGABYTES:g} MB"
            report.add(f"{transport}: memory of {name}", f"{megabytes:.0f} MB", target, holds=megabytes < MEGABYTES)
        return version


def main(
    rate: Annotated[float, typer.Option(min=1, help="Mutations a second.")] = 200,
    seconds: Annotated[float, typer.Option(min=5, help="How long for each transport.")] = 20,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a target is missed.")] = False,
) -> None:
    """Measure how long an effect takes. Exit codes: 0 measured, 1 a target is missed (--check), 3 it did not run."""
    report, version = Report(), ""
    try:
        transports: tuple[Transport, ...] = ("kafka", "dapr")
        for transport in transports:
            with tempfile.TemporaryDirectory(prefix="tickler-bench-") as name, contextlib.suppress(KeyboardInterrupt):
                folder = Path(name)
                # PostgreSQL runs as another user when started by root, and has to get in.
                folder.chmod(0o755)
                version = uvloop.run(measure(transport, folder, rate, seconds, report))
    except (BenchError, EmbeddedError, TimeoutError) as error:
        say(f"bench: {error or 'not done in time'}")
        raise typer.Exit(3) from None
    print(f"{machine(version)}; {rate:g} mutations/s, load average {os.getloadavg()[0]:.1f}\n")
    report.show()
    raise typer.Exit(0 if report.fine or not check else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
