"""Which calls are one call, sent again, as time passes: the keys that clients without a session get."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from support import Client, Stack
from tool_calls import Toolbox

from api import mcp_retries

AT = datetime(2027, 3, 1, 8, 9, 59, tzinfo=UTC)


async def key_at(box: Toolbox, user: Client, now: datetime, **given: Any) -> UUID | None:
    asked = {"request_id": 3, "session_id": None, "meta": {}, **given}
    return await mcp_retries.key_of(box.context(user, now=now), box.tools["add_task"], {"title": "x"}, **asked)


async def test_a_call_is_known_again_beyond_the_end_of_its_window(stack: Stack, user: Client) -> None:
    box = Toolbox.of(stack)
    first = await key_at(box, user, AT)
    assert first
    # One second later another window has begun. Nobody holds the key, so this would be a new call.
    assert await key_at(box, user, AT + timedelta(seconds=1)) != first
    await box.call(user, "add_task", key=first, title="x")
    assert await key_at(box, user, AT + timedelta(seconds=1)) == first
    assert await key_at(box, user, AT + mcp_retries.WINDOW) == first
    # And a task that is added again later is a new one.
    assert await key_at(box, user, AT + 2 * mcp_retries.WINDOW) != first


async def test_in_a_session_time_does_not_matter(stack: Stack, user: Client) -> None:
    box = Toolbox.of(stack)
    first = await key_at(box, user, AT, session_id="s")
    assert await key_at(box, user, AT + timedelta(hours=20), session_id="s") == first
    assert await key_at(box, user, AT, session_id="t") != first


async def test_keys_are_the_users_own_and_of_tools_that_take_one(stack: Stack, user: Client) -> None:
    box, other = Toolbox.of(stack), await stack.user()
    for given in ({}, {"session_id": "s"}, {"meta": {mcp_retries.META_KEY: "mine"}}):
        assert await key_at(box, user, AT, **given) != await key_at(box, other, AT, **given)
    context = box.context(user, now=AT)
    takes_none = await mcp_retries.key_of(
        context, box.tools["delete_task"], {"id": "1"}, request_id=3, session_id="s", meta={}
    )
    assert takes_none is None
