"""API tokens in the schema."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql.connections import given
from api.graphql.context import Info, Input, change
from api.graphql.errors import ERRORS, UserError
from db.api_tokens import ApiToken as ApiTokenRow
from domain import api_tokens


@strawberry.type(description="A long-lived secret that a program signs in with.")
class ApiToken:
    id: strawberry.ID = strawberry.field(description="A plain integer.")
    name: str = strawberry.field(description="What it is for.")
    created_at: datetime = strawberry.field(description="When it was made.")
    last_used_at: datetime | None = strawberry.field(description="When it was last used, to the minute.")
    expires_at: datetime | None = strawberry.field(description="When it ends; null: never.")


@strawberry.input(description="A new API token.")
class CreateApiTokenInput:
    name: str = strawberry.field(description="What it is for, 1 to 100 characters.")
    expires_at: datetime | None = strawberry.field(default=strawberry.UNSET, description="When it ends; never without.")


@strawberry.type(description="The outcome of createApiToken.")
class CreateApiTokenPayload:
    token: str | None = strawberry.field(description="The secret, shown this once; send it as Authorization: Bearer.")
    api_token: ApiToken | None = strawberry.field(description="The token; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of revokeApiToken.")
class RevokeApiTokenPayload:
    revoked_id: strawberry.ID | None = strawberry.field(description="The id of the token that is gone.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


def token_out(row: ApiTokenRow) -> ApiToken:
    return ApiToken(
        id=strawberry.ID(str(row.id)),
        name=row.name,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
    )


async def resolve_api_tokens(info: Info) -> list[ApiToken]:
    async with info.context.reading() as session:
        return [token_out(row) for row in await api_tokens.all_tokens(session, info.context.actor)]


async def create_api_token(info: Info, input: Input[CreateApiTokenInput]) -> CreateApiTokenPayload:  # noqa: A002
    async def work(session: AsyncSession) -> api_tokens.NewToken:
        return await api_tokens.create(
            session,
            info.context.actor,
            name=input.name,
            expires_at=given(input.expires_at),
            now=datetime.now(UTC),
        )

    new, errors = await change(info, work)
    if new is None:
        return CreateApiTokenPayload(token=None, api_token=None, errors=errors)
    return CreateApiTokenPayload(token=new.secret, api_token=token_out(new.row), errors=[])


async def revoke_api_token(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The token.")],  # noqa: A002 - the contract's name
) -> RevokeApiTokenPayload:
    async def work(session: AsyncSession) -> strawberry.ID:
        return strawberry.ID(str(await api_tokens.revoke(session, info.context.actor, id)))

    revoked, errors = await change(info, work, within=None)
    return RevokeApiTokenPayload(revoked_id=revoked, errors=errors)
