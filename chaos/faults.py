"""What can go wrong, as a table: each fault is done to a running stack and undone after some seconds.

The plan of a run comes from its seed; which connections exist and how far a batch has come when it strikes does not.
"""

import asyncio
import random
import shutil
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from chaos.proxy import Proxy
from cli.real_stack import RealStack
from cli.service import family
from domain.events import CONSUMERS, REMINDERS, TASK_EVENTS

_PARTS = ("postgres", "kafka", "daprd")
POISON = b"poison "


@dataclass
class Target:
    """The stack, the networks before its database and its broker, and a count of what was put into its topics."""

    stack: RealStack
    database: Proxy
    broker: Proxy
    rng: random.Random
    poisoned: int = 0

    def processes(self) -> list[str]:
        return sorted(name for name in self.stack.services if not name.startswith(_PARTS))


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike` does it and returns what it did it to; the undoing, if any, comes after `seconds` of this range."""

    name: str
    weight: int
    seconds: tuple[float, float]
    strike: Callable[[Target, float], Awaitable[str]]


async def _kill(target: Target, _seconds: float) -> str:
    name = target.rng.choice(target.processes())
    target.stack.services[name].kill()
    return name


async def _terminate(target: Target, _seconds: float) -> str:
    name = target.rng.choice(target.processes())
    service = target.stack.services[name]
    if service.process is not None and service.is_running:
        service.process.send_signal(signal.SIGTERM)
    return name


async def _freeze(target: Target, seconds: float) -> str:
    name = target.rng.choice(target.processes())
    await _frozen(target, name, seconds)
    return name


async def _frozen(target: Target, name: str, seconds: float) -> None:
    service = target.stack.services[name]
    service.freeze()
    try:
        await asyncio.sleep(seconds)
    finally:
        service.thaw()


def _kill_part(name: str) -> Callable[[Target, float], Awaitable[str]]:
    async def strike(target: Target, _seconds: float) -> str:
        target.stack.services[name].kill()
        return name

    return strike


def _freeze_part(name: str) -> Callable[[Target, float], Awaitable[str]]:
    async def strike(target: Target, seconds: float) -> str:
        await _frozen(target, name, seconds)
        return name

    return strike


async def _kill_backend(target: Target, _seconds: float) -> str:
    """SIGKILL to one PostgreSQL backend: the server ends all its connections and recovers."""
    pid = await _on_database(target, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' LIMIT 1")
    for each in family(target.stack.services["postgres"].process):
        if each.pid == pid:
            each.kill()
    return "one backend"


async def _terminate_backends(target: Target, _seconds: float) -> str:
    count = await _on_database(
        target,
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name LIKE 'tickler%' AND random() < 0.5",
    )
    return f"{count} connections"


async def _on_database(target: Target, statement: str) -> object:
    connection = await asyncpg.connect(target.stack.database_url, timeout=3)
    try:
        return await connection.fetchval(statement, timeout=3)
    finally:
        connection.terminate()


def _network(which: str, kind: str) -> Callable[[Target, float], Awaitable[str]]:
    async def strike(target: Target, seconds: float) -> str:
        proxy = target.database if which == "database" else target.broker
        if kind == "reset":
            return f"{proxy.reset(0.5, target.rng)} ends of connections to the {which}"
        if kind == "lose":
            return f"{proxy.lose(0.2, target.rng)} ends of connections to the {which}"
        if kind == "cut":
            proxy.cut(target.rng.randrange(1, 64))
            return f"an answer of the {which}"
        proxy.hold()
        try:
            await asyncio.sleep(seconds)
        finally:
            proxy.flow()
        return f"the network to the {which}"

    return strike


async def _refuse_publishing(target: Target, seconds: float) -> str:
    """The broker takes no record, as with a full disk: each is refused for want of a second replica."""
    await _in_sync_replicas(target, "2")
    try:
        await asyncio.sleep(seconds)
    finally:
        await _in_sync_replicas(target, "1")
    return "all topics"


async def undo_late(target: Target) -> None:
    """Once no fault is left: a refusal asked of a frozen broker may have come true after it was taken back."""
    await _in_sync_replicas(target, "1")


async def _in_sync_replicas(target: Target, least: str) -> None:
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=target.stack.brokers, request_timeout_ms=3000)
        try:
            async with asyncio.timeout(5):
                await admin.start()
                await admin.alter_configs(
                    [
                        ConfigResource(ConfigResourceType.TOPIC, topic, {"min.insync.replicas": least})
                        for topic in (TASK_EVENTS, REMINDERS)
                    ]
                )
        except (KafkaError, OSError, TimeoutError):
            if least != "1":
                return
            await asyncio.sleep(0.5)
        else:
            return
        finally:
            await admin.close()


async def _poison(target: Target, _seconds: float) -> str:
    """A record that no consumer can read."""
    topic = target.rng.choice([TASK_EVENTS, REMINDERS])
    producer = AIOKafkaProducer(bootstrap_servers=target.stack.brokers, request_timeout_ms=3000)
    try:
        async with asyncio.timeout(5):
            await producer.start()
            value = POISON + str(target.rng.random()).encode()
            await producer.send_and_wait(topic, value, key=str(target.rng.randrange(99)).encode())
        target.poisoned += sum(consumer.topic == topic for consumer in CONSUMERS.values())
    finally:
        await producer.stop()
    return topic


async def wipe_broker(target: Target) -> None:
    """Kills Kafka, removes all it has kept, and lets it begin anew."""
    service = target.stack.services["kafka"]
    service.is_held = True
    # It may just be starting after another fault.
    while not service.is_resting:
        service.thaw()
        service.kill()
        await asyncio.sleep(0.05)
    await asyncio.to_thread(shutil.rmtree, target.stack.folder / "kafka", ignore_errors=True)
    service.is_held = False


_FAULTS = (
    Fault("kill a process", 10, (0, 0), _kill),
    Fault("terminate a process", 4, (0, 0), _terminate),
    Fault("freeze a process", 7, (0.5, 8), _freeze),
    Fault("freeze a process for long", 2, (20, 45), _freeze),
    Fault("kill Kafka", 2, (0, 0), _kill_part("kafka")),
    Fault("freeze Kafka", 2, (2, 20), _freeze_part("kafka")),
    Fault("kill PostgreSQL", 2, (0, 0), _kill_part("postgres")),
    Fault("freeze PostgreSQL", 2, (1, 6), _freeze_part("postgres")),
    Fault("kill a PostgreSQL backend", 2, (0, 0), _kill_backend),
    Fault("terminate PostgreSQL connections", 2, (0, 0), _terminate_backends),
    Fault("reset connections to PostgreSQL", 2, (0, 0), _network("database", "reset")),
    Fault("reset connections to Kafka", 2, (0, 0), _network("broker", "reset")),
    Fault("cut an answer of PostgreSQL", 4, (0, 0), _network("database", "cut")),
    Fault("cut an answer of Kafka", 4, (0, 0), _network("broker", "cut")),
    Fault("lose connections to PostgreSQL", 2, (0, 0), _network("database", "lose")),
    Fault("lose connections to Kafka", 2, (0, 0), _network("broker", "lose")),
    Fault("silence before PostgreSQL", 1, (1, 8), _network("database", "hold")),
    Fault("silence before Kafka", 1, (2, 15), _network("broker", "hold")),
    Fault("Kafka refuses records", 2, (3, 15), _refuse_publishing),
    Fault("kill daprd", 3, (0, 0), _kill_part("daprd")),
    Fault("freeze daprd", 3, (1, 20), _freeze_part("daprd")),
    Fault("a poison record", 2, (0, 0), _poison),
)


def faults(stack: RealStack) -> list[Fault]:
    """Those that can strike this stack: not every one has a sidecar."""
    return [fault for fault in _FAULTS if "daprd" in stack.services or not fault.name.endswith("daprd")]
