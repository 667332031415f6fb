"""How fast relays drain a backlog, at which rate to its end, in how much memory: python -m bench.bench_relay [--check]

Against an embedded PostgreSQL and a real Kafka, with each relay in a process of its own as it is run elsewhere. All of
it shares the machine, and so does the rest of its load, which is why the load average is printed. Rates are between
the instants at which rows were marked as published, so they hold what it takes Kafka to acknowledge them. On a machine
with other work they vary with it; the CPU for an event does so less.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import asyncpg
import psutil
import typer
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.bench_lists import machine
from bench.bench_reminders import SECRET, BenchError, Report, say
from bench.cpu import backends
from cli import embedded, real_kafka
from config.kafka import KafkaSettings
from db import migrate, outbox_relay
from db.engine import libpq_url
from workers import broker

EVENTS_PER_SECOND, LAST_TO_FIRST, MEGABYTES = 5_000, 0.9, 200.0
TASKS = 20_000
FILL_BATCH = 100_000
# About an event of a task: 900 bytes, of which no two are alike.
FILL = """
    INSERT INTO outbox (event_id, event_type, topic, key, value)
    SELECT gen_random_uuid(), 'task.updated', 'task-events', 1 + n % $3,
           convert_to(n || repeat(md5(n::text), 28), 'UTF8')
      FROM generate_series($1::bigint, $2::bigint) AS n
"""
TENTHS = """
    SELECT tenth, count(*) / GREATEST(extract(epoch FROM max(published_at) - min(published_at)), 0.000001) AS rate
      FROM (SELECT published_at, ntile(10) OVER (ORDER BY published_at) AS tenth FROM outbox_state) AS marked
     GROUP BY tenth ORDER BY tenth
"""
WHOLE = "SELECT count(*) / extract(epoch FROM max(published_at) - min(published_at)) FROM outbox_state"
WAITS = "SELECT EXISTS (SELECT FROM outbox_state WHERE published_at IS NULL)"


@dataclass(frozen=True)
class Size:
    rows: int
    relays: int
    old_snapshot: bool


@contextlib.asynccontextmanager
async def relays(count: int, database_url: str, brokers: str) -> AsyncIterator[list[psutil.Process]]:
    """Runs relays, each in its process, until the block ends."""
    environment = {
        **os.environ, "DATABASE_URL": database_url, "KAFKA_BROKERS": brokers, "TICKLER_SECRET": SECRET,
        "TICKLER_WORKER_PORT": "0", "TICKLER_LOG_LEVEL": "warning",
    }  # fmt: skip
    command = (sys.executable, "-m", "cli.main", "worker", "relay")
    processes = [await asyncio.create_subprocess_exec(*command, env=environment) for _ in range(count)]
    try:
        yield [psutil.Process(process.pid) for process in processes]
    finally:
        for process in processes:
            if process.returncode is None:
                process.terminate()
        for process in processes:
            await process.wait()


async def fill(connection: asyncpg.Connection, rows: int) -> None:
    began = time.monotonic()
    # As once any relay has run.
    await connection.execute(str(outbox_relay.TAKE_OVER))
    for first in range(1, rows + 1, FILL_BATCH):
        await connection.execute(FILL, first, min(rows, first + FILL_BATCH - 1), TASKS)
    await connection.execute("VACUUM ANALYZE outbox, outbox_state")
    # As a backlog of some age: without it the first part is spared the log's copies of whole pages, and looks quicker.
    await connection.execute("CHECKPOINT")
    say(f"{rows:,} events wait ({time.monotonic() - began:.0f} s)")


@dataclass
class Watch:
    """What is seen of relays at work: the most memory of each (MB), and after how many events how much CPU was used."""

    running: list[psutil.Process]
    kafka: AIOKafkaConsumer
    most: list[float]
    seen: list[tuple[int, float]] = field(default_factory=list)

    async def until_drained(self, connection: asyncpg.Connection) -> None:
        while await connection.fetchval(WAITS):
            for number, process in enumerate(self.running):
                if process.status() == psutil.STATUS_ZOMBIE:
                    raise BenchError("a relay has ended")
                self.most[number] = max(self.most[number], process.memory_info().rss / 2**20)
            self.seen.append((await self.records(), busy([*self.running, *backends(connection.get_server_pid())])))
            await asyncio.sleep(0.2)

    async def records(self) -> int:
        """How many are on Kafka."""
        partitions = [TopicPartition("task-events", number) for number in range(broker.TOPICS["task-events"][0])]
        return sum((await self.kafka.end_offsets(partitions)).values())

    def cost(self, begin: float, end: float) -> float:
        """Milliseconds of CPU for an event, of relays and PostgreSQL, between these parts of all events."""
        total = self.seen[-1][0]
        part = [each for each in self.seen if begin * total <= each[0] <= end * total]
        return (part[-1][1] - part[0][1]) / max(1, part[-1][0] - part[0][0]) * 1000


def busy(processes: list[psutil.Process]) -> float:
    """The seconds of CPU that they have used."""
    used = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
    return used


async def measure(size: Size, database_url: str, brokers: str, report: Report) -> None:
    """Fills the outbox, has it drained and prints what was found."""
    await migrate.create_database(database_url)
    await migrate.upgrade(database_url)
    await broker.ensure_topics(KafkaSettings(kafka_brokers=brokers))
    async with contextlib.AsyncExitStack() as stack:
        connection = await asyncpg.connect(libpq_url(database_url))
        stack.push_async_callback(connection.close)
        await fill(connection, size.rows)
        if size.old_snapshot:
            other = await asyncpg.connect(libpq_url(database_url))
            stack.push_async_callback(other.close)
            await other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            await other.fetchval("SELECT count(*) FROM users")
        kafka = AIOKafkaConsumer(bootstrap_servers=brokers)
        await kafka.start()
        stack.push_async_callback(kafka.stop)
        async with relays(size.relays, database_url, brokers) as running:
            watch = Watch(running, kafka, [0.0] * len(running))
            await watch.until_drained(connection)
        load = os.getloadavg()[0]
        rate, tenths = await connection.fetchval(WHOLE), await connection.fetch(TENTHS)
        first, last = tenths[0]["rate"], tenths[-1]["rate"]
        wanted = f">= {EVENTS_PER_SECOND:,} events/s"
        report.add("rate", f"{rate:,.0f} events/s", wanted, holds=rate >= EVENTS_PER_SECOND)
        report.add("each tenth, thousands of events/s", " ".join(f"{tenth['rate'] / 1000:.1f}" for tenth in tenths))
        ratio = float(last / first)
        report.add("last to first tenth", f"{ratio:.2f}", f">= {LAST_TO_FIRST}", holds=ratio >= LAST_TO_FIRST)
        cost = f"{watch.cost(0.05, 0.2):.3f}, {watch.cost(0.8, 0.95):.3f} ms"
        report.add("  CPU for an event, at the beginning and the end", cost)
        for number, most in enumerate(watch.most, 1):
            what, target = f"memory of relay {number}, at most", f"< {MEGABYTES:g} MB"
            report.add(what, f"{most:.0f} MB", target, holds=most < MEGABYTES)
        records = await watch.records()
        report.add("records on Kafka", f"{records:,}", f"{size.rows:,}", holds=records == size.rows)
        print(f"{machine(await connection.fetchval('SHOW server_version'))}, Kafka {real_kafka.version()}")
        snapshot = ", beside an old snapshot" if size.old_snapshot else ""
        print(f"{size.rows:,} events of {TASKS:,} tasks, {size.relays} relay(s){snapshot}; load average {load:.1f}\n")
        report.show()


def main(
    rows: Annotated[int, typer.Option(min=1_000, help="Events that wait at the beginning.")] = 100_000,
    relays: Annotated[int, typer.Option(min=1, max=8, help="Relay processes.")] = 1,
    old_snapshot: Annotated[bool, typer.Option("--old-snapshot", help="Keep a snapshot open meanwhile.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a target is missed.")] = False,
) -> None:
    """Measure how relays drain a backlog. Exit codes: 0 measured, 1 a target is missed (--check), 3 it did not run."""
    report = Report()
    try:
        with tempfile.TemporaryDirectory(prefix="tickler-bench-") as name, contextlib.ExitStack() as stack:
            folder = Path(name)
            # The embedded PostgreSQL runs as another user when started by root, and has to get in.
            folder.chmod(0o755)
            server = stack.enter_context(embedded.postgres(folder / "postgres"))
            brokers = stack.enter_context(real_kafka.kafka(folder / "kafka"))
            size = Size(rows, relays, old_snapshot)
            work = measure(size, embedded.database_url(server, "tickler"), brokers, report)
            # A tenth of the target's rate is taken for a relay that has stopped.
            uvloop.run(asyncio.wait_for(work, 120 + rows / (EVENTS_PER_SECOND / 10)))
    except (BenchError, embedded.EmbeddedError) as error:
        say(f"bench: {error}")
        raise typer.Exit(3) from None
    except TimeoutError:
        say("bench: not done in time")
        raise typer.Exit(3) from None
    raise typer.Exit(0 if report.fine or not check else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
