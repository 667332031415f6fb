"""POST /chat: a message to the assistant, answered by server-sent events while the answer is made.

The body is what sendChatMessage takes: {"text", "conversationId", "idempotencyKey"}. Events, each with a JSON object:
`delta` {text}, a piece of the reply; `tool` {name, arguments, result}, a call that has run; and one at the end, `done`
{conversationId, reply} or `error` {code, message, path, conversationId, reply}. A caller who goes away ends the model's
call; what was said until then is put down.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api import responses, spans
from api.chat import Chat, Hears, Outcome, Sent
from api.chat_words import Noted
from api.door import GraphQLDoor
from api.graphql.chat import message_out
from api.graphql.context import Context, message_of, user_error
from api.graphql.scalars import parse_uuid
from api.requests import JSON, BadRequest, read_object
from api.session_cookie import SessionCookie, session_cookie
from db.conversations import Message
from domain.errors import RateLimited, Refusal, Unauthenticated
from domain.values import rfc3339

PATH = "/chat"
# A proxy closes what is silent for longer, often after a minute.
_QUIET_SECONDS = 15.0
_MEMBERS: Final = {"text", "conversationId", "idempotencyKey"}
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def routes(door: GraphQLDoor) -> list[Route]:
    async def chat(request: Request) -> Response:
        cookie: SessionCookie | None = None
        try:
            async with asyncio.timeout(door.limits.seconds):
                cookie = session_cookie(request, door.settings)
                context, sent = await _asked(door, request, cookie)
        except BadRequest as refusal:
            return responses.refuse(refusal, JSON)
        except RateLimited as refusal:
            return responses.too_many(refusal, JSON)
        except Unauthenticated as refusal:
            unknown = BadRequest(
                message_of(refusal), status=401, code=refusal.code, headers={"WWW-Authenticate": "Bearer"}
            )
            response = responses.refuse(unknown, JSON)
            if cookie is not None:
                cookie.put_on(response)
            return response
        except TimeoutError:
            late = BadRequest(f"the request did not arrive within {door.limits.seconds:g} s", status=408)
            return responses.refuse(late, JSON)
        except Exception as error:  # noqa: BLE001 - the last door: nothing of an unexpected error may get out
            return responses.fail(error, JSON, request.state.request_id)
        events = _events(door.chat, context, sent, request)
        return StreamingResponse(events, headers=_HEADERS, media_type="text/event-stream")

    return [Route(PATH, chat, methods=["POST"])]


async def _asked(door: GraphQLDoor, request: Request, cookie: SessionCookie | None) -> tuple[Context, Sent]:
    context = await door.context(request, cookie)
    if context.caller is None:
        raise context.refusal or Unauthenticated("this needs a token")
    return context, _sent(await read_object(request, door.limits))


def _sent(given: dict[str, Any]) -> Sent:
    unknown = sorted(set(given) - _MEMBERS)
    if unknown:
        raise BadRequest(
            f"there is no member {unknown[0][:50]}; there are: {', '.join(sorted(_MEMBERS))}", code="INVALID"
        )
    text, conversation, key = (given.get(name) for name in ("text", "conversationId", "idempotencyKey"))
    if not isinstance(text, str):
        raise BadRequest("text must be text", code="INVALID", path=["text"])
    if conversation is not None and not isinstance(conversation, str | int):
        raise BadRequest("conversationId must be an id", code="INVALID", path=["conversationId"])
    try:
        return Sent(text, None if conversation is None else str(conversation), None if key is None else parse_uuid(key))
    except ValueError as error:
        raise BadRequest(f"idempotencyKey {error}", code="INVALID", path=["idempotencyKey"]) from error


async def _events(chat: Chat, context: Context, sent: Sent, request: Request) -> AsyncIterator[bytes]:
    """What is sent. The answer is made by a task of its own, so that it can end in order when nobody listens."""
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()
    making = asyncio.create_task(_make(chat, context, sent, request, queue))
    try:
        while True:
            try:
                async with asyncio.timeout(_QUIET_SECONDS):
                    event = await queue.get()
            except TimeoutError:
                event = b": still at it\n\n"
            if event is None:
                return
            yield event
    finally:
        making.cancel()


async def _make(chat: Chat, context: Context, sent: Sent, request: Request, queue: asyncio.Queue[bytes | None]) -> None:
    hears = Hears(
        text=lambda piece: queue.put_nowait(_event("delta", {"text": piece})),
        tool=lambda call: queue.put_nowait(_event("tool", _tool(call))),
    )
    try:
        with spans.request(request.method, request.headers.get("traceparent"), PATH):
            queue.put_nowait(_last(await chat.answer(context, sent, hears)))
    except Refusal as refusal:
        queue.put_nowait(_event("error", _error(refusal)))
    except Exception as error:  # noqa: BLE001 - nothing of an unexpected error may get out
        told = responses.masked(error, request.state.request_id)
        about = {"code": told["extensions"]["code"], "message": told["message"], "path": []}
        queue.put_nowait(_event("error", about))
    finally:
        queue.put_nowait(None)


def _last(outcome: Outcome) -> bytes:
    number = outcome.conversation_id
    about = {
        "conversationId": None if number is None else str(number),
        "reply": None if outcome.reply is None else _reply(outcome.reply),
    }
    if outcome.refusal is None:
        return _event("done", about)
    return _event("error", {**_error(outcome.refusal), **about})


def _error(refusal: Refusal) -> dict[str, Any]:
    error = user_error(refusal, within=None)
    told = {"code": error.code.value, "message": error.message, "path": error.path}
    return {**told, "retryAfter": refusal.retry_after} if isinstance(refusal, RateLimited) else told


def _reply(row: Message) -> dict[str, Any]:
    shown = message_out(row)
    return {
        "id": shown.id,
        "role": shown.role.name,
        "text": shown.text,
        "toolCalls": [{"name": c.name, "arguments": c.arguments, "result": c.result} for c in shown.tool_calls],
        "createdAt": rfc3339(shown.created_at),
    }


def _tool(call: Noted) -> dict[str, Any]:
    return {name: call[name] for name in ("name", "arguments", "result")}


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(data))
