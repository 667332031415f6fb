"""The GraphQL door: an HTTP request in, one execution, an HTTP response out."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from graphql import GraphQLSchema
from starlette.requests import Request
from starlette.responses import Response
from strawberry import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult as Result
from strawberry.types.graphql import OperationType

from api import persisted, responses
from api.auth import Authenticator
from api.graphql.context import Context
from api.graphql.cursors import Cursors
from api.graphql.documents import Documents
from api.graphql.schema import build_schema
from api.limits import Limits
from api.limits_rates import Rates
from api.persisted import PersistedDocuments
from api.requests import JSON, BadRequest, GraphQLRequest, accepted, read
from config.settings import Settings
from db.engine import Sessions
from domain import trace
from domain.errors import RateLimited, Unauthenticated

_ALLOWED: Final = {"GET": {OperationType.QUERY}, "POST": {OperationType.QUERY, OperationType.MUTATION}}


@dataclass(frozen=True, slots=True)
class GraphQLDoor:
    """Answers /graphql. Holds what every request needs: the schema, the sessions, the keys, the limits."""

    schema: Schema
    sessions: Sessions
    auth: Authenticator
    cursors: Cursors
    limits: Limits
    documents: Documents
    persisted: PersistedDocuments
    rates: Rates

    async def __call__(self, request: Request) -> Response:
        media_type, request_id = JSON, request.state.request_id
        trace.begin(request.headers.get("traceparent"))
        deadline = asyncio.timeout(self.limits.seconds)
        asked: GraphQLRequest | None = None
        try:
            media_type = accepted(request.headers.get("accept"))
            async with deadline:
                asked = await read(request, self.limits)
                result = await self._execute(request, asked)
            return responses.answer(result, media_type, request_id)
        except BadRequest as refusal:
            return responses.refuse(refusal, media_type)
        except RateLimited as refusal:
            return responses.too_many(refusal, media_type)
        except Exception as error:  # noqa: BLE001 - the last door: nothing of an unexpected error may get out
            if deadline.expired():
                return self._late(asked, media_type, request_id)
            return responses.fail(error, media_type, request_id)

    def _late(self, asked: GraphQLRequest | None, media_type: str, request_id: str) -> Response:
        if asked is not None:
            return responses.late(self.limits.seconds, media_type, request_id)
        message = f"the request did not arrive within {self.limits.seconds:g} s"
        refusal = BadRequest(message, status=408, code="REQUEST_TIMEOUT", headers={"Connection": "close"})
        return responses.refuse(refusal, media_type)

    async def _execute(self, request: Request, asked: GraphQLRequest) -> Result:
        text = self.persisted.text(asked)
        try:
            return await self.schema.execute(
                text,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                context_value=await self._context(request, asked.operation_name),
                allowed_operation_types=_ALLOWED[request.method],
            )
        except InvalidOperationTypeError as error:
            raise _refused_operation(error.operation_type) from error
        except CannotGetOperationTypeError as error:
            name = f"named {asked.operation_name}" if asked.operation_name else "to execute: say operationName"
            raise BadRequest(f"the document has no operation {name}") from error

    async def _context(self, request: Request, operation_name: str | None) -> Context:
        caller, refusal = None, None
        try:
            caller = await self.auth.actor(self.sessions, request.headers.get("authorization"))
            await self.rates.user(caller.user_id)
        except Unauthenticated as error:
            refusal = error
        return Context(
            sessions=self.sessions,
            auth=self.auth,
            cursors=self.cursors,
            documents=self.documents,
            rates=self.rates,
            address=request.state.address,
            operation_name=operation_name,
            now=datetime.now(UTC),
            caller=caller,
            refusal=refusal,
        )


def graphql_door(settings: Settings, sessions: Sessions, rates: Rates) -> GraphQLDoor:
    """The door as the settings want it. Raises SettingsError when the persisted documents are not sound."""
    schema = build_schema(suggestions=settings.introspection)
    limits = Limits.of(settings)
    core: GraphQLSchema = schema._schema  # noqa: SLF001 - strawberry names no other way to it
    return GraphQLDoor(
        schema=schema,
        sessions=sessions,
        auth=Authenticator(settings),
        cursors=Cursors(settings.secret.get_secret_value()),
        limits=limits,
        documents=Documents(core, limits, introspection=settings.introspection),
        persisted=persisted.load(settings),
        rates=rates,
    )


def _refused_operation(kind: OperationType) -> BadRequest:
    if kind is OperationType.SUBSCRIPTION:
        return BadRequest("there are no subscriptions; ask again for what may have changed")
    return BadRequest("mutations need POST", status=405, code="METHOD_NOT_ALLOWED", headers={"Allow": "POST"})
