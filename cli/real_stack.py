"""Tickler as it runs in production, on one machine: every process of its own, on a real PostgreSQL, Kafka and daprd.

`./task real:up` runs it for people; the chaos rig and the tests on real parts run it to break it.
"""

import asyncio
import contextlib
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import httpx
import typer

from cli import real_daprd, real_kafka, real_postgres, service, serving
from cli.embedded import EmbeddedError
from cli.service import Service
from db import migrate
from workers.names import NAMES

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120.0
DATABASE = "tickler"
_THREADS = 64
Transport = Literal["kafka", "dapr"]
Say = Callable[[str], None]


class RealStackError(EmbeddedError):
    """The stack did not come up; the message says which part and where its log is."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Through which loopback ports processes reach PostgreSQL and Kafka; a proxy may stand there."""

    postgres: int
    kafka: int


@dataclass
class RealStack:
    """The services by name, and where to reach what they serve."""

    folder: Path
    postgres_port: int
    services: dict[str, Service]
    gateways: list[str]
    probes: dict[str, str]
    environment: dict[str, str]
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def database_url(self) -> str:
        """Straight to PostgreSQL, past any proxy."""
        return real_postgres.url(self.postgres_port, DATABASE)

    @property
    def brokers(self) -> str:
        return self.environment["KAFKA_BROKERS"]

    async def ready(self) -> None:
        """Returns once every gateway and worker says that it is ready."""
        deadline = time.monotonic() + START_SECONDS
        waiting = {*self.probes}
        async with httpx.AsyncClient(timeout=5) as http:
            while waiting:
                for name in sorted(waiting):
                    with contextlib.suppress(httpx.HTTPError):
                        if (await http.get(f"{self.probes[name]}/readyz")).is_success:
                            waiting.discard(name)
                if waiting and time.monotonic() > deadline:
                    raise RealStackError(f"not ready in time: {', '.join(sorted(waiting))}; logs are in {self.folder}")
                await asyncio.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def running(
    folder: Path,
    say: Say,
    *,
    replicas: int = 1,
    transport: Transport = "kafka",
    has_sidecar: bool = False,
    gateway_port: int = 0,
    wire: Callable[[int, int], Wiring] = Wiring,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[RealStack]:
    """Starts everything and yields once it is ready; ends it with the block.

    `replicas` says how many there are of the gateway and of each worker; all share one sidecar, if there is one. `wire`
    gets the ports of PostgreSQL and Kafka and says through which they are to be reached.
    """
    # One thread for each process that is started or ended at the same time.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
    lib = await asyncio.to_thread(real_kafka.installed, say)
    say(f"Kafka's jars are in {lib}")
    if has_sidecar:
        say(f"daprd is {await asyncio.to_thread(real_daprd.installed, say)}")
    ports = free_port(), free_port()
    wiring = wire(*ports)
    database = real_postgres.url(wiring.postgres, DATABASE)
    stack = RealStack(
        folder=folder,
        postgres_port=ports[0],
        services={},
        gateways=[],
        probes={},
        environment={
            "DATABASE_URL": database,
            "DATABASE_DIRECT_URL": database,
            "KAFKA_BROKERS": f"127.0.0.1:{wiring.kafka}",
            "TICKLER_SECRET": secrets.token_hex(32),
            "TICKLER_LOG_FORMAT": "json",
            "TICKLER_DATABASE_POOL_SIZE": "5",
            "TICKLER_TRANSPORT": transport,
            **(environment or {}),
        },
    )
    _add_parts(stack, wiring, kafka_port=ports[1])
    try:
        await _begin(stack, say, [*stack.services])
        await _migrated(stack)
        say("PostgreSQL and Kafka are ready")
        gateway_port = gateway_port or free_port()
        if has_sidecar:
            await _add_sidecar(stack, say, gateway_port)
        _add_processes(stack, replicas, gateway_port)
        await _begin(stack, say, [name for name in stack.services if name in stack.probes])
        await stack.ready()
        yield stack
    finally:
        # The processes before what they run on.
        await _ended([task for task in stack.tasks if task.get_name() in stack.probes])
        await _ended(stack.tasks)


def _add_parts(stack: RealStack, wiring: Wiring, *, kafka_port: int) -> None:
    folder = stack.folder

    @contextlib.contextmanager
    def kafka() -> Iterator[service.Process]:
        with real_kafka.node(folder / "kafka", port=kafka_port, advertised=wiring.kafka) as node:
            yield node.process

    def postgres() -> contextlib.AbstractContextManager[service.Process]:
        return real_postgres.postgres(folder / "postgres", stack.postgres_port)

    stack.services["postgres"] = Service("postgres", postgres)
    stack.services["kafka"] = Service("kafka", kafka)


async def _add_sidecar(stack: RealStack, say: Say, gateway_port: int) -> None:
    """Starts daprd, which needs PostgreSQL and Kafka, and tells the processes to come where it is."""
    api_token, app_token = secrets.token_hex(16), secrets.token_hex(16)

    @contextlib.contextmanager
    def daprd() -> Iterator[service.Process]:
        with real_daprd.sidecar(
            stack.folder / "daprd",
            brokers=stack.brokers,
            database_url=stack.environment["DATABASE_URL"],
            app_port=gateway_port,
            api_token=api_token,
            app_token=app_token,
            say=say,
        ) as sidecar:
            stack.environment |= sidecar.environment
            assert sidecar.process is not None  # noqa: S101 - it has been started
            yield sidecar.process

    stack.services["daprd"] = Service("daprd", daprd)
    await _begin(stack, say, ["daprd"])


def _add_processes(stack: RealStack, replicas: int, gateway_port: int) -> None:
    """The gateways and the workers, one process each, on ports that they keep."""
    for number in range(1, replicas + 1):
        port = gateway_port if number == 1 else free_port()
        address = f"http://127.0.0.1:{port}"
        stack.gateways.append(address)
        _add_process(stack, f"api-{number}", address, ["api"], {"TICKLER_PORT": str(port)})
        for worker in NAMES:
            port = free_port()
            words, ports = ["worker", worker], {"TICKLER_WORKER_PORT": str(port)}
            _add_process(stack, f"{worker}-{number}", f"http://127.0.0.1:{port}", words, ports)


def _add_process(stack: RealStack, name: str, probe: str, words: Sequence[str], environment: Mapping[str, str]) -> None:
    def begin() -> contextlib.AbstractContextManager[service.Process]:
        return service.command(
            [sys.executable, "-m", "cli.main", *words],
            log=stack.folder / f"{name}.log",
            environment={**stack.environment, **environment},
            folder=ROOT,
        )

    stack.services[name] = Service(name, begin)
    stack.probes[name] = probe


async def _begin(stack: RealStack, say: Say, names: Sequence[str]) -> None:
    """Starts these services and returns once each runs."""
    for name in names:
        stack.tasks.append(asyncio.create_task(service.keep(stack.services[name], say), name=name))
    deadline = time.monotonic() + START_SECONDS
    while waiting := [name for name in names if not stack.services[name].is_running]:
        if time.monotonic() > deadline:
            raise RealStackError(f"did not start in time: {', '.join(waiting)}; logs are in {stack.folder}")
        await asyncio.sleep(0.05)


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _migrated(stack: RealStack) -> None:
    await migrate.create_database(stack.database_url)
    await migrate.upgrade(stack.database_url)


async def _main(folder: Path, port: int, transport: Transport) -> None:
    began = time.monotonic()
    async with running(folder, typer.echo, transport=transport, has_sidecar=True, gateway_port=port) as stack:
        typer.echo(f"Tickler is ready ({time.monotonic() - began:.0f} s), {len(stack.services)} processes")
        typer.echo(f"  GraphQL   {stack.gateways[0]}/graphql")
        typer.echo(f"  GraphiQL  {stack.gateways[0]}/graphiql")
        for name, address in stack.probes.items():
            typer.echo(f"  {name:16} {address}/metrics")
        typer.echo(f"  Kafka     {stack.brokers}")
        typer.echo(f"  Logs      {stack.folder}")
        typer.echo("Ctrl-C stops it.")
        await asyncio.Event().wait()


def main(
    folder: Annotated[Path | None, typer.Argument(help="Where its data is kept; without it, nowhere.")] = None,
    port: Annotated[int, typer.Option(help="The gateway's.")] = 8000,
    transport: Annotated[str, typer.Option(help="How the relay publishes: kafka or dapr.")] = "kafka",
) -> None:
    """Run Tickler on real parts, one process each, in the foreground. Exit codes: 0 ended, 3 cannot start."""
    if transport not in ("kafka", "dapr"):
        raise typer.BadParameter("kafka or dapr", param_hint="--transport")
    with contextlib.ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tickler-real-")))
        place.mkdir(parents=True, exist_ok=True)
        # Started by root, PostgreSQL runs as another user and has to get in.
        place.chmod(0o755)
        try:
            serving.run(_main(place.resolve(), port, "dapr" if transport == "dapr" else "kafka"))
        except EmbeddedError as error:
            typer.echo(f"real stack: {error}", err=True)
            raise typer.Exit(3) from None
    typer.echo("Tickler has stopped")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
