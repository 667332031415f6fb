"""The `tickler` command. Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 cannot start as things are."""

import contextlib
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import backup as backups
from cli import dead_letters, secret_store, serving, snapshots, tracing
from cli.choices import chosen
from cli.embedded import EmbeddedError
from cli.serving import StartError
from config import logs
from config.settings import Common, DatabaseSettings, Settings, SettingsError, StdioSettings, UpSettings, load
from db import migrate as migrations
from db.engine import make_engine
from domain import trace
from workers.names import NAMES

app = typer.Typer(
    name="tickler",
    help="A self-hosted task service: no reminder, recurrence or event is ever lost or doubled.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(dead_letters.app)


@app.command()
def up() -> None:
    """Run everything on this machine: embedded PostgreSQL and Kafka, gateway and workers.

    TICKLER_PORT (8000), TICKLER_HOST (127.0.0.1) and TICKLER_DATA (.tickler) say where.
    """
    from cli.up import up as run_up  # noqa: PLC0415 - as below

    _start(UpSettings, lambda settings: run_up(settings, typer.echo), service="tickler")
    typer.echo("Tickler has stopped")


@app.command()
def api() -> None:
    """Run the GraphQL gateway. Needs DATABASE_URL, KAFKA_BROKERS and TICKLER_SECRET."""
    from cli.gateway import run  # noqa: PLC0415 - a worker without the gateway's modules takes half the memory

    _start(Settings, run, service="tickler-api")


@app.command()
def worker(
    names: Annotated[list[str], typer.Argument(help=f"Which: all, or any of {', '.join(NAMES)}.")],
) -> None:
    """Run workers, with /livez, /readyz and /metrics on TICKLER_WORKER_PORT (9090)."""
    every = chosen(names, NAMES)
    from cli.worker import run  # noqa: PLC0415 - as above

    _start(Settings, lambda settings: run(settings, every), service="tickler-workers")


@app.command()
def mcp() -> None:
    """Serve MCP over stdin and stdout, for clients that start a program. Needs TICKLER_URL and TICKLER_TOKEN."""
    from cli import mcp_stdio  # noqa: PLC0415 - as above

    _start(StdioSettings, mcp_stdio.run)


@app.command()
def migrate(
    revision: Annotated[str, typer.Argument(help="A revision, or head.")] = "head",
    downgrade: Annotated[bool, typer.Option("--downgrade", help="Go back to the revision.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only compare tables and migrations.")] = False,
) -> None:
    """Bring the database of DATABASE_DIRECT_URL (or DATABASE_URL) to this release's schema."""

    async def work(settings: DatabaseSettings) -> None:
        engine = make_engine(settings.direct_url, application_name="tickler migrate", pool_size=1)
        try:
            await serving.current_schema(engine)
        finally:
            await engine.dispose()
        if check:
            await migrations.check(settings.direct_url)
        elif downgrade:
            await migrations.downgrade(settings.direct_url, revision)
        else:
            await migrations.upgrade(settings.direct_url, revision)
        typer.echo("The tables are as the migrations say." if check else f"The schema is at {revision}.")

    _start(DatabaseSettings, work)


@app.command()
def backup(file: backups.File) -> None:
    """Write the database of `tickler up` into one file, while it runs or not. TICKLER_DATA (.tickler) says which."""
    _start(UpSettings, lambda settings: backups.backup(settings.data, file, _to_stderr))


@app.command()
def restore(file: backups.File) -> None:
    """Make the database of `tickler up` anew from a backup's file. TICKLER_DATA must not have one."""
    _start(UpSettings, lambda settings: backups.restore(settings.data, file, _to_stderr))


@app.command(name="snapshots")
def snapshots_(batch: snapshots.Batch = 500) -> None:
    """Send every task's snapshot to task-updates once more, for a topic that is new or was lost."""
    _start(DatabaseSettings, lambda settings: snapshots.tell_everything(settings, batch))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where the contracts go.")] = Path("graph"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a file differs.")] = False,
) -> None:
    """Write the contracts from the code: graph/schema.graphql, graph/events.asyncapi.yaml."""
    from cli.contracts import CONTRACTS  # noqa: PLC0415 - models that no other command needs

    differs = False
    for name, text in ((name, make()) for name, make in CONTRACTS.items()):
        path = folder / name
        if not check:
            path.write_text(text)
            typer.echo(f"{path} is written.")
        elif path.exists() and path.read_text() == text:
            typer.echo(f"{path} is what the code says.")
        else:
            differs = True
            typer.echo(f"{path} is not what the code says; run: tickler export", err=True)
    if differs:
        raise typer.Exit(1)


def _start(kind: type[Common], main: Any, *, service: str | None = None) -> None:
    """Loads settings, sets up logs, runs; what cannot start says so in one message and exits with 3.

    `service` is the name under which its spans are sent.
    """
    try:
        if issubclass(kind, DatabaseSettings):
            secret_store.fill(os.environ, _to_stderr)
        settings = load(kind)
        logs.configure(settings.log_format, settings.log_level, trace.in_log)
        work: Coroutine[Any, Any, None] = main(settings)
        with tracing.exported(service) if service else contextlib.nullcontext():
            serving.run(work)
    except (SettingsError, StartError, EmbeddedError) as error:
        typer.echo(f"tickler: {error}", err=True)
        raise typer.Exit(3) from None
    except migrations.MigrationError as error:
        typer.echo(f"tickler: {error}", err=True)
        raise typer.Exit(1) from None


def _to_stderr(line: str) -> None:
    typer.echo(line, err=True)


if __name__ == "__main__":
    app()
