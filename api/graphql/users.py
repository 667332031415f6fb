"""Users in the schema: the viewer, signing up, signing in."""

from datetime import UTC, datetime

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql.context import Info, change, user_error
from api.graphql.enums import NotificationChannel
from api.graphql.errors import UserError
from api.graphql.scalars import TimeZone
from db.users import User as UserRow
from domain import users
from domain.errors import Refusal, Unauthenticated


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
    token: str | None = strawberry.field(description="To be sent as Authorization: Bearer; null when there are errors.")
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


async def sign_up(info: Info, input: SignUpInput) -> AuthPayload:  # noqa: A002 - the contract's name
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


async def sign_in(info: Info, input: SignInInput) -> AuthPayload:  # noqa: A002 - the contract's name
    async with info.context.reading() as session:
        found = await users.find_for_sign_in(session, input.email)
    try:
        row = await users.check_password(found, input.password)
    except Refusal as refusal:
        return _refused([user_error(refusal, within="input")])
    return _signed_in(info, row)


def _signed_in(info: Info, row: UserRow) -> AuthPayload:
    issued = info.context.auth.issue(row, now=datetime.now(UTC))
    return AuthPayload(token=issued.token, expires_at=issued.expires_at, user=user_out(row), errors=[])


def _refused(errors: list[UserError]) -> AuthPayload:
    return AuthPayload(token=None, expires_at=None, user=None, errors=errors)
