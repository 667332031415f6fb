"""Kafka directly and through Dapr, side by side: python -m bench.bench_transports [--check] [--help]

The same rows by both publishers in turns, to a real Kafka and a real daprd on this machine, in batches as the relay
makes them. Then the relay itself, from an outbox in an embedded PostgreSQL. The best of the rounds counts for both.
"""

import contextlib
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from bench.bench_lists import machine
from cli import embedded, real_daprd, real_kafka
from config.settings import Settings
from db import migrate, outbox
from db.engine import Sessions, make_engine, make_sessions
from db.outbox import Outgoing, Unpublished
from domain.events import TASK_EVENTS, EventType, outgoing
from workers import broker, publish_dapr, publish_kafka, relay
from workers.relay import Publisher

SECRET = "the benchmark has no sessions to sign"  # noqa: S105 - of a database that is thrown away
LEAST_PER_SECOND = 2_500.0
WARM_UP = 1_000
_NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TRANSPORTS: dict[str, Callable[[Settings], Publisher]] = {
    "kafka": publish_kafka.Publisher,
    "dapr": publish_dapr.Publisher,
}


@dataclass(frozen=True)
class Shape:
    """How the events are spread over tasks: the next is of the next task, out of so many."""

    name: str
    tasks: int
    # A part of the events where they can only be sent one after the other.
    part: float = 1.0


SHAPES = (
    Shape("each event another task", 1_000_000),
    Shape("five events of a task in a batch", relay.BATCH // 5),
    Shape("one task only", 1, part=0.1),
)


def event(number: int, tasks: int) -> Outgoing:
    """An event of the size that a task with a description makes."""
    data = {"title": f"Task {number}", "description": "Ünder pressure. " * 20, "status": "open", "version": number}
    return outgoing(
        EventType.TASK_UPDATED, topic=TASK_EVENTS, user_id=1, task_id=number % tasks + 1, at=_NOW, data=data
    )


def rows_of(shape: Shape, count: int) -> list[Unpublished]:
    events = [event(number, shape.tasks) for number in range(int(count * shape.part))]
    return [Unpublished(id_, each.topic, each.key, each.value, each.headers) for id_, each in enumerate(events)]


async def publish(publisher: Publisher, rows: Sequence[Unpublished]) -> float:
    """Events a second."""
    began = time.perf_counter()
    for first in range(0, len(rows), relay.BATCH):
        await publisher.publish(rows[first : first + relay.BATCH])
    return len(rows) / (time.perf_counter() - began)


async def publish_outbox(publisher: Publisher, sessions: Sessions, count: int) -> float:
    """Events a second by one relay."""
    for first in range(0, count, 5_000):
        async with sessions.begin() as session:
            await outbox.put(session, [event(number, 1_000_000) for number in range(first, min(first + 5_000, count))])
    began, done = time.perf_counter(), 0
    while sent := await relay.run_once(sessions, publisher):
        done += sent
    return done / (time.perf_counter() - began)


async def in_turns(settings: Settings, rounds: int, work: Callable[[Publisher], Awaitable[float]]) -> dict[str, float]:
    """The best of each transport."""
    best = dict.fromkeys(TRANSPORTS, 0.0)
    for _ in range(rounds):
        for name, make in TRANSPORTS.items():
            publisher = make(settings)
            try:
                await publish(publisher, rows_of(SHAPES[0], WARM_UP))
                best[name] = max(best[name], await work(publisher))
            finally:
                await publisher.close()
    return best


async def measure(settings: Settings, events: int, rounds: int) -> bool:
    """Prints the table. Whether the target was met."""
    await migrate.create_database(settings.database_url)
    await migrate.upgrade(settings.database_url)
    await broker.ensure_topics(settings)
    engine = make_engine(settings.database_url, application_name="bench")
    sessions = make_sessions(engine)
    size = len(event(1, 1).value or b"")
    try:
        async with engine.connect() as connection:
            version = str((await connection.exec_driver_sql("SHOW server_version")).scalar())
        print(f"{machine(version)}, Kafka {real_kafka.version()}, daprd {real_daprd.version()}")
        print(f"{events:,} events of {size} bytes, batches of {relay.BATCH}, best of {rounds} rounds\n")
        print(f"| {'events a second':36} | {'kafka':>9} | {'dapr':>9} | dapr/kafka |")
        print(f"| {'-' * 36} | {'-' * 9} | {'-' * 9} | ---------- |")
        for shape in SHAPES:
            rows = rows_of(shape, events)
            show(shape.name, await in_turns(settings, rounds, partial(publish, rows=rows)))
        relayed = await in_turns(settings, rounds, partial(publish_outbox, sessions=sessions, count=events))
        show("one relay, each event another task", relayed)
    finally:
        await engine.dispose()
    holds = relayed["dapr"] >= LEAST_PER_SECOND
    print(f"\nthe relay through dapr: at least {LEAST_PER_SECOND:,.0f} a second: {'yes' if holds else 'MISSED'}")
    return holds


def show(name: str, rates: dict[str, float]) -> None:
    ratio = rates["dapr"] / rates["kafka"]
    print(f"| {name:36} | {rates['kafka']:9,.0f} | {rates['dapr']:9,.0f} | {ratio:10.2f} |", flush=True)


def main(
    events: Annotated[int, typer.Option(min=1_000, help="Events of each shape and round.")] = 20_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each.")] = 3,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when the target is missed.")] = False,
) -> None:
    """Compare the ways to publish. Exit codes: 0 measured, 1 the target is missed (--check), 3 it did not run."""
    try:
        with tempfile.TemporaryDirectory(prefix="tickler-bench-") as name, contextlib.ExitStack() as stack:
            folder = Path(name)
            # The embedded PostgreSQL runs as another user when started by root, and has to get in.
            folder.chmod(0o755)
            server = stack.enter_context(embedded.postgres(folder / "postgres"))
            brokers = stack.enter_context(real_kafka.kafka(folder / "kafka"))
            url = embedded.database_url(server, "tickler")
            beside = stack.enter_context(
                real_daprd.sidecar(
                    folder / "daprd", brokers=brokers, database_url=embedded.database_url(server, "postgres")
                )
            )
            settings = Settings(
                database_url=url,
                kafka_brokers=brokers,
                secret=SECRET,
                dapr_grpc_port=beside.ports["grpc"],
                dapr_http_port=beside.ports["http"],
            )
            holds = uvloop.run(measure(settings, events, rounds))
    except embedded.EmbeddedError as error:
        print(f"bench: {error}")
        raise typer.Exit(3) from None
    raise typer.Exit(0 if holds or not check else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
