"""The inbox: which consumer has done its work for which event, written in the transaction of that work."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, delete, func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.direct import run
from db.fetch import Statement


class InboxRow(Base):
    __tablename__ = "inbox"
    __table_args__ = (Index("ix_inbox_received", "received_at"),)

    # The event first: the reconciler asks for all consumers of one event.
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    consumer: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


# One statement text for any number of rows: it is compiled once and prepared once.
_RECORD = Statement(
    text("""
        INSERT INTO inbox (event_id, consumer) SELECT id, :consumer FROM unnest(CAST(:ids AS uuid[])) AS id
        ON CONFLICT DO NOTHING RETURNING event_id
    """)
)


async def record(session: AsyncSession, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Records the events for this consumer; returns those that are new, and so have to be worked on now."""
    if not event_ids:
        return set()
    # Sorted, so that two transactions with the same events wait for each other instead of deadlocking.
    rows = await run(session, _RECORD, ids=sorted(set(event_ids)), consumer=consumer)
    # asyncpg's UUIDs are a class of their own; they are equal to the others, and hash as they do.
    return {event_id for (event_id,) in rows}


async def forget(session: AsyncSession, consumer: str, event_id: UUID) -> None:
    """Lets this consumer work on the event once more (a retried dead letter)."""
    await session.execute(delete(InboxRow).where(InboxRow.consumer == consumer, InboxRow.event_id == event_id))
