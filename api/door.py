"""The GraphQL door: an HTTP request in, one execution, an HTTP response out."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from graphql import ExecutionResult, GraphQLSchema, OperationType
from starlette.requests import Request
from starlette.responses import Response

from api import persisted, responses, spans
from api.auth import Authenticator
from api.chat import Chat
from api.graphql.context import Context
from api.graphql.cursors import Cursors
from api.graphql.documents import Documents
from api.graphql.execution import Asked, OperationNotFound, OperationRefused, execute
from api.graphql.schema import build_schema, core
from api.limits import Limits
from api.limits_rates import Rates
from api.persisted import PersistedDocuments
from api.requests import JSON, BadRequest, GraphQLRequest, accepted, read
from api.session_cookie import SessionCookie, session_cookie
from config.settings import GatewaySettings, Settings
from db.engine import Sessions
from domain.errors import RateLimited, Unauthenticated

_ALLOWED: Final = {"GET": {OperationType.QUERY}, "POST": {OperationType.QUERY, OperationType.MUTATION}}


@dataclass(frozen=True, slots=True)
class GraphQLDoor:
    """Answers /graphql. Holds what every request needs: the schema, the sessions, the keys, the limits."""

    schema: GraphQLSchema
    suggestions: bool
    sessions: Sessions
    auth: Authenticator
    cursors: Cursors
    limits: Limits
    documents: Documents
    persisted: PersistedDocuments
    rates: Rates
    chat: Chat
    settings: GatewaySettings

    async def __call__(self, request: Request) -> Response:
        with spans.request(request.method, request.headers.get("traceparent")):
            response = await self._answer(request)
            spans.tell_answer(request.method, response.status_code)
            return response

    async def _answer(self, request: Request) -> Response:
        media_type, request_id = JSON, request.state.request_id
        deadline = asyncio.timeout(self.limits.seconds)
        asked: GraphQLRequest | None = None
        try:
            media_type = accepted(request.headers.get("accept"))
            async with deadline:
                cookie = session_cookie(request, self.settings)
                asked = await read(request, self.limits)
                result = await self._execute(request, asked, cookie, deadline)
            response = responses.answer(result, media_type, request_id)
        except BadRequest as refusal:
            return responses.refuse(refusal, media_type)
        except RateLimited as refusal:
            return responses.too_many(refusal, media_type)
        except Exception as error:  # noqa: BLE001 - the last door: nothing of an unexpected error may get out
            if deadline.expired():
                return self._late(asked, media_type, request_id)
            return responses.fail(error, media_type, request_id)
        if cookie is not None:
            cookie.put_on(response)
        return response

    def _late(self, asked: GraphQLRequest | None, media_type: str, request_id: str) -> Response:
        if asked is not None:
            return responses.late(self.limits.seconds, media_type, request_id)
        message = f"the request did not arrive within {self.limits.seconds:g} s"
        refusal = BadRequest(message, status=408, code="REQUEST_TIMEOUT", headers={"Connection": "close"})
        return responses.refuse(refusal, media_type)

    async def _execute(
        self, request: Request, given: GraphQLRequest, cookie: SessionCookie | None, deadline: asyncio.Timeout
    ) -> ExecutionResult:
        text = self.persisted.text(given)
        asked = Asked(text, given.variables, given.operation_name, _ALLOWED[request.method])
        context = await self.context(request, cookie)
        context.deadline = deadline
        try:
            return await execute(self.schema, context, asked, hide_suggestions=not self.suggestions)
        except OperationRefused as error:
            raise _refused_operation(error.kind) from error
        except OperationNotFound as error:
            name = f"named {asked.operation_name}" if asked.operation_name else "to execute: say operationName"
            raise BadRequest(f"the document has no operation {name}") from error

    async def context(self, request: Request, cookie: SessionCookie | None = None) -> Context:
        """Who asks, and with what; takes one from the user's rate. Raises RateLimited.

        `cookie` is for the doors that a browser's session opens.
        """
        caller, refusal = None, None
        try:
            if cookie is not None and cookie.token is not None:
                caller = await self.auth.session_actor(self.sessions, cookie.token)
            else:
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
            now=datetime.now(UTC),
            caller=caller,
            refusal=refusal,
            chat=self.chat,
            cookie=cookie,
        )


def graphql_door(settings: Settings, sessions: Sessions, rates: Rates) -> GraphQLDoor:
    """The door as the settings want it. Raises SettingsError when the persisted documents are not sound."""
    schema, limits = core(build_schema()), Limits.of(settings)
    return GraphQLDoor(
        schema=schema,
        suggestions=settings.introspection,
        sessions=sessions,
        auth=Authenticator(settings),
        cursors=Cursors(settings.secret.get_secret_value()),
        limits=limits,
        documents=Documents(schema, limits, introspection=settings.introspection),
        persisted=persisted.load(settings),
        rates=rates,
        chat=Chat(settings, sessions, rates, schema, limits),
        settings=settings,
    )


def _refused_operation(kind: OperationType) -> BadRequest:
    if kind is OperationType.SUBSCRIPTION:
        return BadRequest("there are no subscriptions; ask again for what may have changed")
    return BadRequest("mutations need POST", status=405, code="METHOD_NOT_ALLOWED", headers={"Allow": "POST"})
