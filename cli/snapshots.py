"""`tickler snapshots`: every task's snapshot goes to task-updates once more, for a topic that is new or was lost."""

import asyncio
from typing import Annotated

import typer

from config.settings import DatabaseSettings
from db.clock import now as database_now
from db.engine import make_engine, make_sessions
from domain import updates

PAUSE_SECONDS = 0.05


async def tell_everything(settings: DatabaseSettings, batch: int) -> None:
    """Batch after batch, with a pause between, so that users and the relay are not kept waiting."""
    engine = make_engine(settings.database_url, application_name="tickler snapshots", pool_size=1)
    sessions = make_sessions(engine)
    last: int | None = 0
    try:
        while last is not None:
            async with sessions.begin() as session:
                last = await updates.tell_all(session, after_id=last, limit=batch, now=await database_now(session))
            if last is not None:
                typer.echo(f"up to task {last}", err=True)
                await asyncio.sleep(PAUSE_SECONDS)
    finally:
        await engine.dispose()
    typer.echo("The relay publishes what is in the outbox now.")


Batch = Annotated[int, typer.Option(min=1, max=10_000, help="Tasks in one transaction.")]
