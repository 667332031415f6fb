"""One member of the audit consumer's group as a process of its own, with work that shows what is done twice.

Its work on an event is a row in `effects`, a table without any constraint, and a pause (`data.seconds`) or a failure
(`data.fails`) if the event says so. Run by test_consumers.py.
"""

import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cli import serving
from config import logs
from config.settings import Settings, load
from db.engine import make_engine, make_sessions
from domain.events import CONSUMERS, Event
from workers.consumer import ConsumerWorker


async def work(session: AsyncSession, event: Event) -> None:
    await session.execute(
        text("INSERT INTO effects (event_id, task_id, number, pid) VALUES (:id, :task, :number, :pid)"),
        {"id": event.id, "task": event.task_id, "number": event.data["number"], "pid": os.getpid()},
    )
    if event.data.get("seconds"):
        await session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": event.data["seconds"]})
    if event.data.get("fails"):
        raise ValueError("as it was told to")


async def main(settings: Settings) -> None:
    engine = make_engine(
        settings.database_url, application_name="member", statement_timeout_ms=settings.statement_timeout_ms
    )
    try:
        await ConsumerWorker(CONSUMERS["audit"], work, settings, make_sessions(engine)).run()
    finally:
        await engine.dispose()


if __name__ == "__main__":
    settings = load(Settings)
    logs.configure("json", "info")
    serving.run(main(settings))
