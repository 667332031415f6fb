"""A turn of the chat: once whatever is repeated, ended by whoever leaves, bounded in time, and with what it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from chat_doors import DOORS, events, send, stream
from chat_doors import chatting as gateway_chatting
from chat_server import ChatServer, Cut, Fails, Hangs, Says, calls, running_chat_server, says
from gateway import Gateway
from support import Client, Stack, eventually

from api.chat_prompt import system_prompt
from domain import conversations
from domain.values import zone

ADD = calls(("add_task", {"title": "Milk"}))


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[ChatServer]:
    async with running_chat_server() as running:
        yield running


@pytest.fixture(scope="module")
async def gateway(stack: Stack, server: ChatServer) -> AsyncIterator[Gateway]:
    async with gateway_chatting(stack, server) as running:
        yield running


@pytest.fixture
def me(gateway: Gateway, user: Client) -> Client:
    return gateway.client(user)


async def messages(stack: Stack, user: Client) -> list[tuple[str, str]]:
    rows = await stack.rows("SELECT role, content FROM messages WHERE user_id = :user ORDER BY id", user=user.user_id)
    return [(row["role"], row["content"]) for row in rows]


async def titles(stack: Stack, user: Client) -> list[str]:
    rows = await stack.rows(
        "SELECT title FROM tasks WHERE user_id = :user AND deleted_at IS NULL ORDER BY id", user=user.user_id
    )
    return [row["title"] for row in rows]


@pytest.mark.parametrize("door", DOORS)
async def test_the_same_key_again_gives_the_first_reply_and_asks_nobody(
    stack: Stack, server: ChatServer, me: Client, door: str
) -> None:
    key = str(uuid4())
    server.says(ADD, says("Added."))
    first = await DOORS[door](me, "add milk", None, key)
    again = await DOORS[door](me, "add milk", None, key)
    assert (again.reply, again.conversation) == (first.reply, first.conversation)
    assert len(server.asked) == 2
    assert await titles(stack, me) == ["Milk"]
    assert await messages(stack, me) == [("user", "add milk"), ("assistant", "Added.")]


async def test_two_at_once_with_one_key_are_one_turn(stack: Stack, server: ChatServer, me: Client) -> None:
    key = str(uuid4())
    server.says(ADD, says("Added."))
    heard = await asyncio.gather(
        *(DOORS[door](me, "add milk", None, key) for door in DOORS), send(me, "add milk", None, key)
    )
    assert {one.text for one in heard} == {"Added."}
    assert {one.conversation for one in heard} == {heard[0].conversation}
    assert len(server.asked) == 2
    assert await titles(stack, me) == ["Milk"]


async def test_messages_of_one_conversation_are_answered_one_after_the_other(
    stack: Stack, server: ChatServer, me: Client
) -> None:
    server.says(says("One."))
    conversation = (await send(me, "one")).conversation
    server.says(ADD, says("Two."), says("Three."))
    await asyncio.gather(send(me, "two", conversation), send(me, "three", conversation))
    assert [role for role, _ in await messages(stack, me)] == ["user", "assistant"] * 3
    assert server.refused == []


async def test_a_turn_that_was_killed_goes_on_with_the_calls_that_were_noted(
    stack: Stack, server: ChatServer, me: Client
) -> None:
    """As a kill leaves it: the call is noted and has run, its result is not noted, the lease is over."""
    key = str(uuid4())
    server.says(ADD, says("Added."))
    heard = await send(me, "add milk", None, key)
    await stack.execute(
        """WITH reply AS (DELETE FROM messages WHERE id = :reply RETURNING in_reply_to, tool_calls)
           UPDATE messages SET tool_calls = jsonb_build_array(reply.tool_calls -> 0 #- '{result}')
             FROM reply WHERE id = reply.in_reply_to""",
        reply=int(heard.reply["id"] if heard.reply else 0),
    )
    await stack.execute(
        "UPDATE conversations SET turn_token = gen_random_uuid(), turn_until = now() + interval '1 second' "
        "WHERE id = :id",
        id=int(heard.conversation or 0),
    )
    server.says(says("It is added."))
    again = await send(me, "add milk", None, key)
    assert again.text == "It is added."
    assert again.results[0]["task_id"] == heard.results[0]["task_id"]
    assert await titles(stack, me) == ["Milk"]
    assert server.asked[0].roles == "system user assistant tool"
    assert await messages(stack, me) == [("user", "add milk"), ("assistant", "It is added.")]


async def test_a_list_whose_turn_was_killed_runs_once(
    stack: Stack, server: ChatServer, me: Client, user: Client
) -> None:
    ids = [(await user.create_task(title=title))["id"] for title in ("A", "B")]
    server.says(calls(*(("delete_task", {"id": each}) for each in ids)), says("Shall I?"))
    conversation = (await send(me, "delete both")).conversation
    key = str(uuid4())
    heard = await send(me, "yes", conversation, key)
    await stack.execute(
        """WITH reply AS (DELETE FROM messages WHERE id = :reply RETURNING in_reply_to, tool_calls)
           UPDATE messages
              SET tool_calls = jsonb_build_array(reply.tool_calls -> 0, reply.tool_calls -> 1 #- '{result}')
             FROM reply WHERE id = reply.in_reply_to""",
        reply=int(heard.reply["id"] if heard.reply else 0),
    )
    server.says()
    again = await send(me, "yes", conversation, key)
    assert again.text.startswith("Done:\n- deleted “A”")
    assert server.asked == []
    assert await titles(stack, me) == []


async def test_a_turn_that_somebody_else_took_over_puts_nothing_down(stack: Stack, user: Client) -> None:
    from domain.actors import Actor  # noqa: PLC0415 - for this test alone
    from domain.errors import Conflict  # noqa: PLC0415

    actor = Actor(user.user_id, "UTC")
    async with stack.sessions.begin() as session:
        turn = await conversations.begin(session, actor, conversation_id=None, text="x", key=None)
    assert isinstance(turn, conversations.Turn)
    await stack.execute(
        "UPDATE conversations SET turn_token = gen_random_uuid() WHERE id = :id", id=turn.conversation_id
    )
    for attempt in (
        lambda session: conversations.hold(session, turn),
        lambda session: conversations.note(session, turn, []),
        lambda session: conversations.finish(session, actor, turn, text="y", calls=[]),
    ):
        with pytest.raises(Conflict):
            async with stack.sessions.begin() as session:
                await attempt(session)
    assert await messages(stack, user) == [("user", "x")]


async def test_who_waits_for_a_turn_gets_the_reply_that_was_put_down_meanwhile(stack: Stack, user: Client) -> None:
    """The reply is looked for once the conversation is locked: else the message would be answered twice."""
    from domain.actors import Actor  # noqa: PLC0415 - for this test alone

    actor, key = Actor(user.user_id, "UTC"), uuid4()

    async def begin() -> Any:
        async with stack.sessions.begin() as session:
            return await conversations.begin(session, actor, conversation_id=None, text="x", key=key)

    async def is_waiting() -> Any:
        return await stack.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

    turn = await begin()
    async with stack.sessions.begin() as session:
        reply = await conversations.finish(session, actor, turn, text="y", calls=[])
        waiting = asyncio.create_task(begin())
        await eventually(is_waiting, what="the second one waits for the first")
    found = await waiting
    assert isinstance(found, type(reply))
    assert found.id == reply.id


async def test_a_long_turn_is_held(
    stack: Stack, server: ChatServer, me: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = timedelta(seconds=0.6)
    monkeypatch.setattr("domain.conversations.LEASE", short)
    monkeypatch.setattr("api.chat.LEASE", short)
    server.is_open.clear()
    server.says(Hangs("Well"))
    waiting = asyncio.create_task(stream(me, "tell me"))
    await server.is_open.wait()
    began = await stack.value("SELECT turn_until FROM conversations WHERE user_id = :u", u=me.user_id)
    held = "SELECT turn_until > :began AND turn_until > now() FROM conversations WHERE user_id = :u"
    await eventually(lambda: stack.value(held, u=me.user_id, began=began + short), what="the turn is held on")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_who_leaves_ends_the_models_call_and_what_was_said_is_put_down(
    stack: Stack, server: ChatServer, me: Client
) -> None:
    server.says(calls(("add_task", {"title": "Milk"}), text="Adding."), Hangs("Milk is on your"))
    heard: list[str] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20):
            async for name, data in events(me, "add milk"):
                heard.append(name if name != "delta" else data["text"])
                if data.get("text") == " your":
                    break

    async def stored() -> Any:
        return len(await messages(stack, me)) == 2 and server.left == 1

    await eventually(stored, what="the model's caller is gone and the rest is put down")
    [_, (_, text)] = await messages(stack, me)
    assert (
        text
        == "Adding.\n\nMilk is on your\n\n[The answer broke off here.]\n\nDone:\n- added “Milk” ("
        + text[-2 - len(text.rsplit("(", 1)[1]) + 2 :]
    )
    assert "tool" in heard
    assert await stack.value("SELECT turn_until IS NULL FROM conversations WHERE user_id = :u", u=me.user_id)


async def test_a_stream_that_is_cut_in_the_middle_keeps_what_was_said(server: ChatServer, me: Client) -> None:
    server.says(Cut("Here is what"))
    heard = await stream(me, "tell me")
    assert heard.codes == ["UNAVAILABLE"]
    assert heard.said.startswith("Here is")
    assert heard.text == f"{heard.said}\n\n[The answer broke off here.]"
    assert len(server.asked) == 1, "what has been said is not said again"


async def test_a_stream_that_is_cut_within_a_call_is_asked_for_again(
    stack: Stack, server: ChatServer, me: Client
) -> None:
    server.says(Cut(calls=(("add_task", {"title": "Half"}),)), ADD, says("Added."))
    heard = await stream(me, "add milk")
    assert (heard.text, heard.errors) == ("Added.", [])
    assert await titles(stack, me) == ["Milk"]


async def test_the_stream_tells_what_is_said_and_called_as_it_comes(server: ChatServer, me: Client) -> None:
    server.says(calls(("add_task", {"title": "Milk"}), text="One moment."), says("Milk is on the list."))
    told = [(name, data) async for name, data in events(me, "add milk")]
    names = [name for name, _ in told]
    assert names == ["delta", "delta", "tool", *["delta"] * 5, "done"]
    said = "".join(data["text"] for name, data in told if name == "delta")
    assert said == told[-1][1]["reply"]["text"] == "One moment.\n\nMilk is on the list."
    tool = told[2][1]
    assert (tool["name"], tool["arguments"], tool["result"]["status"]) == ("add_task", {"title": "Milk"}, "OPEN")
    assert told[-1][1]["reply"]["toolCalls"] == [tool]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": 7}, 400, "INVALID"),
        ({}, 400, "INVALID"),
        ({"text": "x", "model": "gpt"}, 400, "INVALID"),
        ({"text": "x", "idempotencyKey": "no"}, 400, "INVALID"),
        ({"text": "x", "conversationId": {}}, 400, "INVALID"),
        ([], 400, "BAD_REQUEST"),
    ],
)
async def test_a_body_that_is_none_is_refused(me: Client, body: Any, status: int, code: str) -> None:
    answer = await me.http.post("/chat", json=body, headers={"Authorization": f"Bearer {me.token}"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)


async def test_nobody_chats_without_a_token(gateway: Gateway) -> None:
    answer = await gateway.http.post("/chat", json={"text": "x"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert (await gateway.http.get("/chat")).status_code == 405


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("text", "code"), [("", "INVALID"), (" \n", "INVALID"), ("x" * 4001, "INVALID")])
async def test_a_message_has_1_to_4000_characters(
    stack: Stack, server: ChatServer, me: Client, door: str, text: str, code: str
) -> None:
    server.says()
    heard = await DOORS[door](me, text)
    assert (heard.codes, heard.reply, heard.errors[0]["path"][-1]) == ([code], None, "text")
    assert await messages(stack, me) == []


@pytest.mark.parametrize("door", DOORS)
async def test_a_strangers_conversation_is_not_there(
    stack: Stack, server: ChatServer, me: Client, user: Client, gateway: Gateway, door: str
) -> None:
    server.says(says("Yours."))
    conversation = (await send(me, "mine")).conversation
    stranger = gateway.client(await stack.user())
    heard = await DOORS[door](stranger, "hello", conversation)
    assert (heard.codes, heard.reply) == (["NOT_FOUND"], None)
    assert len(server.asked) == 1
    assert await messages(stack, stranger) == []
    assert len(await messages(stack, user)) == 2


@pytest.mark.parametrize("door", DOORS)
async def test_what_was_said_is_told_to_the_model_again(server: ChatServer, me: Client, door: str) -> None:
    server.says(ADD, says("Added."))
    conversation = (await send(me, "add milk")).conversation
    server.says(says("Milk."))
    await DOORS[door](me, "what did I add?", conversation)
    [asked] = server.asked
    assert asked.roles == "system user assistant tool assistant user"
    assert [message.get("content") for message in asked.messages[1:2]] == ["add milk"]
    assert asked.results()[0]["title"] == "Milk"


async def test_old_messages_that_do_not_fit_are_left_out(stack: Stack, server: ChatServer, user: Client) -> None:
    async with gateway_chatting(stack, server, chat_history_tokens=100) as small:
        me = small.client(user)
        conversation = None
        for number in range(6):
            server.says(says("b" * 60))
            conversation = (await send(me, f"{number}" + "a" * 60, conversation)).conversation
        [asked] = server.asked
        assert asked.roles == "system user assistant user assistant user"
        assert asked.messages[1]["content"][0] == "3"
        assert asked.messages[-1]["content"][0] == "5"


async def test_long_results_count_by_what_is_shown_of_them(stack: Stack, server: ChatServer, user: Client) -> None:
    """A list of tasks is long, and of an earlier turn only its beginning is shown: it pushes nothing else out."""
    for number in range(30):
        await user.create_task(title=f"{number}" + "x" * 190)
    async with gateway_chatting(stack, server, chat_history_tokens=3_000) as small:
        me, conversation = small.client(user), None
        for number in range(4):
            server.says(calls(("list_tasks", {"first": 30})), says("There they are."))
            conversation = (await send(me, f"list {number}", conversation)).conversation
        assert [m["content"] for m in server.asked[0].messages if m["role"] == "user"] == [
            "list 0", "list 1", "list 2", "list 3"
        ]  # fmt: skip
        assert len(orjson.dumps(server.asked[0].messages[1:])) < 3 * 3_000


async def test_settings_reach_the_model(stack: Stack, server: ChatServer, user: Client) -> None:
    async with gateway_chatting(stack, server, chat_model="llama", chat_temperature=0.2, chat_max_tokens=99) as other:
        server.says(says("Hi."))
        await send(other.client(user), "hello")
        body = server.asked[0].body
        assert (body["model"], body["temperature"], body["max_tokens"]) == ("llama", 0.2, 99)


async def test_the_rounds_of_tools_are_bounded(stack: Stack, server: ChatServer, user: Client) -> None:
    async with gateway_chatting(stack, server, chat_rounds=2) as short:
        server.says(*(calls(("list_tags", {})) for _ in range(9)))
        heard = await send(short.client(user), "go")
        assert heard.calls == ["list_tags"] * 2
        assert [asked.body["tool_choice"] for asked in server.asked] == ["auto", "auto", "none"]


@pytest.mark.parametrize("door", DOORS)
async def test_a_model_that_takes_too_long_is_given_up(
    stack: Stack, server: ChatServer, user: Client, door: str
) -> None:
    async with gateway_chatting(stack, server, chat_call_seconds=0.2, chat_retries=1) as quick:
        server.says(Hangs(), Hangs())
        heard = await DOORS[door](quick.client(user), "hello")
        assert (heard.codes, heard.reply) == (["UNAVAILABLE"], None)
        assert len(server.asked) == 2
        server.says(says("Back."))
        assert (await DOORS[door](quick.client(user), "hello", heard.conversation)).text == "Back."


@pytest.mark.parametrize("door", DOORS)
async def test_a_turn_that_takes_too_long_is_given_up_and_what_was_done_is_told(
    stack: Stack, server: ChatServer, user: Client, door: str
) -> None:
    async with gateway_chatting(stack, server, chat_seconds=1.5) as quick:
        server.says(ADD, Hangs())
        heard = await DOORS[door](quick.client(user), "add milk")
        assert heard.codes == ["UNAVAILABLE"]
        assert "added “Milk”" in heard.text
        assert await titles(stack, user) == ["Milk"]


async def test_a_message_may_take_longer_than_other_requests(stack: Stack, server: ChatServer, user: Client) -> None:
    async with gateway_chatting(stack, server, request_seconds=0.5, statement_timeout_ms=400) as strict:
        server.says(Fails(429, "1"), says("At last."))
        assert (await send(strict.client(user), "hello")).text == "At last."


@pytest.mark.parametrize("door", DOORS)
async def test_retry_after_is_waited_for(server: ChatServer, me: Client, door: str) -> None:
    server.says(Fails(429, "1"), says("Hello."))
    began = asyncio.get_running_loop().time()
    assert (await DOORS[door](me, "hi")).text == "Hello."
    assert asyncio.get_running_loop().time() - began >= 1


@pytest.mark.parametrize("door", DOORS)
async def test_twenty_messages_a_minute(stack: Stack, server: ChatServer, user: Client, door: str) -> None:
    async with gateway_chatting(stack, server, rate_chat="2/minute") as strict:
        me = strict.client(user)
        server.says(says("1"), says("2"), says("3"))
        key = str(uuid4())
        assert (await DOORS[door](me, "a", None, key)).text == "1"
        assert (await DOORS[door](me, "b")).text == "2"
        refused = await DOORS[door](me, "c")
        assert (refused.codes, refused.reply) == (["RATE_LIMITED"], None)
        assert (await DOORS[door](me, "a", None, key)).text == "1", "what was answered is no new message"
        assert len(await messages(stack, user)) == 4


def test_the_default_is_twenty_a_minute() -> None:
    from config.settings import Settings  # noqa: PLC0415 - for this test alone

    assert str(Settings.model_fields["rate_chat"].default) == "20 per 1 minute"


@pytest.mark.parametrize("door", DOORS)
async def test_no_connection_is_held_while_the_model_thinks(
    stack: Stack, server: ChatServer, me: Client, door: str
) -> None:
    server.is_open.clear()
    server.says(Hangs())
    waiting = asyncio.create_task(DOORS[door](me, "hello"))
    await server.is_open.wait()
    open_ = """SELECT count(*) FROM pg_stat_activity
                WHERE application_name = 'one gateway' AND state LIKE 'idle in transaction%'"""
    assert await stack.value(open_) == 0
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_any_gateway_answers_the_next_message(stack: Stack, server: ChatServer, me: Client, user: Client) -> None:
    """Nothing is kept in a process: a list that one has asked about is run by another, which knows what was said."""
    async with gateway_chatting(stack, server) as other:
        ids = [(await user.create_task(title=title))["id"] for title in ("A", "B")]
        server.says(calls(*(("delete_task", {"id": each}) for each in ids)), says("Shall I?"))
        conversation = (await send(me, "delete both")).conversation
        assert (await send(other.client(user), "yes", conversation)).text.startswith("Done:")
        assert await titles(stack, me) == []
        server.says(says("A and B."))
        await send(other.client(user), "what was that?", conversation)
        assert [m["content"] for m in server.asked[0].messages if m["role"] == "user"] == [
            "delete both", "yes", "what was that?"
        ]  # fmt: skip


async def test_a_question_is_forgotten_after_its_time(
    stack: Stack, server: ChatServer, me: Client, user: Client
) -> None:
    ids = [(await user.create_task(title=title))["id"] for title in ("A", "B")]
    server.says(calls(*(("delete_task", {"id": each}) for each in ids)), says("Shall I?"))
    conversation = (await send(me, "delete both")).conversation
    await stack.execute(
        "UPDATE working_state SET expires_at = now() WHERE key = :key", key=f"{me.user_id}/{conversation}/awaiting"
    )
    server.says(says("To what?"))
    assert (await send(me, "yes", conversation)).text == "To what?"
    assert await titles(stack, me) == ["A", "B"]


async def test_without_working_state_nothing_can_be_asked_and_nothing_is_done(
    stack: Stack, server: ChatServer, user: Client
) -> None:
    async with gateway_chatting(stack, server, state_store="nowhere", dapr_grpc_port=9) as alone:
        ids = [(await user.create_task(title=title))["id"] for title in ("A", "B")]
        server.says(calls(*(("delete_task", {"id": each}) for each in ids)), says("Shall I?"))
        heard = await send(alone.client(user), "delete both")
        assert "I cannot ask you now" in heard.text
        assert await titles(stack, user) == ["A", "B"]


def prompted(at: datetime, name: str) -> str:
    return system_prompt(at, zone(name), [])


def test_the_prompt_says_day_time_and_offsets_of_the_users_zone() -> None:
    prompt = prompted(datetime(2027, 3, 27, 22, 30, tzinfo=UTC), "Europe/Berlin")
    assert "It is Saturday, 2027-03-27 23:30 there, UTC+01:00." in prompt
    assert "Sat 2027-03-27 +01:00 (today)\nSun 2027-03-28 +02:00 (tomorrow)\nMon 2027-03-29 +02:00\n" in prompt
    prompt = prompted(datetime(2027, 3, 27, 22, 30, tzinfo=UTC), "Pacific/Apia")
    assert "It is Sunday, 2027-03-28 11:30 there, UTC+13:00." in prompt
    prompt = prompted(datetime(2027, 11, 6, 16, 0, tzinfo=UTC), "America/New_York")
    assert "Sat 2027-11-06 -04:00 (today)\nSun 2027-11-07 -05:00 (tomorrow)\n" in prompt


def test_what_awaits_a_yes_is_in_the_prompt_as_json() -> None:
    awaiting = [{"name": "delete_task", "arguments": {"id": "1"}, "title": 'A"\nB'}]
    prompt = system_prompt(datetime(2027, 1, 1, tzinfo=UTC), zone("UTC"), awaiting)
    assert orjson.dumps(awaiting).decode() in prompt


async def test_the_model_is_asked_in_the_users_zone(stack: Stack, server: ChatServer, gateway: Gateway) -> None:
    server.says(says("Hi."), Says(""))
    await send(gateway.client(await stack.user("Asia/Kolkata")), "hello")
    assert "The user's time zone is Asia/Kolkata." in server.asked[0].system
    assert "UTC+05:30." in server.asked[0].system
