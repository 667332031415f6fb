"""Which MCP calls are one call, sent again: they get the same idempotency key, and so act once.

1. A caller who knows better says it: `_meta.idempotencyKey`, a text of their own.
2. In a session, a JSON-RPC id is used once (MCP, Basic, Requests). The session's id is made at `initialize` and sent
   back with every later request; nothing of it is kept here. User, session, id, tool and arguments are the call.
3. Without a session, clients count from 1 again whenever they start. The same user, id, tool and arguments are then one
   call only within some minutes, for a task that is added every day must not be lost.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from api.graphql.context import Context
from api.tools import Tool
from domain import idempotency

META_KEY: Final = "idempotencyKey"
# Twice as long at most, and so long at least, does a call without a session stand for the same one.
WINDOW: Final = timedelta(minutes=10)
_NAMESPACE: Final = UUID("6f1c7a55-2f0e-5c0c-9d43-0a5f1b6f7f3e")


async def key_of(
    context: Context,
    tool: Tool,
    arguments: Mapping[str, Any],
    *,
    request_id: str | int | None,
    session_id: str | None,
    meta: Mapping[str, Any],
) -> UUID | None:
    """The key of a call; None where a call that comes again is harmless anyhow, or cannot be told from a new one."""
    if not tool.takes_key:
        return None
    user = context.actor.user_id
    given = meta.get(META_KEY)
    if isinstance(given, str) and given:
        return _key("given", user, tool.name, given)
    if request_id is None:
        return None
    what = (user, tool.name, type(request_id).__name__, request_id, dict(arguments))
    if session_id:
        return _key("session", session_id, *what)
    window = _window(context.now)
    before = _key("window", window - 1, *what)
    async with context.reading() as session:
        if await idempotency.is_held(session, context.actor, before):
            return before
    return _key("window", window, *what)


def _key(*parts: Any) -> UUID:
    return uuid5(_NAMESPACE, orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode())


def _window(now: datetime) -> int:
    return int(now.timestamp() // WINDOW.total_seconds())
