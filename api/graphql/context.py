"""What a resolver is given, and the two ways it reaches the database: one transaction to read, one to change."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo
from strawberry.utils.str_converters import to_camel_case

from api.auth import Authenticator
from api.graphql.cursors import Cursors
from api.graphql.documents import Documents
from api.graphql.errors import UserError
from api.limits_rates import Rates
from api.session_cookie import SessionCookie
from db.engine import Sessions, reading
from domain.actors import Actor
from domain.errors import Refusal, Unauthenticated

if TYPE_CHECKING:
    from api.chat import Chat

T = TypeVar("T")


@dataclass(slots=True)
class Context:
    """One request. `refusal` says why there is no actor, for the operations that need one; `address` who asks."""

    sessions: Sessions
    auth: Authenticator
    cursors: Cursors
    documents: Documents
    rates: Rates
    address: str
    now: datetime
    caller: Actor | None
    refusal: Unauthenticated | None
    loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)
    # Root fields run concurrently; one after the other they take one connection, not one each.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    chat: "Chat | None" = None
    # Of a browser whose page asked for its session to be kept so.
    cookie: SessionCookie | None = None
    # The request's own, for the operation that may take longer to move.
    deadline: asyncio.Timeout | None = None

    @property
    def actor(self) -> Actor:
        if self.caller is None:
            raise self.refusal or Unauthenticated("this operation needs a token")
        return self.caller

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session to read with. Each statement stands alone, as it would see the newest rows in a transaction too."""
        async with self.turn, reading(self.sessions)() as session:
            yield session


Info = StrawberryInfo[Context, None]
Input = Annotated[T, strawberry.argument(description="What is asked for.")]


async def change(
    info: Info, work: Callable[[AsyncSession], Awaitable[T]], *, within: str | None = "input"
) -> tuple[T | None, list[UserError]]:
    """Runs one use-case in a transaction of its own. A refusal rolls it back and becomes data for the payload.

    `within` names the argument that the refused field belongs to.
    """
    try:
        async with info.context.turn, info.context.sessions.begin() as session:
            return await work(session), []
    except Refusal as refusal:
        return None, [user_error(refusal, within=within)]


def user_error(refusal: Refusal, *, within: str | None) -> UserError:
    fields = [to_camel_case(name) for name in refusal.path]
    path = [within, *fields] if within and fields else fields
    return UserError(code=UserError.code_of(refusal), message=message_of(refusal), path=path)


def message_of(refusal: Refusal) -> str:
    """The message with its field in front, so that it is clear on its own."""
    field_name = to_camel_case(refusal.path[-1]) if refusal.path else None
    return f"{field_name}: {refusal.message}" if field_name else refusal.message[:1].upper() + refusal.message[1:]
