"""Idempotency keys: the same call again within 24 hours gives what the first one made, and makes nothing."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.direct import run
from db.fetch import Statement
from db.idempotency import IdempotencyKey
from domain.actors import Actor

HOURS = 24
_CLAIM = Statement(
    text("""
        INSERT INTO idempotency_keys AS mine (user_id, operation, key, created_at)
        VALUES (:user_id, :operation, :key, :now)
        ON CONFLICT (user_id, operation, key) DO UPDATE SET created_at = excluded.created_at, result_id = NULL
         WHERE mine.created_at < :oldest
        RETURNING key
    """)
)
_MINE = "user_id = :user_id AND operation = :operation AND key = :key"
_RESULT = Statement(text(f"SELECT result_id FROM idempotency_keys WHERE {_MINE}"))  # noqa: S608 - constants only
_SETTLE = Statement(text(f"UPDATE idempotency_keys SET result_id = :result_id WHERE {_MINE}"))  # noqa: S608


async def claim(session: AsyncSession, actor: Actor, operation: str, key: UUID | None, *, now: datetime) -> int | None:
    """The id of what an earlier call with this key made; None when this call is the first, which now holds the key.

    A call that still runs is waited for: the insert blocks until its transaction ends. Without a key, None.
    """
    if key is None:
        return None
    # One that no longer counts is taken over by the same statement.
    claimed = await run(
        session,
        _CLAIM,
        user_id=actor.user_id,
        operation=operation,
        key=key,
        now=now,
        oldest=now - timedelta(hours=HOURS),
    )
    if claimed:
        return None
    earlier = await run(session, _RESULT, user_id=actor.user_id, operation=operation, key=key)
    return earlier[0]["result_id"] if earlier else None


async def is_held(session: AsyncSession, actor: Actor, key: UUID) -> bool:
    """Whether an earlier call of the actor's had this key."""
    mine = (IdempotencyKey.user_id == actor.user_id, IdempotencyKey.key == key)
    return await session.scalar(select(IdempotencyKey.key).where(*mine).limit(1)) is not None


async def settle(session: AsyncSession, actor: Actor, operation: str, key: UUID | None, result_id: int) -> None:
    """Notes what the call that holds the key has made."""
    if key is None:
        return
    await run(session, _SETTLE, user_id=actor.user_id, operation=operation, key=key, result_id=result_id)


async def forget_old(session: AsyncSession, *, now: datetime) -> int:
    """Removes keys that no longer count. Returns how many."""
    gone = await session.scalars(
        delete(IdempotencyKey)
        .where(IdempotencyKey.created_at < now - timedelta(hours=HOURS))
        .returning(IdempotencyKey.key)
    )
    return len(gone.all())
