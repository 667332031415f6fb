"""Users in the schema: the viewer, signing up, signing in."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql.context import Info, Input, change, user_error
from api.graphql.enums import NotificationChannel
from api.graphql.errors import ERRORS, UserError
from api.graphql.scalars import TimeZone
from db.users import User as UserRow
from domain import users
from domain.errors import RateLimited, Refusal, Unauthenticated
from domain.users import ViewerChanges


@strawberry.type(description="A person with an account.")
class User:
    id: strawberry.ID = strawberry.field(description="A plain integer.")
    email: str = strawberry.field(description="The address to sign in with.")
    name: str = strawberry.field(description="What to call them.")
    time_zone: TimeZone = strawberry.field(description="The zone that new tasks are counted in.")
    channels: list[NotificationChannel] = strawberry.field(description="Where notifications go; IN_APP always.")
    created_at: datetime = strawberry.field(description="When the account was made.")


@strawberry.input(description="A new account.")
class SignUpInput:
    email: str = strawberry.field(description="Unique ignoring case.")
    password: str = strawberry.field(description="10 to 128 characters.")
    name: str = strawberry.field(description="1 to 200 characters.")
    time_zone: TimeZone | None = strawberry.field(
        default=TimeZone("UTC"), description="The zone that new tasks are counted in."
    )


@strawberry.input(description="Who signs in.")
class SignInInput:
    email: str = strawberry.field(description="The address of the account, in any case.")
    password: str = strawberry.field(description="Its password.")


@strawberry.type(description="The outcome of signUp and signIn.")
class AuthPayload:
    token: str | None = strawberry.field(
        description="To be sent as Authorization: Bearer; null when there are errors, and where a cookie holds it."
    )
    expires_at: datetime | None = strawberry.field(description="When the token ends.")
    user: User | None = strawberry.field(description="Who has signed in.")
    errors: list[UserError] = strawberry.field(description="Expected failures; empty on success.")


def user_out(row: UserRow) -> User:
    return User(
        id=strawberry.ID(str(row.id)),
        email=row.email,
        name=row.name,
        time_zone=TimeZone(row.time_zone),
        channels=[NotificationChannel.IN_APP],
        created_at=row.created_at,
    )


async def resolve_viewer(info: Info) -> User:
    actor = info.context.actor
    async with info.context.reading() as session:
        row = await users.by_id(session, actor.user_id)
    if row is None:
        raise Unauthenticated("the account of this token is gone")
    return user_out(row)


async def sign_up(info: Info, input: Input[SignUpInput]) -> AuthPayload:  # noqa: A002 - the contract's name
    try:
        await info.context.rates.sign_up(info.context.address, input.email)
    except RateLimited as refusal:
        return _refused([user_error(refusal, within="input")])

    async def work(session: AsyncSession) -> UserRow:
        return await users.sign_up(
            session,
            email=input.email,
            password=input.password,
            name=input.name,
            time_zone=input.time_zone or "UTC",
            now=datetime.now(UTC),
        )

    row, errors = await change(info, work)
    return _signed_in(info, row) if row is not None else _refused(errors)


async def sign_in(info: Info, input: Input[SignInInput]) -> AuthPayload:  # noqa: A002 - the contract's name
    """What is too often is refused before the account is looked for, so that it says nothing of there being one."""
    try:
        await info.context.rates.sign_in(info.context.address, input.email)
        async with info.context.reading() as session:
            found = await users.find_for_sign_in(session, input.email)
        row = await users.check_password(found, input.password)
    except Refusal as refusal:
        return _refused([user_error(refusal, within="input")])
    await info.context.rates.signed_in(input.email)
    return _signed_in(info, row)


def _signed_in(info: Info, row: UserRow) -> AuthPayload:
    now = datetime.now(UTC)
    issued = info.context.auth.issue(row, now=now)
    cookie = info.context.cookie
    if cookie is not None:
        cookie.keep(issued, now=now)
    token = issued.token if cookie is None else None
    return AuthPayload(token=token, expires_at=issued.expires_at, user=user_out(row), errors=[])


def _refused(errors: list[UserError]) -> AuthPayload:
    return AuthPayload(token=None, expires_at=None, user=None, errors=errors)


@strawberry.input(description="Changes to the viewer's account. A field left out is kept.")
class UpdateViewerInput:
    name: strawberry.Maybe[str | None] = strawberry.field(description="1 to 200 characters; cannot be empty.")
    time_zone: strawberry.Maybe[TimeZone | None] = strawberry.field(
        description="For new tasks; existing ones keep theirs. Cannot be null."
    )


@strawberry.type(description="The outcome of updateViewer.")
class UpdateViewerPayload:
    viewer: User | None = strawberry.field(description="The changed account; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of signOut.")
class SignOutPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of signOutEverywhere.")
class SignOutEverywherePayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of deleteAccount.")
class DeleteAccountPayload:
    deleted_id: strawberry.ID | None = strawberry.field(description="The id of the account that is gone.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


async def update_viewer(info: Info, input: Input[UpdateViewerInput]) -> UpdateViewerPayload:  # noqa: A002 - the contract's name
    changes: ViewerChanges = {}
    if input.name is not None:
        changes["name"] = input.name.value
    if input.time_zone is not None:
        changes["time_zone"] = input.time_zone.value

    async def work(session: AsyncSession) -> User:
        return user_out(await users.update_viewer(session, info.context.actor, changes, now=datetime.now(UTC)))

    viewer, errors = await change(info, work)
    return UpdateViewerPayload(viewer=viewer, errors=errors)


async def sign_out(info: Info) -> SignOutPayload:
    if info.context.cookie is not None:
        info.context.cookie.clear()
    return SignOutPayload(errors=[])


async def sign_out_everywhere(info: Info) -> SignOutEverywherePayload:
    async def work(session: AsyncSession) -> bool:
        await users.sign_out_everywhere(session, info.context.actor, now=datetime.now(UTC))
        return True

    done, errors = await change(info, work)
    if done:
        _session_ended(info)
    return SignOutEverywherePayload(errors=errors)


async def delete_account(
    info: Info,
    password: Annotated[
        str, strawberry.argument(description="To confirm; of an account without one, its e-mail address.")
    ],
) -> DeleteAccountPayload:
    actor = info.context.actor
    async with info.context.reading() as session:
        found = await users.by_id(session, actor.user_id)

    async def work(session: AsyncSession) -> strawberry.ID:
        return strawberry.ID(str(await users.delete_account(session, actor)))

    try:
        # Whoever holds a token guesses the password no faster than by signing in.
        await info.context.rates.sign_in(info.context.address, found.email if found else "")
        await users.confirm_password(found, password)
    except Refusal as refusal:
        return DeleteAccountPayload(deleted_id=None, errors=[user_error(refusal, within=None)])
    deleted, errors = await change(info, work, within=None)
    if deleted is not None:
        _session_ended(info)
    return DeleteAccountPayload(deleted_id=deleted, errors=errors)


def _session_ended(info: Info) -> None:
    if info.context.cookie is not None:
        info.context.cookie.ended()
