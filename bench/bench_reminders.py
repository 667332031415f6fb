"""How punctual reminders are, with a million pending: python -m bench.bench_reminders [--check] [--help]

Against an embedded PostgreSQL and a real Kafka, with the workers in processes of their own as they are run elsewhere.
All of it shares the machine, and so does the load. Lateness is from a reminder's instant to its notification's row
(`created_at` is read in the transaction that writes it), the way through outbox, Kafka and inbox included.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Annotated

import asyncpg
import httpx
import psutil
import typer
import uvloop

from bench import reminders_seed as seed
from bench.bench_lists import machine
from bench.cpu import backends
from cli import embedded, real_kafka
from cli.real_stack import free_port
from db import migrate
from db.engine import libpq_url

SECRET = "the benchmark has no sessions to sign"  # noqa: S105 - of a database that is thrown away
WORKERS = (("scheduler",), ("relay",), ("notifications", "reminders"))
P50_MS, P99_MS, BURST_SECONDS, IDLE_PERCENT, GROWTH_PERCENT = 50.0, 250.0, 5.0, 1.0, 10.0
WARM_UP = 2_000
# Seconds beyond those that are asked for: filling the tables takes most of them.
AROUND = 180.0


class BenchError(Exception):
    """A process did not start, or reminders did not arrive; the message says which."""


@dataclass(frozen=True)
class Size:
    pending: int
    rate: int
    seconds: int
    burst: int
    idle_seconds: int


@dataclass
class Report:
    """The lines of the table, and whether every target was met."""

    fine: bool = True
    lines: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, measured: str, target: str = "", *, holds: bool = True) -> None:
        self.lines.append((what, measured, target, "" if not target else "yes" if holds else "MISSED"))
        self.fine &= holds

    def show(self) -> None:
        heads = ("", "measured", "target", "holds")
        widths = [max(len(line[column]) for line in [heads, *self.lines]) for column in range(4)]
        for line in (heads, tuple("-" * width for width in widths), *self.lines):
            print("| " + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) + " |")


@dataclass(frozen=True)
class Worker:
    """A worker process."""

    name: str
    process: psutil.Process

    def busy(self) -> float:
        """The seconds of CPU it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def megabytes(self) -> float:
        return float(self.process.memory_info().rss) / 2**20


def say(line: str) -> None:
    """Progress goes to standard error; the table is alone on standard output."""
    print(line, file=sys.stderr, flush=True)


@contextlib.asynccontextmanager
async def workers(database_url: str, brokers: str) -> AsyncIterator[list[Worker]]:
    """Runs the workers, ready, until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(_worker(database_url, brokers, names)) for names in WORKERS]


@contextlib.asynccontextmanager
async def _worker(database_url: str, brokers: str, names: Sequence[str]) -> AsyncIterator[Worker]:
    port = free_port()
    environment = {
        **os.environ, "DATABASE_URL": database_url, "KAFKA_BROKERS": brokers, "TICKLER_SECRET": SECRET,
        "TICKLER_WORKER_PORT": str(port), "TICKLER_LOG_LEVEL": "warning",
    }  # fmt: skip
    command = (sys.executable, "-m", "cli.main", "worker", *names)
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as http:
            while not await _is_ready(http, port):
                if process.returncode is not None:
                    raise BenchError(f"tickler worker {' '.join(names)} ended with {process.returncode}")
                await asyncio.sleep(0.1)
        yield Worker(" ".join(names), psutil.Process(process.pid))
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 15)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _is_ready(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/readyz")).is_success
    except httpx.TransportError:
        return False


@dataclass
class Bench:
    """One run: where the rows are, which tasks have had a reminder of ours already, and what was found."""

    connection: asyncpg.Connection
    workers: list[Worker]
    size: Size
    report: Report
    next_task: int = 1

    async def fire(self, count: int, *, rate: float | None, grace: float) -> list[float]:
        """Makes `count` reminders due, `rate` per second or all at once; returns how late each was, in seconds."""
        first, self.next_task = self.next_task, self.next_task + count
        gap, begin = (1 / rate if rate else 0.0), 3.0
        await seed.make_due(self.connection, first, count, begin=begin, gap=gap)
        until = time.monotonic() + begin + gap * count + grace
        await asyncio.sleep(begin + gap * count)
        while await seed.told(self.connection, first, count) < count and time.monotonic() < until:
            await asyncio.sleep(0.25)
        # What would be there twice has to have the time to come.
        await asyncio.sleep(1)
        late, lost, doubled = await seed.outcome(self.connection, first, count)
        if lost or doubled:
            self.report.add(f"of {count:,} reminders", f"{lost} lost, {doubled} doubled", "none", holds=False)
        if not late:
            raise BenchError("no reminder has arrived")
        return late

    async def idle(self) -> None:
        seconds = self.size.idle_seconds
        watched = [*self.workers, *(Worker("PostgreSQL", each) for each in backends(self.connection.get_server_pid()))]
        before = [worker.busy() for worker in watched]
        await asyncio.sleep(seconds)
        percent: dict[str, float] = {}
        for worker, begin in zip(watched, before, strict=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                used = (worker.busy() - begin) / seconds * 100
                percent[worker.name] = percent.get(worker.name, 0) + used
        idle = percent.pop("scheduler")
        what = f"idle for {seconds} s: CPU of worker scheduler"
        self.report.add(what, f"{idle:.2f} % of a core", f"< {IDLE_PERCENT:g} %", holds=idle < IDLE_PERCENT)
        for name, used in percent.items():
            self.report.add(f"  CPU of {name}", f"{used:.2f} % of a core")

    async def steady(self) -> None:
        size, before = self.size, [worker.busy() for worker in self.workers]
        late = await self.fire(size.rate * size.seconds, rate=size.rate, grace=15)
        cuts = quantiles((each * 1000 for each in late), n=1000)
        what = f"{size.rate} due per second for {size.seconds} s: lateness"
        self.report.add(f"{what} p50", f"{cuts[499]:.1f} ms", f"< {P50_MS:g} ms", holds=cuts[499] < P50_MS)
        self.report.add(f"{what} p99", f"{cuts[989]:.1f} ms", f"< {P99_MS:g} ms", holds=cuts[989] < P99_MS)
        self.report.add(f"{what} p99.9, longest", f"{cuts[998]:.1f} ms, {max(late) * 1000:.1f} ms")
        for worker, begin in zip(self.workers, before, strict=True):
            milliseconds = (worker.busy() - begin) / len(late) * 1000
            self.report.add(f"  CPU of worker {worker.name}", f"{milliseconds:.2f} ms a reminder")

    async def burst(self) -> None:
        late = await self.fire(self.size.burst, rate=None, grace=30)
        what, target = f"{self.size.burst:,} due in the same instant: the last after", f"< {BURST_SECONDS:g} s"
        self.report.add(what, f"{max(late):.2f} s", target, holds=max(late) < BURST_SECONDS)
        self.report.add("  the first, half of them after", f"{min(late):.2f} s, {quantiles(late, n=2)[0]:.2f} s")

    async def run(self) -> None:
        say("warming up")
        await self.fire(min(WARM_UP, self.size.pending // 4), rate=None, grace=30)
        before = [worker.megabytes() for worker in self.workers]
        say(f"idle for {self.size.idle_seconds} s")
        await self.idle()
        say(f"{self.size.rate} due per second for {self.size.seconds} s")
        await self.steady()
        say(f"{self.size.burst:,} due at once")
        await self.burst()
        for number, (worker, begin) in enumerate(zip(self.workers, before, strict=True)):
            after = worker.megabytes()
            growth = (after / begin - 1) * 100
            # The scheduler's is the target; of the others it is shown.
            target = "" if number else f"grows < {GROWTH_PERCENT:g} %"
            what = f"memory of worker {worker.name}, before and after"
            holds = bool(number) or growth < GROWTH_PERCENT
            self.report.add(what, f"{begin:.0f} MB, {after:.0f} MB", target, holds=holds)


async def measure(size: Size, database_url: str, brokers: str, report: Report) -> None:
    """Fills the database, runs the workers and prints what was found."""
    await migrate.create_database(database_url)
    await migrate.upgrade(database_url)
    connection = await asyncpg.connect(libpq_url(database_url))
    try:
        began = time.monotonic()
        await seed.fill(connection, size.pending)
        say(f"{size.pending:,} pending reminders are there ({time.monotonic() - began:.0f} s)")
        async with workers(database_url, brokers) as running:
            await Bench(connection, running, size, report).run()
        print(f"{machine(await connection.fetchval('SHOW server_version'))}, Kafka {real_kafka.version()}")
        print(f"{size.pending:,} pending reminders of as many tasks\n")
        report.show()
    finally:
        await connection.close()


def main(
    pending: Annotated[int, typer.Option(min=100, help="Reminders that wait meanwhile.")] = 1_000_000,
    rate: Annotated[int, typer.Option(min=1, help="Reminders due per second.")] = 100,
    seconds: Annotated[int, typer.Option(min=1, help="For how long.")] = 60,
    burst: Annotated[int, typer.Option(min=2, help="Reminders due in one instant.")] = 10_000,
    idle_seconds: Annotated[int, typer.Option(min=1, help="How long the idle scheduler is watched.")] = 30,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a target is missed.")] = False,
) -> None:
    """Measure how punctual reminders are. Exit codes: 0 measured, 1 a target is missed (--check), 3 it did not run."""
    size = Size(pending, rate, seconds, burst, idle_seconds)
    if rate * seconds + burst > pending // 2:
        raise typer.BadParameter("must be at least twice the reminders that come due", param_hint="--pending")
    report = Report()
    try:
        with tempfile.TemporaryDirectory(prefix="tickler-bench-") as name, contextlib.ExitStack() as stack:
            folder = Path(name)
            # The embedded PostgreSQL runs as another user when started by root, and has to get in.
            folder.chmod(0o755)
            server = stack.enter_context(embedded.postgres(folder / "postgres"))
            brokers = stack.enter_context(real_kafka.kafka(folder / "kafka"))
            limit = AROUND + seconds + idle_seconds
            work = measure(size, embedded.database_url(server, "tickler"), brokers, report)
            uvloop.run(asyncio.wait_for(work, limit))
    except (BenchError, embedded.EmbeddedError) as error:
        say(f"bench: {error}")
        raise typer.Exit(3) from None
    except TimeoutError:
        say("bench: not done in time; the machine is too slow or too busy for these sizes (see --help)")
        raise typer.Exit(3) from None
    raise typer.Exit(0 if report.fine or not check else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
