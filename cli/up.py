"""`tickler up`: everything in one process: embedded PostgreSQL and Kafka, migrations, gateway, workers."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from api import health
from api.app import create_app
from cli import bundles, embedded
from cli.bundles import Bundle
from cli.data_lock import only_one
from cli.graphiql_build import GRAPHIQL
from cli.serving import listen, serve, settle
from cli.web_build import WEB_UI
from config.settings import Settings, UpSettings, load
from db import migrate
from db.engine import make_engine, make_sessions
from workers import broker, reconciler
from workers.names import NAMES
from workers.run import Workers

Say = Callable[[str], None]


async def up(settings: UpSettings, say: Say) -> None:
    """Runs until cancelled. Raises StartError or EmbeddedError when it cannot start."""
    began = time.monotonic()
    bound = listen(settings.host, settings.port)
    address = f"http://{settings.host}:{bound.getsockname()[1]}"
    data = settings.data.resolve()
    with bound, only_one(data):
        say(f"Tickler keeps its data in {settings.data}")
        with embedded.postgres(data / "postgres") as server, embedded.kafka() as brokers:
            url = embedded.database_url(server, "tickler")
            await migrate.create_database(url)
            await migrate.upgrade(url)
            say(f"PostgreSQL is ready, schema {migrate.head()} ({time.monotonic() - began:.1f} s)")
            process = load(
                Settings,
                host=settings.host,
                port=settings.port,
                database_url=url,
                database_direct_url=url,
                kafka_brokers=brokers,
                kafka_fetch_max_wait_ms=10,
                reconcile_after_seconds=10,
                secret=SecretStr(_secret(data)),
            )
            await _run(process, bound, address, began, say)


async def _run(settings: Settings, bound: socket.socket, address: str, began: float, say: Say) -> None:
    gateway_engine = make_engine(settings.database_url, application_name="tickler api")
    worker_engine = make_engine(settings.database_url, application_name="tickler workers", statement_timeout_ms=30_000)
    worker_sessions = make_sessions(worker_engine)
    try:
        # This broker is empty at every start: whatever work is missing has to be told anew.
        waiting = await reconciler.take_back_everything(worker_sessions)
        if waiting:
            say(f"{waiting} events of the last run are looked after first")
        workers = Workers(NAMES, settings, worker_sessions)
        checks = {
            "database": health.database(gateway_engine),
            "broker": health.broker(broker.ping, settings),
            "workers": workers.check,
        }
        app = create_app(
            settings,
            make_sessions(gateway_engine),
            checks=checks,
            graphiql_bundle=lambda: settings.graphiql or bundles.cached(GRAPHIQL),
            web_export=lambda: settings.web or bundles.cached(WEB_UI),
        )
        settle()
        async with asyncio.TaskGroup() as group:
            group.create_task(workers.run())
            group.create_task(serve(app, bound))
            group.create_task(_build(settings, say))
            group.create_task(_announce(settings, workers, address, began, say))
    finally:
        await gateway_engine.dispose()
        await worker_engine.dispose()


async def _announce(settings: Settings, workers: Workers, address: str, began: float, say: Say) -> None:
    while await workers.check() is not None:
        await asyncio.sleep(0.05)
    say(f"Tickler is ready ({time.monotonic() - began:.1f} s)")
    say(f"  Web UI    {address}/")
    say(f"  GraphQL   {address}/graphql")
    say(f"  GraphiQL  {address}/graphiql")
    say(f"  Health    {address}/readyz   metrics {address}/metrics")
    say(f"  Kafka     {settings.kafka_brokers} (in this process; empty at every start)")
    say("Ctrl-C stops it.")


def _secret(data: Path) -> str:
    """The key that signs sessions, made once and kept beside the data, for its owner only."""
    path = data / "secret"
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


async def _build(settings: Settings, say: Say) -> None:
    """Builds what Node builds, unless it is given, beside the running gateway; one by one, for they share Node."""
    for bundle, module, given in (
        (WEB_UI, "cli.web_build", settings.web),
        (GRAPHIQL, "cli.graphiql_build", settings.graphiql),
    ):
        if given is None:
            await _build_one(bundle, module, say)


async def _build_one(bundle: Bundle, module: str, say: Say) -> None:
    """Once for each state of its sources; without it the rest works."""
    if bundles.cached(bundle) is not None:
        return
    say(f"{bundle.name} is built once for these sources, meanwhile:")
    # A process of its own, with its children in its own group: stopping Tickler ends a build that still runs.
    build = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert build.stderr is not None  # noqa: S101 - it was asked for above
    try:
        async for line in build.stderr:
            say(f"  {line.decode(errors='replace').rstrip()}")
        if await build.wait() == 0:
            say(f"{bundle.name} is ready")
        else:
            say(f"{bundle.name} is left out; everything else works")
    finally:
        if build.returncode is None:
            os.killpg(build.pid, signal.SIGTERM)
            await build.wait()
