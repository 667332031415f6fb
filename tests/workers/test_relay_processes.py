"""Relays as processes that are killed, frozen and stopped at any moment: nothing is lost, each task's order holds."""

import contextlib
import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from pipeline import Place, open_place, read_topics
from processes import ROOT, environment
from support import SECRET, eventually

from cli import embedded
from db import outbox
from domain.events import TASK_EVENTS

KEYS = 30
# A relay as `tickler worker relay` runs it, with less patience: the test waits for what is given up.
PROGRAM = """
import asyncio
from config.settings import Settings, load
from db import outbox
from db.engine import make_engine, make_sessions
from workers import publish_kafka, relay
from workers.doorbell import Doorbell
publish_kafka.PUBLISH_SECONDS = 1
relay.BATCH = 20
settings = load(Settings)
engine = make_engine(settings.database_url, application_name="relay")
async def main():
    doorbell = Doorbell(settings.database_url, (outbox.DOORBELL,))
    await asyncio.gather(relay.run(settings, make_sessions(engine), doorbell), doorbell.listen())
asyncio.run(main())
"""
HOLDS = """
    SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE locktype = 'advisory' AND datname = current_database() AND state = 'idle in transaction')
"""
UNPUBLISHED = "SELECT count(*) FROM outbox_state WHERE published_at IS NULL"


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database, pool_size=12) as place:
        yield place


@contextlib.contextmanager
def a_relay(place: Place, brokers: str) -> Iterator[subprocess.Popen[bytes]]:
    settings = environment(
        DATABASE_URL=place.url, KAFKA_BROKERS=brokers, TICKLER_SECRET=SECRET, TICKLER_DAPR_DEADLINE_SECONDS="1"
    )
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=ROOT, env=settings, stderr=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


async def put(place: Place, first: int, count: int) -> None:
    numbers = range(first, first + count)
    rows = [(str(number % KEYS), f'{{"n":{number}}}'.encode()) for number in numbers]
    events = [outbox.Outgoing(uuid4(), "task.updated", TASK_EVENTS, key, value) for key, value in rows]
    await place.do(outbox.put, events)


async def nothing_waits(place: Place) -> None:
    async def look() -> bool:
        return await place.value(UNPUBLISHED) == 0

    await eventually(look, what="everything to be published", seconds=60)


async def check_order(place: Place, brokers: str, count: int) -> int:
    """Nothing is lost, and what came more than once came first in its place. Returns how many came again."""
    found: dict[str, list[bytes]] = defaultdict(list)
    records = await read_topics(brokers, TASK_EVENTS)
    for record in records:
        found[record.key.decode()].append(record.value)
    wanted: dict[str, list[bytes]] = defaultdict(list)
    for row in await place.rows("SELECT key, value FROM outbox ORDER BY id"):
        wanted[row["key"]].append(row["value"])
    assert {key: list(dict.fromkeys(values)) for key, values in found.items()} == dict(wanted)
    return len(records) - count


async def test_killed_at_any_moment_relays_lose_nothing_and_keep_the_order_of_each_task(place: Place) -> None:
    rounds, portion = 8, 400
    with embedded.kafka() as brokers, contextlib.ExitStack() as stack:
        stack.enter_context(a_relay(place, brokers))
        for round_ in range(rounds):
            with a_relay(place, brokers) as killed:
                await put(place, round_ * portion, portion)

                async def half() -> bool:
                    return await place.value(UNPUBLISHED) < portion / 2

                await eventually(half, what="half of it to be published")
                # Killed, or ended as a deployment ends it.
                killed.send_signal(random.choice((signal.SIGKILL, signal.SIGTERM)))  # noqa: S311 - a test's dice
        await nothing_waits(place)
        await check_order(place, brokers, rounds * portion)


async def test_a_frozen_relay_gives_way_and_harms_nothing_when_it_wakes(place: Place) -> None:
    with embedded.kafka() as brokers, a_relay(place, brokers) as frozen:
        total = 0

        async def holding() -> bool:
            """Has it frozen while it holds shards: in the middle of publishing."""
            nonlocal total
            frozen.send_signal(signal.SIGCONT)
            await put(place, total, 200)
            total += 200
            await eventually(lambda: place.value(HOLDS), what="a batch in work")
            frozen.send_signal(signal.SIGSTOP)
            return bool(await place.value(HOLDS) and await place.value(UNPUBLISHED))

        await eventually(holding, what="a relay that is frozen with a batch", seconds=30)
        with a_relay(place, brokers):
            await nothing_waits(place)
            frozen.send_signal(signal.SIGCONT)
            # It goes on: with its old batch, which nobody needs, and then with what is new.
            await put(place, total, 500)
            await nothing_waits(place)
        await put(place, total + 500, 50)
        await nothing_waits(place)
        assert frozen.poll() is None
        await check_order(place, brokers, total + 550)
