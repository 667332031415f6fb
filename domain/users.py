"""Users: signing up, signing in, and being recognised by a token's subject."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import TypedDict

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import users
from db.users import TokenHolder, User
from domain import api_tokens, updates
from domain.actors import Actor
from domain.errors import AlreadyExists, Invalid, Unauthenticated
from domain.values import clean_text, zone


class ViewerChanges(TypedDict, total=False):
    """What updateViewer changes; a missing key keeps what is there."""

    name: str | None
    time_zone: str | None


SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 128
_hasher = PasswordHasher()
# Each hash takes 64 MiB while it is made: a crowd of sign-ins waits its turn instead of taking the memory of six.
_hashing = ThreadPoolExecutor(2, thread_name_prefix="passwords")


async def sign_up(
    session: AsyncSession, *, email: str, password: str, name: str, time_zone: str, now: datetime
) -> User:
    """Makes an account. Raises AlreadyExists for an address that has one, whatever its case."""
    address = clean_email(email)
    clean_name = clean_text(name, field="name", shortest=1, longest=200)
    zone(time_zone)
    _check_password(password)
    # In a thread, and before the first statement: no connection is held for the 50 ms that it takes.
    hashed = await asyncio.get_running_loop().run_in_executor(_hashing, _hasher.hash, password)
    user: User | None = await session.scalar(
        insert(User)
        .values(
            email=address,
            name=clean_name,
            password_hash=hashed,
            time_zone=time_zone,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(User)
    )
    if user is None:
        raise AlreadyExists("there is already an account with this e-mail address", ["email"])
    return user


async def find_for_sign_in(session: AsyncSession, email: str) -> User | None:
    """The first half of signing in, which needs the database; check_password is the other, which must not hold it."""
    return None if "\x00" in email else await users.find_by_email(session, email.strip())


async def check_password(user: User | None, password: str) -> User:
    """The user, if this is the password. Takes as long for an unknown address as for a wrong password."""
    hashed = user.password_hash if user and user.password_hash else _nobodys_hash()
    matches = await asyncio.get_running_loop().run_in_executor(_hashing, _verify, hashed, password)
    if user is None or user.password_hash is None or not matches:
        raise Unauthenticated("e-mail address or password is wrong")
    return user


async def by_id(session: AsyncSession, user_id: int) -> User | None:
    return await users.find_by_id(session, user_id)


async def token_holder(session: AsyncSession, user_id: int) -> TokenHolder | None:
    return await users.find_token_holder(session, user_id)


async def by_subject(session: AsyncSession, *, issuer: str, subject: str, email: str, name: str, now: datetime) -> User:
    """The user of an external issuer's token, made at the first sight of it."""
    user = await users.find_by_subject(session, issuer, subject)
    if user is not None:
        return user
    await session.execute(
        insert(User)
        .values(email=email, name=name or email, issuer=issuer, subject=subject, created_at=now, updated_at=now)
        .on_conflict_do_nothing()
    )
    user = await users.find_by_subject(session, issuer, subject)
    if user is None:
        raise Unauthenticated("the e-mail address of this token belongs to another account")
    return user


async def update_viewer(session: AsyncSession, actor: Actor, changes: ViewerChanges, *, now: datetime) -> User:
    """Changes the actor's own account. A new zone counts for new tasks; existing ones keep theirs."""
    user = await _own(session, actor)
    if "name" in changes:
        user.name = clean_text(changes["name"] or "", field="name", shortest=1, longest=200)
    if "time_zone" in changes:
        if changes["time_zone"] is None:
            raise Invalid("cannot be empty", ["time_zone"])
        zone(changes["time_zone"])
        user.time_zone = changes["time_zone"]
    user.updated_at = now
    await session.flush()
    return user


async def sign_out_everywhere(session: AsyncSession, actor: Actor, *, now: datetime) -> None:
    """Refuses every session issued before now, and revokes every API token."""
    user = await _own(session, actor)
    user.tokens_valid_from = now
    await api_tokens.revoke_all(session, actor)
    await session.flush()


async def confirm_password(user: User | None, password: str) -> None:
    """Raises Unauthenticated unless this is the account's password (for an external account: its e-mail address)."""
    if user is not None and user.password_hash is None:
        if password.strip().lower() != user.email.lower():
            raise Unauthenticated("type the account's e-mail address to confirm", ["password"])
        return
    try:
        await check_password(user, password)
    except Unauthenticated as error:
        raise Unauthenticated("is wrong", ["password"]) from error


async def delete_account(session: AsyncSession, actor: Actor) -> int:
    """Removes the account and everything that belongs to it. Returns its id. Ask confirm_password first."""
    user = await _own(session, actor)
    await updates.tell_all_gone(session, user.id)
    await session.delete(user)
    await session.flush()
    return user.id


async def _own(session: AsyncSession, actor: Actor) -> User:
    user = await users.find_by_id(session, actor.user_id)
    if user is None:
        raise Unauthenticated("the account is gone")
    return user


def clean_email(email: str) -> str:
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise Invalid(f"is not an e-mail address: {error}", ["email"]) from error


def _check_password(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(f"must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters", ["password"])


def _verify(hashed: str, password: str) -> bool:
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")
