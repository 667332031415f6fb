"""The chat as its callers reach it: sendChatMessage, and POST /chat with its events; and its gateways."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from chat_server import ChatServer
from gateway import Gateway, running_gateway
from support import Client, Stack

KEY = "sk-of-the-tests-0123456789"
REPLY = "reply { id role text toolCalls { name arguments result } createdAt } conversation { id title }"


@dataclass
class Heard:
    """What became of a message, whichever door it went through."""

    conversation: str | None
    reply: dict[str, Any] | None
    errors: list[dict[str, Any]]
    said: str = ""
    tools: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        assert self.reply is not None, self.errors
        return str(self.reply["text"])

    @property
    def calls(self) -> list[str]:
        assert self.reply is not None, self.errors
        return [call["name"] for call in self.reply["toolCalls"]]

    @property
    def results(self) -> list[Any]:
        assert self.reply is not None, self.errors
        return [call["result"] for call in self.reply["toolCalls"]]

    @property
    def codes(self) -> list[str]:
        return [error["code"] for error in self.errors]


async def send(client: Client, text: str, conversation: str | None = None, key: str | None = None) -> Heard:
    """By sendChatMessage."""
    payload = await client.mutate("sendChatMessage", REPLY, text=text, conversationId=conversation, idempotencyKey=key)
    shown = payload["conversation"]
    return Heard(shown["id"] if shown else None, payload["reply"], payload["errors"])


async def stream(client: Client, text: str, conversation: str | None = None, key: str | None = None) -> Heard:
    """By POST /chat."""
    heard = Heard(None, None, [])
    async for name, data in events(client, text, conversation, key):
        match name:
            case "delta":
                heard.said += data["text"]
            case "tool":
                heard.tools.append(data)
            case _:
                heard.conversation, heard.reply = data.get("conversationId"), data.get("reply")
                heard.errors = [data] if name == "error" else []
    return heard


async def events(
    client: Client, text: str, conversation: str | None = None, key: str | None = None
) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    body = {"text": text, "conversationId": conversation, "idempotencyKey": key}
    given = {"Authorization": f"Bearer {client.token}"}
    async with client.http.stream("POST", "/chat", json=body, headers=given) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        name = ""
        async for line in response.aiter_lines():
            kind, _, value = line.partition(": ")
            if kind == "event":
                name = value
            elif kind == "data":
                yield name, orjson.loads(value)


DOORS = {"sendChatMessage": send, "POST /chat": stream}


@contextlib.asynccontextmanager
async def chatting(stack: Stack, server: ChatServer | None, **settings: Any) -> AsyncIterator[Gateway]:
    """A gateway whose model is the scripted server; without one, it has no key."""
    given: dict[str, Any] = {"openai_api_key": None}
    if server is not None:
        given = {"openai_api_key": KEY, "openai_base_url": server.url, "chat_model": "scripted"}
    async with running_gateway(stack, **{**given, **settings}) as gateway:
        yield gateway
