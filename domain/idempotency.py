"""Idempotency keys: the same call again within 24 hours gives what the first one made, and makes nothing."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.idempotency import IdempotencyKey
from domain.actors import Actor

HOURS = 24


async def claim(session: AsyncSession, actor: Actor, operation: str, key: UUID | None, *, now: datetime) -> int | None:
    """The id of what an earlier call with this key made; None when this call is the first, which now holds the key.

    A call that still runs is waited for: the insert blocks until its transaction ends. Without a key, None.
    """
    if key is None:
        return None
    mine = (
        IdempotencyKey.user_id == actor.user_id,
        IdempotencyKey.operation == operation,
        IdempotencyKey.key == key,
    )
    await session.execute(delete(IdempotencyKey).where(*mine, IdempotencyKey.created_at < now - timedelta(hours=HOURS)))
    claimed = await session.scalar(
        insert(IdempotencyKey)
        .values(user_id=actor.user_id, operation=operation, key=key, created_at=now)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    return None if claimed is not None else await session.scalar(select(IdempotencyKey.result_id).where(*mine))


async def is_held(session: AsyncSession, actor: Actor, key: UUID) -> bool:
    """Whether an earlier call of the actor's had this key."""
    mine = (IdempotencyKey.user_id == actor.user_id, IdempotencyKey.key == key)
    return await session.scalar(select(IdempotencyKey.key).where(*mine).limit(1)) is not None


async def settle(session: AsyncSession, actor: Actor, operation: str, key: UUID | None, result_id: int) -> None:
    """Notes what the call that holds the key has made."""
    if key is None:
        return
    await session.execute(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.user_id == actor.user_id,
            IdempotencyKey.operation == operation,
            IdempotencyKey.key == key,
        )
        .values(result_id=result_id)
    )


async def forget_old(session: AsyncSession, *, now: datetime) -> int:
    """Removes keys that no longer count. Returns how many."""
    gone = await session.scalars(
        delete(IdempotencyKey)
        .where(IdempotencyKey.created_at < now - timedelta(hours=HOURS))
        .returning(IdempotencyKey.key)
    )
    return len(gone.all())
