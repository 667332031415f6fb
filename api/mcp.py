"""/mcp: the Model Context Protocol for assistants, over Streamable HTTP. Stateless, answered with JSON.

This door checks what the others check: where a request comes from, who asks, how often and how much. The protocol is
the SDK's, what is offered is in api/mcp_server.py. Nothing is sent to clients unasked, so GET opens no stream.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import mcp_types as types
import orjson
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from api import responses, spans
from api.door import GraphQLDoor
from api.graphql.context import Context, message_of
from api.mcp_server import Caller, make_server
from api.requests import BadRequest, read_object
from config.settings import GatewaySettings, Settings
from domain.errors import RateLimited, Unauthenticated

PATH: Final = "/mcp"
METADATA: Final = "/.well-known/oauth-protected-resource"
SESSION: Final = "mcp-session-id"
# What clients in browsers may send besides.
HEADERS: Final = (SESSION, "mcp-protocol-version", "mcp-method", "mcp-name")
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}
_LONGEST_SESSION = 200

# It tells of every request that a manager was started and stopped for it.
logging.getLogger("mcp.server").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class McpDoor:
    """Answers /mcp."""

    door: GraphQLDoor
    server: Server[Any]
    settings: GatewaySettings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        status = 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with spans.request(request.method, request.headers.get("traceparent"), PATH):
            await self._answer(request, counted)
            spans.tell_answer(request.method, status, PATH)

    async def _answer(self, request: Request, send: Send) -> None:
        try:
            async with asyncio.timeout(self.door.limits.seconds):
                context = await self._admit(request)
                asked = await read_object(request, self.door.limits)
        except BadRequest as refusal:
            response = _refused(refusal.status, refusal.message, refusal.code, refusal.headers, refusal.path)
        except RateLimited as refusal:
            headers = {"Retry-After": str(refusal.retry_after)}
            response = _refused(429, message_of(refusal), refusal.code, headers)
        except Unauthenticated as refusal:
            response = self._unknown(request, refusal)
        except TimeoutError:
            message = f"the request did not arrive within {self.door.limits.seconds:g} s"
            response = _refused(408, message, "REQUEST_TIMEOUT", {"Connection": "close"})
        except Exception as error:  # noqa: BLE001 - the last door: nothing of an unexpected error may get out
            told = responses.masked(error, request.state.request_id)
            code = told["extensions"]["code"]
            status, headers = responses.status_of(code)
            response = _refused(status, told["message"], code, headers)
        else:
            await self._serve(request, context, asked, send)
            return
        await response(request.scope, request.receive, send)

    async def _admit(self, request: Request) -> Context:
        """Who asks. Raises BadRequest, RateLimited or Unauthenticated for those who may not."""
        if not is_own_page(request, self.settings):
            raise BadRequest("requests of this page are not answered", status=403, code="FORBIDDEN_ORIGIN")
        if request.method != "POST":
            message = "send JSON-RPC by POST; there are no streams and no sessions to end"
            raise BadRequest(message, status=405, code="METHOD_NOT_ALLOWED", headers={"Allow": "POST"})
        context = await self.door.context(request)
        if context.caller is None:
            raise context.refusal or Unauthenticated("this operation needs a token")
        return context

    async def _serve(self, request: Request, context: Context, asked: dict[str, Any], send: Send) -> None:
        begins = asked.get("method") == "initialize"
        session_id = request.headers.get(SESSION, "")[:_LONGEST_SESSION] or None
        request.state.mcp_caller = Caller(context, request.state.request_id, session_id)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [(b"cache-control", b"no-store")]
                if begins and message["status"] == 200:  # noqa: PLR2004 - OK
                    ours.append((SESSION.encode(), uuid4().hex.encode()))
                message = {**message, "headers": [*message["headers"], *ours]}
            await send(message)

        # A manager of its own for every request: no task and no session outlives it.
        manager = StreamableHTTPSessionManager(self.server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(request.scope, _replay(asked), with_headers)

    def _unknown(self, request: Request, refusal: Unauthenticated) -> Response:
        """401, with where to read who gives out tokens (RFC 6750, section 3; RFC 9728, section 5.1)."""
        parts = [f'resource_metadata="{_base(request, self.settings)}{METADATA}{PATH}"']
        if request.headers.get("authorization"):
            parts = ['error="invalid_token"', f'error_description="{message_of(refusal)}"', *parts]
        return _refused(401, message_of(refusal), refusal.code, {"WWW-Authenticate": f"Bearer {', '.join(parts)}"})


def routes(settings: Settings, door: GraphQLDoor) -> list[BaseRoute]:
    """Raises ToolError when a tool's document is not valid."""

    async def metadata(request: Request) -> Response:
        """Where tokens for /mcp come from (RFC 9728): an external issuer if there is one, else createApiToken."""
        issuers = {"authorization_servers": [settings.jwt_issuer]} if settings.jwks_url and settings.jwt_issuer else {}
        told = {
            "resource": f"{_base(request, settings)}{PATH}",
            **issuers,
            "bearer_methods_supported": ["header"],
            "resource_name": "Tickler",
        }
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    return [
        Route(PATH, McpDoor(door, make_server(door), settings)),
        Route(METADATA, metadata),
        Route(f"{METADATA}{PATH}", metadata),
    ]


def is_own_page(request: Request, settings: GatewaySettings) -> bool:
    """Whether a request is of no page, or of one that may call us: against DNS rebinding (MCP, Transports).

    That an origin is the request's own Host says nothing, for a rebound name is both. On the loopback it does: no
    foreign page is served from there under such a name.
    """
    origin = request.headers.get("origin")
    if origin is None or origin in settings.cors_origins or "*" in settings.cors_origins:
        return True
    if settings.public_url is not None and origin == settings.public_url:
        return True
    split = urlsplit(origin)
    return split.hostname in _LOOPBACK and split.netloc == request.headers.get("host")


def _base(request: Request, settings: GatewaySettings) -> str:
    return settings.public_url or f"{request.url.scheme}://{request.url.netloc}"


def _replay(asked: dict[str, Any]) -> Receive:
    """The body again, for the SDK, which reads it itself; then nothing more comes."""
    waiting: list[Message] = [{"type": "http.request", "body": orjson.dumps(asked), "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    return receive


def _refused(status: int, message: str, code: str, headers: dict[str, str], path: Any = ()) -> Response:
    """A JSON-RPC error that belongs to no request: it was not read, or not to be answered."""
    number = types.PARSE_ERROR if code == "INVALID_JSON" else types.INVALID_REQUEST
    if status >= 500:  # noqa: PLR2004 - what is wrong is here
        number = types.INTERNAL_ERROR
    data = {"code": code, **({"path": list(path)} if path else {})}
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": number, "message": message, "data": data}}
    return JSONResponse(body, status, headers={"Cache-Control": "no-store", **headers})
