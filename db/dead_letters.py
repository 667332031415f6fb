"""Dead letters: records that a consumer could not work on, kept whole for people to look at and retry."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed, Identity, Index, Integer, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, JsonObject


class DeadLetter(Base):
    __tablename__ = "dead_letters"
    __table_args__ = (
        # A record read twice is one dead letter. Offsets begin anew with a new broker, hence what it held beside them.
        UniqueConstraint("consumer", "topic", "partition", "offset", "digest"),
        Index("ix_dead_letters_open", "id", postgresql_where=text("resolved_at IS NULL")),
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


async def put(
    session: AsyncSession,
    *,
    consumer: str,
    topic: str,
    partition: int,
    offset: int,
    event_id: UUID | None,
    key: bytes | None,
    value: bytes | None,
    headers: JsonObject,
    error: str,
    attempts: int,
) -> None:
    await session.execute(
        insert(DeadLetter)
        .values(
            consumer=consumer,
            topic=topic,
            partition=partition,
            offset=offset,
            event_id=event_id,
            key=key,
            value=value,
            headers=headers,
            error=error,
            attempts=attempts,
        )
        .on_conflict_do_nothing()
    )
