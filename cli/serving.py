"""Running a process: its HTTP server, its signals, and the checks before it begins."""

import asyncio
import contextlib
import errno
import gc
import signal
import socket
from collections.abc import Coroutine, Iterator
from typing import Any, Literal

import uvicorn
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from config.kafka import KafkaSettings
from db import migrate
from workers import broker
from workers.loop import describe


class StartError(Exception):
    """The process cannot do its work as things are; the message says what to change."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours: the server is one part of a process that ends in order."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a port in use is found before anything else is started."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
        raise StartError(f"{host}:{port} {reason}; choose another with TICKLER_PORT (TICKLER_WORKER_PORT)") from error
    bound.listen(2048)
    bound.setblocking(False)
    return bound


async def serve(app: Starlette, bound: socket.socket) -> None:
    """Serves until cancelled; then answers what it has begun, for at most three seconds."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="off",
        server_header=False,
        http=_protocol(),
        # The gateway finds the caller's address itself, by TICKLER_TRUSTED_PROXIES; uvicorn would trust local callers.
        proxy_headers=False,
        timeout_graceful_shutdown=3,
        backlog=2048,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    finally:
        # What an app has open towards others, if it has anything.
        if (close := getattr(app.state, "close", None)) is not None:
            await close()


def settle() -> None:
    """Sets what the start has made apart from what is collected: else each full collection walks it, for 100 ms."""
    gc.collect()
    gc.freeze()


def _protocol() -> "type[asyncio.Protocol] | Literal['auto']":
    try:
        from cli.protocol import BoundedProtocol  # noqa: PLC0415 - httptools is absent on Windows
    except ImportError:
        return "auto"
    return BoundedProtocol


def run(main: Coroutine[Any, Any, None]) -> None:
    """Runs until `main` ends, SIGINT or SIGTERM; these cancel it, and it is given the time to end in order."""
    import uvloop  # noqa: PLC0415 - absent on Windows

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_signal(main))


async def _until_signal(main: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(main)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def current_schema(engine: AsyncEngine) -> str | None:
    """The schema that the database has. Raises StartError unless it answers."""
    try:
        async with asyncio.timeout(10), engine.connect() as connection:
            return await migrate.current(connection)
    except (OSError, SQLAlchemyError, TimeoutError) as error:
        where = engine.url.render_as_string(hide_password=True)
        raise StartError(f"the database at {where} does not answer ({describe(error)}); check DATABASE_URL") from error


async def check_database(engine: AsyncEngine) -> None:
    """Raises StartError unless the database answers and has this release's schema."""
    revision = await current_schema(engine)
    if revision != migrate.head():
        found = f"schema {revision}" if revision else "no schema"
        raise StartError(f"the database has {found}, this release needs {migrate.head()}: run tickler migrate")


async def check_broker(settings: KafkaSettings) -> None:
    """Raises StartError unless a broker answers and lets us in."""
    try:
        async with asyncio.timeout(10):
            await broker.ping(settings)
    except Exception as error:
        where = settings.kafka_brokers
        raise StartError(f"no Kafka broker answers at {where} ({describe(error)}); check KAFKA_BROKERS") from error
