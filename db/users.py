"""Users: who signs in, and the zone they live in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, Identity, Index, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.fetch import Statement, fetch


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email", text("lower(email)"), unique=True),
        Index("uq_users_issuer", "issuer", "subject", unique=True),
        CheckConstraint("char_length(email) BETWEEN 3 AND 254", name="email_length"),
        CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="issuer_with_subject"),
    )

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    # Null for people whose password an external issuer keeps.
    password_hash: Mapped[str | None]
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    # Tokens issued before this instant are refused.
    tokens_valid_from: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def lock(session: AsyncSession, user_id: int) -> None:
    """Nothing that belongs to this user can be made before the end of the transaction."""
    await session.execute(select(User.id).where(User.id == user_id).with_for_update())


async def find_by_id(session: AsyncSession, user_id: int) -> User | None:
    return await session.get(User, user_id)


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """What a request needs to know of the user whose token it carries."""

    id: int
    time_zone: str
    tokens_valid_from: datetime | None


_TOKEN_HOLDER = Statement(
    select(User.id, User.time_zone, User.tokens_valid_from).where(User.id == bindparam("user_id"))
)


async def find_token_holder(session: AsyncSession, user_id: int) -> TokenHolder | None:
    rows = await fetch(session, _TOKEN_HOLDER, user_id=user_id)
    return TokenHolder(*rows[0]) if rows else None


async def find_by_email(session: AsyncSession, email: str) -> User | None:
    return await session.scalar(select(User).where(func.lower(User.email) == func.lower(email)))


async def find_by_subject(session: AsyncSession, issuer: str, subject: str) -> User | None:
    return await session.scalar(select(User).where(User.issuer == issuer, User.subject == subject))
