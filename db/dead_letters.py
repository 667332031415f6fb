"""Dead letters: records that a consumer could not work on, kept whole for people to look at and retry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    Identity,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, defer, mapped_column

from db.base import Base, JsonObject
from db.outbox import SHARD


class DeadLetter(Base):
    __tablename__ = "dead_letters"
    __table_args__ = (
        # A record read twice is one dead letter. Offsets begin anew with a new broker, hence what it held beside them.
        UniqueConstraint("consumer", "topic", "partition", "offset", "digest"),
        Index("ix_dead_letters_open", "id", postgresql_where=text("resolved_at IS NULL")),
        Index("ix_dead_letters_event", "event_id"),
        Index("ix_dead_letters_resolved", "resolved_at", postgresql_where=text("resolved_at IS NOT NULL")),
        CheckConstraint("resolution IN ('retried', 'discarded')", "resolution"),
    )

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    consumer: Mapped[str]
    topic: Mapped[str]
    partition: Mapped[int] = mapped_column(Integer())
    offset: Mapped[int]
    event_id: Mapped[UUID | None]
    key: Mapped[bytes | None] = mapped_column(LargeBinary())
    value: Mapped[bytes | None] = mapped_column(LargeBinary())
    digest: Mapped[bytes] = mapped_column(
        LargeBinary(), Computed(r"sha256(COALESCE(value, '\x'::bytea))", persisted=True)
    )
    headers: Mapped[JsonObject] = mapped_column(server_default="{}")
    error: Mapped[str]
    attempts: Mapped[int] = mapped_column(Integer())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Letter:
    """A record that nobody could work on, and why. The relay's own were never in Kafka: their partition is -1."""

    consumer: str
    topic: str
    partition: int
    offset: int
    event_id: UUID | None
    key: bytes | None
    value: bytes | None
    headers: JsonObject
    error: str
    attempts: int

    @property
    def digest(self) -> bytes:
        """As the column of this name."""
        return sha256(self.value or b"").digest()


async def put(session: AsyncSession, letter: Letter) -> bool:
    """Keeps a letter. False when it is there already; one that was retried and has failed again is open again."""
    values = {name: getattr(letter, name) for name in Letter.__slots__}
    kept = await session.scalar(
        insert(DeadLetter)
        .values(values)
        .on_conflict_do_update(
            constraint="uq_dead_letters_consumer_topic_partition_offset_digest",
            set_={
                "resolved_at": None,
                "resolution": None,
                "error": letter.error,
                "attempts": letter.attempts,
                "created_at": func.now(),
            },
            where=DeadLetter.resolution == "retried",
        )
        .returning(DeadLetter.id)
    )
    return kept is not None


async def find(
    session: AsyncSession,
    *,
    after_id: int,
    limit: int,
    consumer: str | None,
    resolved: bool,
) -> Sequence[DeadLetter]:
    """Letters after this id, oldest first: open ones, and with `resolved` the others too. Their records stay there."""
    query = (
        select(DeadLetter)
        .where(DeadLetter.id > after_id)
        .order_by(DeadLetter.id)
        .limit(limit)
        .options(defer(DeadLetter.value, raiseload=True))
    )
    if not resolved:
        query = query.where(DeadLetter.resolved_at.is_(None))
    if consumer is not None:
        query = query.where(DeadLetter.consumer == consumer)
    return (await session.scalars(query)).all()


async def newest(session: AsyncSession) -> int:
    """The highest id; 0 when there is none."""
    return await session.scalar(select(func.max(DeadLetter.id))) or 0


async def load(session: AsyncSession, letter_id: int) -> DeadLetter | None:
    return await session.get(DeadLetter, letter_id)


async def resolve(session: AsyncSession, letter_id: int, resolution: str) -> DeadLetter | None:
    """Closes an open letter and returns it; None when there is no such, or somebody was quicker."""
    return await session.scalar(
        update(DeadLetter)
        .where(DeadLetter.id == letter_id, DeadLetter.resolved_at.is_(None))
        .values(resolved_at=func.now(), resolution=resolution)
        .returning(DeadLetter)
        .execution_options(populate_existing=True)
    )


# Its state is gone where the previous release had settled it.
_WATCH_AGAIN = text(f"""
    INSERT INTO outbox_state (id, shard, shown, attempts, published_at)
    SELECT id, {SHARD}, published_at IS DISTINCT FROM 'infinity', attempts,
           CASE WHEN :unpublished THEN NULL ELSE clock_timestamp() END
      FROM outbox WHERE event_id = :event_id
    ON CONFLICT (id) DO UPDATE SET settled_at = NULL, published_at = excluded.published_at
                     WHERE outbox_state.published_at IS NOT NULL
    RETURNING id
""")  # noqa: S608 - a constant


async def watch_again(session: AsyncSession, event_id: UUID, *, unpublished: bool) -> bool:
    """Opens an event: from now on its work is missed, or its publishing is. False if it is not kept."""
    opened = await session.execute(_WATCH_AGAIN, {"event_id": event_id, "unpublished": unpublished})
    return opened.first() is not None
