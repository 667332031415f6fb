"""The outbox: events written in the transaction of the change they tell of, and what has become of them since.

A row is unpublished, then published (Kafka has it), then settled (every consumer that acts on it has recorded it).
Inserting rings the doorbell `tickler_outbox` by a trigger, at commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Identity,
    Index,
    Integer,
    LargeBinary,
    TextClause,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base

DOORBELL = "tickler_outbox"


class OutboxRow(Base):
    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("event_id"),
        Index("ix_outbox_unpublished", "id", postgresql_where=text("published_at IS NULL")),
        Index(
            "ix_outbox_unsettled",
            "published_at",
            postgresql_where=text("published_at IS NOT NULL AND settled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    event_id: Mapped[UUID]
    event_type: Mapped[str]
    topic: Mapped[str]
    key: Mapped[str]
    # The record's bytes, fixed here: every attempt sends the same.
    value: Mapped[bytes] = mapped_column(LargeBinary())
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    published_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer(), server_default="0")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event on its way in: what an outbox row is made of."""

    event_id: UUID
    event_type: str
    topic: str
    key: str
    value: bytes


# One statement text for any number of rows: it is compiled once and prepared once.
_PUT = text("""
    INSERT INTO outbox (event_id, event_type, topic, key, value)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:topics AS text[]),
                         CAST(:keys AS text[]), CAST(:values AS bytea[]))
    ON CONFLICT (event_id) DO NOTHING
""")


async def put(session: AsyncSession, events: Sequence[Outgoing]) -> None:
    """Adds events to this transaction. An event id that is already there stays as it is."""
    if events:
        # The change comes before its event: its row is locked by then, so that events of one task are in its order.
        await session.flush()
        await session.execute(
            _PUT,
            {
                "ids": [event.event_id for event in events],
                "types": [event.event_type for event in events],
                "topics": [event.topic for event in events],
                "keys": [event.key for event in events],
                "values": [event.value for event in events],
            },
        )


@dataclass(frozen=True, slots=True)
class Unpublished:
    id: int
    topic: str
    key: str
    value: bytes


async def claim_unpublished(session: AsyncSession, limit: int) -> list[Unpublished]:
    """The oldest unpublished rows, locked until the end of the transaction.

    Plain FOR UPDATE: with SKIP LOCKED two relays send the events of one task out of order.
    """
    rows = await session.execute(
        select(OutboxRow.id, OutboxRow.topic, OutboxRow.key, OutboxRow.value)
        .where(OutboxRow.published_at.is_(None))
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update()
    )
    return [Unpublished(*row) for row in rows]


_MARK = text("""
    UPDATE outbox SET published_at = clock_timestamp(), attempts = attempts + 1 WHERE id = ANY(CAST(:ids AS bigint[]))
""")


async def mark_published(session: AsyncSession, ids: Sequence[int]) -> None:
    await session.execute(_MARK, {"ids": ids})


_UNRECORDED = """
    EXISTS (SELECT FROM unnest(CAST(:types AS text[]), CAST(:consumers AS text[])) AS expected(event_type, consumer)
            WHERE expected.event_type = outbox.event_type
              AND NOT EXISTS (SELECT FROM inbox WHERE inbox.event_id = outbox.event_id
                                                  AND inbox.consumer = expected.consumer))
"""
_OLDEST = """
    SELECT id FROM outbox WHERE published_at IS NOT NULL AND settled_at IS NULL
       AND published_at <= statement_timestamp() - CAST(:age AS interval)
     ORDER BY published_at LIMIT :limit FOR UPDATE SKIP LOCKED
"""
_SETTLE = text(
    f"UPDATE outbox SET settled_at = clock_timestamp() WHERE id IN ({_OLDEST}) AND NOT {_UNRECORDED} RETURNING id"  # noqa: S608 - constants only
)
_REPUBLISH = text(
    f"UPDATE outbox SET published_at = NULL WHERE id IN ({_OLDEST}) AND {_UNRECORDED} RETURNING id"  # noqa: S608 - constants only
)


async def settle(
    session: AsyncSession, expected: Sequence[tuple[str, str]], *, limit: int, age: timedelta = timedelta(0)
) -> int:
    """Marks published rows that every expected (event type, consumer) has recorded. Returns how many."""
    return await _judge(session, _SETTLE, expected, limit, age)


async def republish(session: AsyncSession, expected: Sequence[tuple[str, str]], *, limit: int, age: timedelta) -> int:
    """Takes back to unpublished what an expected consumer has not recorded `age` after publishing."""
    return await _judge(session, _REPUBLISH, expected, limit, age)


async def _judge(
    session: AsyncSession,
    statement: TextClause,
    expected: Sequence[tuple[str, str]],
    limit: int,
    age: timedelta,
) -> int:
    parameters: Mapping[str, object] = {
        "types": [event_type for event_type, _ in expected],
        "consumers": [consumer for _, consumer in expected],
        "limit": limit,
        "age": age,
    }
    return len((await session.execute(statement, parameters)).all())
