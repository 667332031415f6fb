"""The GraphQL door: an HTTP request in, one execution, an HTTP response out."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from strawberry import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult as Result
from strawberry.types.graphql import OperationType

from api import responses
from api.auth import Authenticator
from api.graphql.context import Context
from api.graphql.cursors import Cursors
from api.requests import JSON, BadRequest, GraphQLRequest, accepted, read
from db.engine import Sessions
from domain import trace
from domain.errors import Unauthenticated

LONGEST_BODY = 1_000_000


class GraphQLDoor:
    """Answers /graphql. Holds what every request needs: the schema, the sessions, the keys."""

    def __init__(self, schema: Schema, sessions: Sessions, auth: Authenticator, cursors: Cursors) -> None:
        self._schema, self._sessions, self._auth, self._cursors = schema, sessions, auth, cursors

    async def __call__(self, request: Request) -> Response:
        media_type, request_id = JSON, request.state.request_id
        trace.begin(request.headers.get("traceparent"))
        try:
            media_type = accepted(request.headers.get("accept"))
            asked = await read(request, longest=LONGEST_BODY)
            result = await self._execute(request, asked)
        except BadRequest as refusal:
            return responses.refuse(refusal, media_type)
        except Exception as error:  # noqa: BLE001 - the last door: nothing of an unexpected error may get out
            return responses.fail(error, media_type, request_id)
        return responses.answer(result, media_type, request_id)

    async def _execute(self, request: Request, asked: GraphQLRequest) -> Result:
        allowed = {OperationType.QUERY} if request.method == "GET" else {OperationType.QUERY, OperationType.MUTATION}
        try:
            return await self._schema.execute(
                asked.query,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                context_value=await self._context(request),
                allowed_operation_types=allowed,
            )
        except InvalidOperationTypeError as error:
            raise BadRequest("mutations need POST", status=405, code="METHOD_NOT_ALLOWED") from error
        except CannotGetOperationTypeError as error:
            name = f"named {asked.operation_name}" if asked.operation_name else "to execute: say operationName"
            raise BadRequest(f"the document has no operation {name}") from error

    async def _context(self, request: Request) -> Context:
        caller, refusal = None, None
        try:
            caller = await self._auth.actor(self._sessions, request.headers.get("authorization"))
        except Unauthenticated as error:
            refusal = error
        return Context(
            sessions=self._sessions,
            auth=self._auth,
            cursors=self._cursors,
            now=datetime.now(UTC),
            caller=caller,
            refusal=refusal,
        )
