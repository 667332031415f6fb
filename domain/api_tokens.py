"""API tokens: long-lived secrets for programs. Shown once, kept as a hash, refused when they end or are revoked."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.api_tokens import ApiToken
from db.users import User
from domain.actors import Actor
from domain.errors import Invalid, LimitReached, NotFound
from domain.values import clean_text, parse_id

# Tells a token apart from a session, and lets secret scanners find one that was published.
PREFIX = "tickler_"
MOST_TOKENS = 50
# How exact last_used_at is: one write a minute, not one a request.
USE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class NewToken:
    secret: str
    row: ApiToken


async def create(
    session: AsyncSession, actor: Actor, *, name: str, expires_at: datetime | None, now: datetime
) -> NewToken:
    cleaned = clean_text(name, field="name", shortest=1, longest=100)
    if expires_at is not None and expires_at <= now:
        raise Invalid("must lie in the future", ["expires_at"])
    mine = select(func.count()).select_from(ApiToken).where(ApiToken.user_id == actor.user_id)
    if (await session.scalar(mine) or 0) >= MOST_TOKENS:
        raise LimitReached(f"there can be at most {MOST_TOKENS} API tokens; revoke one first")
    # 256 random bits: a fast hash of them is as good as a slow one.
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(user_id=actor.user_id, name=cleaned, token_hash=_hash(secret), created_at=now, expires_at=expires_at)
    session.add(row)
    await session.flush()
    return NewToken(secret, row)


async def all_tokens(session: AsyncSession, actor: Actor) -> list[ApiToken]:
    query = select(ApiToken).where(ApiToken.user_id == actor.user_id).order_by(ApiToken.id.desc())
    return list(await session.scalars(query))


async def revoke(session: AsyncSession, actor: Actor, token_id: str) -> int:
    number = parse_id(token_id)
    gone = (
        await session.scalar(
            delete(ApiToken).where(ApiToken.id == number, ApiToken.user_id == actor.user_id).returning(ApiToken.id)
        )
        if number
        else None
    )
    if gone is None:
        raise NotFound("there is no such API token", ["id"])
    return int(gone)


async def find_user(session: AsyncSession, secret: str, *, now: datetime) -> User | None:
    """Whose valid token this is; its use is noted."""
    found = (
        await session.execute(
            select(User, ApiToken)
            .join(ApiToken, ApiToken.user_id == User.id)
            .where(ApiToken.token_hash == _hash(secret))
        )
    ).one_or_none()
    if found is None:
        return None
    user, token = found
    if token.expires_at is not None and token.expires_at <= now:
        return None
    if token.last_used_at is None or token.last_used_at < now - timedelta(seconds=USE_SECONDS):
        await session.execute(update(ApiToken).where(ApiToken.id == token.id).values(last_used_at=now))
    return user


async def revoke_all(session: AsyncSession, actor: Actor) -> None:
    await session.execute(delete(ApiToken).where(ApiToken.user_id == actor.user_id))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
