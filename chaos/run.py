"""A run: users send commands all the time, faults come in waves, and after each wave everything has to catch up."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

from chaos import ledger
from chaos.faults import Fault, Target, faults, undo_late, wipe_broker
from chaos.ledger import OUTSTANDING, Ledger, outstanding_parameters
from chaos.proxy import Proxy
from chaos.users import SimulatedUser
from chaos.witness import Witness
from cli.real_stack import RealStack, Transport, Wiring, free_port, running

# Something that is older than this and not worked on means that Tickler has not caught up.
CAUGHT_UP_SECONDS = 3.0
PATIENCE_SECONDS = 180.0
# What breaks shows a moment later.
_STEADY_SECONDS = CAUGHT_UP_SECONDS + 1
_LONGEST_INSTANT_SECONDS = 26.0
_ENVIRONMENT = {
    "TICKLER_RECONCILE_AFTER_SECONDS": "5",
    "TICKLER_LOG_LEVEL": "info",
    **{
        f"TICKLER_RATE_{name}": "1000000/minute"
        for name in (
            "USER",
            "ADDRESS",
            "SIGN_IN_ACCOUNT",
            "SIGN_IN_ADDRESS",
            "SIGN_IN_FAILURES",
            "SIGN_UP_ACCOUNT",
            "SIGN_UP_ADDRESS",
        )
    },
}
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a run."""

    seed: int
    seconds: float
    users: int
    replicas: int
    transport: Transport
    wave_seconds: float = 20.0
    fault_pause: tuple[float, float] = (0.5, 3.0)
    user_pause: tuple[float, float] = (0.3, 1.2)


@dataclass
class Wave:
    """The faults of one wave, and how long after the last of them everything had caught up."""

    faults: list[str]
    recovery: float


@dataclass
class Result:
    ledger: Ledger
    faults: Counter[str] = field(default_factory=Counter)
    waves: list[Wave] = field(default_factory=list)
    witness: Witness | None = None
    wipes: int = 0
    starts: Counter[str] = field(default_factory=Counter)
    uncaught: list[str] = field(default_factory=list)

    @property
    def slowest(self) -> Wave | None:
        return max(self.waves, key=lambda wave: wave.recovery, default=None)


async def run(plan: Plan, folder: Path, say: Say) -> Result:
    """Runs the plan on a stack of its own in `folder`."""
    proxies: list[Proxy] = []

    def wire(postgres_port: int, kafka_port: int) -> Wiring:
        proxies.extend([Proxy(postgres_port, free_port()), Proxy(kafka_port, free_port())])
        return Wiring(proxies[0].port, proxies[1].port)

    async with contextlib.AsyncExitStack() as cleanup:
        context = running(
            folder,
            say,
            replicas=plan.replicas,
            transport=plan.transport,
            has_sidecar=plan.transport == "dapr",
            wire=wire,
            environment=_ENVIRONMENT,
        )
        starting = asyncio.create_task(context.__aenter__())
        while not proxies and not starting.done():
            await asyncio.sleep(0.01)
        for proxy in proxies:
            await proxy.start()
            cleanup.push_async_callback(proxy.stop)
        stack = await starting
        cleanup.push_async_exit(context)
        return await _run(plan, Target(stack, proxies[0], proxies[1], random.Random(plan.seed)), say)  # noqa: S311 - reproducible


async def _run(plan: Plan, target: Target, say: Say) -> Result:
    stack, over = target.stack, asyncio.Event()
    result = Result(Ledger())
    async with httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=plan.users)) as http:
        users = [SimulatedUser(number, plan.seed, stack.gateways, http) for number in range(plan.users)]
        witness = result.witness = Witness(stack.brokers)
        watching = asyncio.create_task(witness.watch())
        living = [asyncio.create_task(user.live(over, pause=plan.user_pause)) for user in users]
        try:
            await _waves(plan, target, result, say, living)
            over.set()
            say("no more faults; waiting for every command to be acknowledged and everything to be worked on")
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*living)
            await asyncio.sleep(_LONGEST_INSTANT_SECONDS)
            if await _caught_up(stack, seconds=PATIENCE_SECONDS, oldest=0.0) is None:
                result.uncaught.append("at the end")
        finally:
            for task in [watching, *living]:
                task.cancel()
            await asyncio.gather(watching, *living, return_exceptions=True)
    result.ledger = await ledger.balance(stack.database_url, [user.account for user in users], poisoned=target.poisoned)
    result.starts = Counter({name: each.starts for name, each in stack.services.items()})
    await _witnessed(stack, result)
    return result


async def _waves(plan: Plan, target: Target, result: Result, say: Say, living: list[asyncio.Task[None]]) -> None:
    ends = time.monotonic() + plan.seconds
    # The broker's data is wiped once, in the middle, when there is time for it.
    wipe_at = time.monotonic() + plan.seconds * 0.4
    while time.monotonic() < ends:
        for task in [*living, *target.stack.tasks]:
            if task.done():
                task.result()
        names = await _wave(plan, target, result, min(plan.wave_seconds, max(5.0, ends - time.monotonic())))
        if time.monotonic() > wipe_at:
            wipe_at = float("inf")
            await wipe_broker(target)
            result.wipes += 1
            result.faults["wipe Kafka's data"] += 1
            names.append("wipe Kafka's data")
        await undo_late(target)
        seconds = await _caught_up(target.stack, seconds=PATIENCE_SECONDS, oldest=CAUGHT_UP_SECONDS)
        if seconds is None:
            result.uncaught.append(", ".join(names))
        result.waves.append(Wave(names, PATIENCE_SECONDS if seconds is None else seconds))
        left = max(0.0, ends - time.monotonic())
        recovery = result.waves[-1].recovery
        say(f"wave {len(result.waves)}: {len(names)} faults, caught up {recovery:.1f} s after them; {left:.0f} s to go")


async def _wave(plan: Plan, target: Target, result: Result, seconds: float) -> list[str]:
    """Strikes until the time is over; returns once every fault is undone."""
    names: list[str] = []
    ends = time.monotonic() + seconds
    possible = faults(target.stack)
    weights = [fault.weight for fault in possible]
    async with asyncio.TaskGroup() as group:
        while time.monotonic() < ends:
            fault = target.rng.choices(possible, weights)[0]
            duration = target.rng.uniform(*fault.seconds)
            names.append(fault.name)
            group.create_task(_strike(fault, target, duration, result))
            await asyncio.sleep(target.rng.uniform(*plan.fault_pause))
    return names


async def _strike(fault: Fault, target: Target, duration: float, result: Result) -> None:
    """A fault that another one prevents (what it strikes is down already) counts as missed."""
    try:
        await fault.strike(target, duration)
    except Exception:  # noqa: BLE001 - whatever the struck part answers
        result.faults[f"{fault.name} (missed)"] += 1
    else:
        result.faults[fault.name] += 1


async def _caught_up(stack: RealStack, *, seconds: float, oldest: float) -> float | None:
    """Seconds until nothing older than `oldest` is outstanding and stays so; None when it is not within `seconds`."""
    began = time.monotonic()
    since: float | None = None
    while (now := time.monotonic()) - began < seconds:
        is_well = await _is_well(stack, oldest)
        since = (since or now) if is_well else None
        if since is not None and now - since >= _STEADY_SECONDS:
            return since - began
        await asyncio.sleep(0.25)
    return None


async def _is_well(stack: RealStack, oldest: float) -> bool:
    """Whether the database answers, and nothing older than `oldest` seconds is outstanding."""
    try:
        connection = await asyncpg.connect(stack.database_url, timeout=3)
        try:
            row = (await connection.fetch(OUTSTANDING, *outstanding_parameters(), timeout=10))[0]
            late: int = await connection.fetchval(
                "SELECT count(*) FROM reminders WHERE NOT sent AND cancelled_at IS NULL "
                "AND remind_at < clock_timestamp() - make_interval(secs => $1)",
                oldest,
            )
        finally:
            connection.terminate()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return False
    return not late and (row["oldest"] <= oldest if oldest else row["events"] == 0)


async def _witnessed(stack: RealStack, result: Result) -> None:
    """What is published was there for other consumers too, and each key's events came in the outbox's order."""
    witness = result.witness
    assert witness is not None  # noqa: S101 - made at the beginning
    connection = await asyncpg.connect(stack.database_url, timeout=5)
    try:
        rows = await connection.fetch(
            "SELECT event_id::text, topic, key, state.attempts FROM outbox JOIN outbox_state AS state USING (id) "
            "WHERE topic IN ('task-events', 'reminders') ORDER BY id"
        )
    finally:
        connection.terminate()
    place = {row["event_id"]: number for number, row in enumerate(rows)}
    if not result.wipes:
        missing = [row["event_id"] for row in rows if not witness.seen[row["event_id"]]]
        result.ledger.lost += [f"event {event_id} was never seen in Kafka" for event_id in missing]
    again = {row["event_id"] for row in rows if row["attempts"] > 1}
    for (topic, key), order in witness.order.items():
        once = [place[event_id] for event_id in order if event_id in place and event_id not in again]
        if once != sorted(once):
            result.ledger.lost.append(f"the events of task {key} came out of order on {topic}")
    result.ledger.counts["records seen by another consumer"] = witness.records
    result.ledger.counts["of these repeated"] = sum(count - 1 for count in witness.seen.values())
