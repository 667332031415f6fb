"""Short-lived values by key, as a Dapr state store keeps them, where there is none: each with an etag and an end.

Every statement is one step of its own: who writes says by the etag what has been read. api/working_state.py says what
the keys are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, LargeBinary, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class WorkingStateRow(Base):
    __tablename__ = "working_state"
    __table_args__ = (Index("ix_working_state_expires", "expires_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary())
    etag: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Stored:
    value: bytes
    etag: UUID


async def get(session: AsyncSession, key: str) -> Stored | None:
    """What is there and has not expired."""
    statement = select(WorkingStateRow.value, WorkingStateRow.etag).where(
        WorkingStateRow.key == key, WorkingStateRow.expires_at > func.clock_timestamp()
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else Stored(row.value, row.etag)


async def put(session: AsyncSession, key: str, value: bytes, *, etag: UUID | None, ttl: timedelta) -> bool:
    """Writes over what has this etag; without one, where nothing is. Whether that was so."""
    written = {
        "value": value,
        "etag": func.gen_random_uuid(),
        "updated_at": func.clock_timestamp(),
        "expires_at": func.clock_timestamp() + ttl,
    }
    if etag is None:
        statement = (
            insert(WorkingStateRow)
            .values(key=key, **written)
            .on_conflict_do_update(
                index_elements=[WorkingStateRow.key],
                set_=written,
                where=WorkingStateRow.expires_at <= func.clock_timestamp(),
            )
            .returning(WorkingStateRow.key)
        )
        return (await session.execute(statement)).one_or_none() is not None
    changed = await session.execute(
        update(WorkingStateRow)
        .where(
            WorkingStateRow.key == key,
            WorkingStateRow.etag == etag,
            WorkingStateRow.expires_at > func.clock_timestamp(),
        )
        .values(written)
        .returning(WorkingStateRow.key)
        .execution_options(synchronize_session=False)
    )
    return changed.one_or_none() is not None


async def remove(session: AsyncSession, key: str, *, etag: UUID | None) -> bool:
    """Removes what has this etag, or whatever is there. Whether there was anything."""
    wanted = [] if etag is None else [WorkingStateRow.etag == etag]
    gone = await session.execute(
        delete(WorkingStateRow)
        .where(WorkingStateRow.key == key, *wanted)
        .returning(WorkingStateRow.key)
        .execution_options(synchronize_session=False)
    )
    return gone.one_or_none() is not None


_FORGET = text("""
    DELETE FROM working_state WHERE key IN (
        SELECT key FROM working_state WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING key
""")


async def forget_expired(session: AsyncSession, *, limit: int, now: datetime) -> int:
    """Removes rows that nobody is given any more, at most `limit`. Returns how many."""
    return len((await session.execute(_FORGET, {"limit": limit, "now": now})).all())
