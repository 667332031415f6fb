"""Every conversation of the table, through both doors: what the model was asked, what was replied, what has become."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from chat_doors import DOORS, KEY, Heard, chatting
from chat_server import Asked, Body, ChatServer, Says, Script, running_chat_server
from chat_talks import TALKS, Talk
from gateway import Gateway
from support import Client, Stack

_ROWS = """
    SELECT title, status, priority, to_char(due_date AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS due, all_day,
           recurrence_rule AS rule, reminder_minutes, deleted_at IS NOT NULL AS deleted,
           array(SELECT name FROM tags JOIN task_tags ON tag_id = tags.id WHERE task_id = tasks.id ORDER BY 1) AS tags,
           (SELECT array_agg(minutes_before ORDER BY 1) FROM reminders
             WHERE task_id = tasks.id AND cancelled_at IS NULL) AS reminders
      FROM tasks WHERE user_id = :user AND parent_task_id IS NULL"""


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[ChatServer]:
    async with running_chat_server() as running:
        yield running


@pytest.fixture(scope="module")
async def gateway(stack: Stack, server: ChatServer) -> AsyncIterator[Gateway]:
    async with chatting(stack, server) as running:
        yield running


@pytest.fixture(scope="module")
async def foreign(stack: Stack) -> str:
    return str((await (await stack.user()).create_task(title="A stranger's"))["id"])


def test_there_are_at_least_sixty_conversations_each_with_a_name_of_its_own() -> None:
    assert len({talk.name for talk in TALKS}) == len(TALKS) >= 60


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk.name)
async def test_conversation(
    stack: Stack, gateway: Gateway, server: ChatServer, foreign: str, talk: Talk, door: str
) -> None:
    user = await stack.user(talk.zone)
    ids = {f"${place}": str((await user.create_task(**given))["id"]) for place, given in enumerate(talk.given)}
    ids["$foreign"] = foreign
    heard: Heard | None = None
    refused: list[str] = []
    for turn in talk.turns:
        server.says(*(_with_ids(step, ids) for step in turn.steps))
        heard = await DOORS[door](gateway.client(user), turn.user, heard and heard.conversation)
        assert server.refused == []
        assert heard.codes == ([turn.code] if turn.code else [])
        if turn.reply:
            assert turn.reply in heard.text
        _check_asked(server.asked, turn.user, user.email)
        refused += _refusals(heard)
        made = [result["task_id"] for result in (heard.results if heard.reply else []) if "task_id" in result]
        if made:
            ids["$new"] = made[-1]
    assert refused == list(talk.refused)
    await _check_rows(stack, user, talk)
    assert await stack.value("SELECT title FROM tasks WHERE id = :id AND deleted_at IS NULL", id=int(foreign))


def _with_ids(step: Script, ids: dict[str, str]) -> Script:
    if callable(step):
        return lambda body: _placed(step(body), ids)
    return _placed(step, ids)


def _placed(step: Any, ids: dict[str, str]) -> Any:
    if not isinstance(step, Says):
        return step
    made = tuple(
        (
            name,
            {k: ids.get(v, v) if isinstance(v, str) else v for k, v in given.items()}
            if isinstance(given, dict)
            else given,
        )
        for name, given in step.calls
    )
    return Says(step.text, made, step.finish, step.ids)


def _check_asked(asked: list[Asked], text: str, email: str) -> None:
    """What every request has: the key in its header and nowhere else, the message, all tools, one system message."""
    for place, request in enumerate(asked):
        assert request.headers["authorization"] == f"Bearer {KEY}"
        body: Body = request.body
        assert KEY not in str(body)
        assert email not in str(body)
        assert body["model"] == "scripted"
        assert body["max_tokens"] == 2000
        assert "temperature" not in body
        assert {"role": "user", "content": text} in request.messages
        assert {"add_task", "list_tasks", "delete_task"} <= set(request.tool_names())
        assert request.messages[: len(asked[0].messages)] == asked[0].messages, place


def _refusals(heard: Heard) -> list[str]:
    results = heard.results if heard.reply else []
    return [result["errors"][0]["code"] for result in results if "errors" in result]


async def _check_rows(stack: Stack, user: Client, talk: Talk) -> None:
    if any("reminders" in expected for expected in talk.rows.values()):
        await stack.settled(user)
    found = {row["title"]: row for row in await stack.rows(_ROWS, user=user.user_id)}
    assert set(found) == set(talk.rows)
    for title, expected in talk.rows.items():
        assert {name: found[title][name] for name in expected} == expected, title
