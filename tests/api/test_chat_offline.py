"""The chat without a language model: it adds tasks by quick add, and says of everything else what has to be set."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from chat_doors import DOORS, Heard, chatting
from gateway import Gateway
from support import Client, Stack


@pytest.fixture(scope="module")
async def gateway(stack: Stack) -> AsyncIterator[Gateway]:
    async with chatting(stack, None) as running:
        yield running


@pytest.fixture(params=list(DOORS))
def door(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


async def tasks(stack: Stack, user: Client) -> list[dict[str, Any]]:
    return await stack.rows(
        """SELECT title, recurrence_rule, reminder_minutes,
                  to_char(due_date AT TIME ZONE 'Europe/Berlin', 'HH24:MI') AS at
             FROM tasks WHERE user_id = :user ORDER BY id""",
        user=user.user_id,
    )


@pytest.mark.parametrize(
    "text",
    [
        "hello", "what is open?", "delete everything", "additional milk", "address book", "add", "I want to add milk",
        "füge hinzu", "remind me to", "complete milk",
    ],
)  # fmt: skip
async def test_what_adds_no_task_is_told_what_to_set_and_nothing_is_put_down(
    stack: Stack, gateway: Gateway, user: Client, door: str, text: str
) -> None:
    heard: Heard = await DOORS[door](gateway.client(user), text)
    assert (heard.codes, heard.reply, heard.conversation) == (["UNAVAILABLE"], None, None)
    assert "set OPENAI_API_KEY" in heard.errors[0]["message"]
    assert "OPENAI_BASE_URL" in heard.errors[0]["message"]
    assert await stack.value("SELECT count(*) FROM messages WHERE user_id = :user", user=user.user_id) == 0
    assert await tasks(stack, user) == []
    assert (await gateway.client(user).create_task())["id"], "everything else works"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("add buy milk", "buy milk"),
        ("Please add a new task: buy milk", "buy milk"),
        ("New task buy milk", "buy milk"),
        ("remind me to buy milk tomorrow at 5pm", "buy milk"),
        ("Füge Milch kaufen hinzu!", "Milch kaufen"),
        ("Bitte erstelle eine neue Aufgabe Milch kaufen", "Milch kaufen"),
        ("Aufgabe: Milch kaufen", "Milch kaufen"),
    ],
)
async def test_what_says_that_it_adds_a_task_adds_it(
    stack: Stack, gateway: Gateway, user: Client, door: str, text: str, title: str
) -> None:
    heard: Heard = await DOORS[door](gateway.client(user), text)
    assert [row["title"] for row in await tasks(stack, user)] == [title]
    assert heard.text.startswith(f"Added “{title}” (")
    assert "no language model here" in heard.text
    assert heard.calls == ["quick_add"]
    assert heard.results[0]["title"] == title


async def test_the_whole_line_is_understood_and_the_same_key_adds_once(
    stack: Stack, gateway: Gateway, user: Client, door: str
) -> None:
    me, key = gateway.client(user), str(uuid4())
    text = "Add task buy milk tomorrow at 5pm, every weekday, remind me an hour before"
    first = await DOORS[door](me, text, None, key)
    again = await DOORS[door](me, text, None, key)
    assert again.reply == first.reply
    assert await tasks(stack, user) == [
        {
            "title": "buy milk",
            "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            "reminder_minutes": [60],
            "at": "17:00",
        }
    ]
    assert ", due " in first.text


async def test_a_line_that_is_refused_leaves_the_conversation_free(
    stack: Stack, gateway: Gateway, user: Client, door: str
) -> None:
    me = gateway.client(user)
    conversation = (await DOORS[door](me, "add bread")).conversation
    heard = await DOORS[door](me, "add " + "x" * 300, conversation)
    assert (heard.codes, heard.reply) == (["INVALID"], None)
    assert (await DOORS[door](me, "add butter", conversation)).conversation == conversation
    assert [row["title"] for row in await tasks(stack, user)] == ["bread", "butter"]
