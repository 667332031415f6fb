"""The outbox: events written in the transaction of the change they tell of, and what has become of them since.

An event is unpublished, then published (Kafka has it), then settled (every consumer that acts on it has recorded it).
Its row is written once; how far it has come is in a narrow row of its own, which triggers make and delete with it
(docs/adr/0010). Inserting rings the doorbell `tickler_outbox` by a trigger, at commit. What the relay does with events
is in db/outbox_relay.py, what becomes of them later in db/outbox_settle.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import Identity, Index, Integer, LargeBinary, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, JsonObject

DOORBELL = "tickler_outbox"
SHARDS = 16
# A row's shard: of its key only, as order is a matter of each key. Rows without a key have one too. It is in the
# state; the expression is also that of the migrations' triggers.
SHARD = "hashtextextended(COALESCE(key, ''), 0) & 15"


class OutboxRow(Base):
    """The event itself. Its last three columns, and the indexes on them, are those of the release before states."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("event_id"),
        Index("ix_outbox_waiting", text(f"({SHARD})"), "id", postgresql_where=text("published_at IS NULL")),
        Index(
            "ix_outbox_unsettled",
            "published_at",
            postgresql_where=text("published_at IS NOT NULL AND settled_at IS NULL"),
        ),
        Index("ix_outbox_settled", "settled_at", postgresql_where=text("settled_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    event_id: Mapped[UUID]
    event_type: Mapped[str]
    topic: Mapped[str]
    # None of a dead letter that had none.
    key: Mapped[str | None]
    # The record's bytes, fixed here: every attempt sends the same. None is a tombstone of a compacted topic.
    value: Mapped[bytes | None] = mapped_column(LargeBinary())
    headers: Mapped[JsonObject] = mapped_column(server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    # 'infinity' once a relay of this release has run: see migration 0010.
    published_at: Mapped[datetime | None] = mapped_column(server_default=text("tickler_outbox_born()"))
    settled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer(), server_default="0")


class OutboxState(Base):
    """How far an event has come. One that the previous release had settled has no such row."""

    __tablename__ = "outbox_state"
    __table_args__ = (
        Index("ix_outbox_state_waiting", "shard", "id", postgresql_where=text("published_at IS NULL")),
        Index(
            "ix_outbox_state_unsettled",
            "published_at",
            postgresql_where=text("published_at IS NOT NULL AND settled_at IS NULL"),
        ),
        Index("ix_outbox_state_settled", "settled_at", postgresql_where=text("settled_at IS NOT NULL")),
    )

    # The event's in outbox.
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shard: Mapped[int] = mapped_column(SmallInteger())
    # Whether relays of the previous release see the event, so that what becomes of it has to be in outbox as well.
    shown: Mapped[bool]
    attempts: Mapped[int] = mapped_column(Integer(), server_default="0")
    published_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event on its way in: what an outbox row is made of."""

    event_id: UUID
    event_type: str
    topic: str
    key: str | None
    value: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)


# One statement text for any number of rows: it is compiled once and prepared once.
_PUT = text("""
    INSERT INTO outbox (event_id, event_type, topic, key, value, headers)
    SELECT id, type, topic, key, value, CAST(headers AS jsonb)
      FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:topics AS text[]), CAST(:keys AS text[]),
                  CAST(:values AS bytea[]), CAST(:headers AS text[])) AS given(id, type, topic, key, value, headers)
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
                "headers": [orjson.dumps(event.headers).decode() for event in events],
            },
        )


@dataclass(frozen=True, slots=True)
class Unpublished:
    """A row on its way out: a record, and the row's id."""

    id: int
    topic: str
    key: str | None
    value: bytes | None
    headers: Mapping[str, str]
