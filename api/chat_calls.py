"""Running what the model wants called: each call checked, held back if it needs a yes, noted, and run once.

The model may write anything. What is no JSON, no tool or no argument of it is answered as data, for it to mend.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLSchema

from api import chat_guard
from api.chat_words import LONGEST_ARGUMENTS, Call, Noted
from api.graphql.context import Context
from api.limits import Limits
from api.tools import Tool, run_tool
from config import logs
from domain import tasks

_log = logs.get("api.chat")
_LONGEST_ID, _LONGEST_NAME, _LONGEST_KEPT = 64, 100, 2_000


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools, and what running one takes."""

    tools: Mapping[str, Tool]
    schema: GraphQLSchema
    limits: Limits

    async def run(self, context: Context, call: Noted) -> None:
        """Gives the call its result. What has begun is finished, also when nobody waits for it any more."""
        running = asyncio.ensure_future(self._result(context, call))
        try:
            call["result"] = await asyncio.shield(running)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):
                call["result"] = await running
            raise

    async def _result(self, context: Context, call: Noted) -> Any:
        tool, arguments = self.tools.get(call["name"]), call["arguments"]
        if tool is None:
            return _refused("NOT_FOUND", f"there is no such tool; there are: {', '.join(self.tools)}")
        if not isinstance(arguments, dict):
            return _refused("INVALID", "the arguments are not one JSON object")
        try:
            result = await run_tool(
                tool,
                arguments,
                schema=self.schema,
                limits=self.limits,
                context=context,
                idempotency_key=UUID(call["key"]),
            )
        except Exception:  # noqa: BLE001 - the model is told that it failed, the log has it all
            _log.exception("a tool failed", tool=tool.name)
            return _refused("INTERNAL", "something went wrong here")
        return result.json


async def hold_back(context: Context, earlier: Sequence[Noted], new: Sequence[Noted]) -> None:
    """Gives those of the new calls their result that need a yes first."""
    ids = chat_guard.targets([*earlier, *new])
    if not ids:
        return
    async with context.reading() as session:
        found = await tasks.by_ids(session, context.actor, ids)
    chat_guard.hold(earlier, new, {number: task.title for number, task in found.items()})


def noted(calls: Sequence[Call], *, message_id: int, call_round: int, used: set[str]) -> list[Noted]:
    """The model's calls as they are kept. An id that is missing, or there already, is given anew."""
    kept = []
    for index, call in enumerate(calls):
        call_id = (
            call.id
            if 0 < len(call.id) <= _LONGEST_ID and call.id not in used
            else own_id(message_id, call_round, index)
        )
        used.add(call_id)
        kept.append(
            {
                "round": call_round,
                "id": call_id,
                "name": _clean(call.name)[:_LONGEST_NAME],
                "arguments": _arguments(call.arguments),
                "key": chat_guard.key_of_call(message_id, call_round, index),
            }
        )
    return kept


def own_id(message_id: int, call_round: int, index: int) -> str:
    return f"call_{message_id}_{call_round}_{index}"


def _arguments(text: str) -> Any:
    """The object that was written; what is none is kept as its text, to be shown."""
    if not text.strip():
        return {}
    if len(text) <= LONGEST_ARGUMENTS:
        with contextlib.suppress(orjson.JSONDecodeError):
            parsed = orjson.loads(text)
            # PostgreSQL's JSON has no NUL; no argument has one either.
            if isinstance(parsed, dict) and "\\u0000" not in text:
                return parsed
    return _clean(text)[:_LONGEST_KEPT]


def _clean(text: str) -> str:
    """Text that can be stored and sent: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "path": []}]}
