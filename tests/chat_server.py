"""A server that speaks the Chat Completions wire format over HTTP, whole and streamed, and says what a test wrote.

It keeps every request, and refuses (400) one that a real server would refuse: a tool's result without its call, a call
without its result, arguments that are no JSON object, a system message that is not the first.
"""

import asyncio
import contextlib
import itertools
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ids = itertools.count(1)

Body = dict[str, Any]


@dataclass(frozen=True)
class Says:
    """An answer: text, calls as (name, arguments), or both. Arguments that are text are sent as they are."""

    text: str | None = None
    calls: tuple[tuple[str, Any], ...] = ()
    finish: str = ""
    ids: tuple[str, ...] = ()

    def call_ids(self) -> list[str]:
        return [*self.ids, *(f"call_{next(_ids)}" for _ in self.calls[len(self.ids) :])]


@dataclass(frozen=True)
class Fails:
    """A status that is no success."""

    status: int
    retry_after: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class Sends:
    """A body as it is, with status 200."""

    content: bytes
    media_type: str = "application/json"


@dataclass(frozen=True)
class Cut:
    """Says so much and then the connection is gone; with `calls`, in the middle of the last one's arguments."""

    text: str | None = None
    calls: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Hangs:
    """Says so much (streamed) and then nothing more."""

    text: str | None = None


Step = Says | Fails | Sends | Cut | Hangs
# A step may depend on what is asked.
Script = Step | Callable[[Body], Step]


def says(text: str) -> Says:
    return Says(text)


def calls(*made: tuple[str, Any], text: str | None = None) -> Says:
    return Says(text, made)


@dataclass
class Asked:
    """A request: its headers (lower case) and its body."""

    headers: dict[str, str]
    body: Body

    @property
    def messages(self) -> list[Body]:
        found: list[Body] = self.body["messages"]
        return found

    @property
    def system(self) -> str:
        return str(self.messages[0]["content"])

    @property
    def roles(self) -> str:
        return " ".join(message["role"] for message in self.messages)

    def results(self) -> list[Any]:
        """What the tools gave."""
        return [orjson.loads(message["content"]) for message in self.messages if message["role"] == "tool"]

    def tool_names(self) -> list[str]:
        return [tool["function"]["name"] for tool in self.body["tools"]]


@dataclass
class ChatServer:
    """`script` is answered with step by step; without any step left, with 500."""

    url: str
    script: deque[Script] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    # Callers that went away before their answer was over.
    left: int = 0
    is_open: asyncio.Event = field(default_factory=asyncio.Event)

    def says(self, *steps: Script) -> None:
        self.script.clear()
        self.script.extend(steps)
        self.asked.clear()
        self.refused.clear()
        self.left = 0


@contextlib.asynccontextmanager
async def running_chat_server() -> AsyncIterator[ChatServer]:
    made = ChatServer("")
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_serve(made, reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield made
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _serve(server: ChatServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request on one connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = orjson.loads(await reader.readexactly(int(headers["content-length"])))
        assert head[0].startswith("POST /v1/chat/completions "), head[0]
        asked = Asked(headers, body)
        server.asked.append(asked)
        wrong = wrong_with(body)
        if wrong is not None:
            server.refused.append(wrong)
            _head(writer, 400)
            writer.write(orjson.dumps({"error": {"message": wrong}}))
        else:
            step = server.script.popleft() if server.script else Fails(500)
            await _answer(server, reader, writer, step(body) if callable(step) else step, asked)
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        server.left += 1
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _answer(  # noqa: C901 - one step of a script after the other
    server: ChatServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, step: Step, asked: Asked
) -> None:
    streamed = bool(asked.body.get("stream"))
    match step:
        case Fails():
            more = [f"Retry-After: {step.retry_after}"] if step.retry_after is not None else []
            _head(writer, step.status, *more)
            writer.write(orjson.dumps({"error": {"message": f"status {step.status}", "code": step.code}}))
        case Sends():
            _head(writer, 200, media_type=step.media_type)
            writer.write(step.content)
        case Says() if streamed:
            _head(writer, 200, media_type="text/event-stream")
            for chunk in _chunks(step):
                writer.write(b"data: " + orjson.dumps(chunk) + b"\n\n")
                await writer.drain()
            writer.write(b"data: [DONE]\n\n")
        case Says():
            _head(writer, 200)
            writer.write(orjson.dumps(_completion(step)))
        case Cut():
            _head(writer, 200, "Transfer-Encoding: chunked", media_type="text/event-stream")
            pieces = list(_chunks(Says(step.text, step.calls)))[: -2 if step.calls else -1]
            for chunk in pieces:
                line = b"data: " + orjson.dumps(chunk) + b"\n\n"
                writer.write(b"%x\r\n%s\r\n" % (len(line), line))
            await writer.drain()
        case Hangs():
            if streamed:
                _head(writer, 200, media_type="text/event-stream")
                for chunk in list(_chunks(Says(step.text)))[:-1]:
                    writer.write(b"data: " + orjson.dumps(chunk) + b"\n\n")
                await writer.drain()
            server.is_open.set()
            # The caller has nothing more to say: what is read is that it is gone.
            await reader.read(1)
            server.left += 1


def _head(writer: asyncio.StreamWriter, status: int, *more: str, media_type: str = "application/json") -> None:
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {media_type}", "Connection: close", *more, "", ""]
    writer.write("\r\n".join(lines).encode())


def _written(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()


def _completion(step: Says) -> Body:
    message: Body = {"role": "assistant", "content": step.text}
    if step.calls:
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": _written(arguments)}}
            for call_id, (name, arguments) in zip(step.call_ids(), step.calls, strict=True)
        ]
    finish = step.finish or ("tool_calls" if step.calls else "stop")
    return {
        "id": f"chatcmpl-{next(_ids)}",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def _chunks(step: Says) -> Iterator[Body]:
    """The answer in pieces, as a server streams it: text by words, the arguments of calls in two parts."""
    number = next(_ids)

    def chunk(delta: Body, finish: str | None = None) -> Body:
        return {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "scripted",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}],
        }

    yield chunk({"role": "assistant", "content": ""})
    for word in re.findall(r"\s*\S+\s*$|\s*\S+", step.text or ""):
        yield chunk({"content": word})
    for place, (call_id, (name, arguments)) in enumerate(zip(step.call_ids(), step.calls, strict=True)):
        text = _written(arguments)
        first, rest = text[: len(text) // 2], text[len(text) // 2 :]
        made = {"index": place, "id": call_id, "type": "function", "function": {"name": name, "arguments": first}}
        yield chunk({"tool_calls": [made]})
        yield chunk({"tool_calls": [{"index": place, "function": {"arguments": rest}}]})
    yield chunk({}, step.finish or ("tool_calls" if step.calls else "stop"))


def wrong_with(body: Body) -> str | None:  # noqa: C901, PLR0911 - one rule of the API after the other
    """Why a real server would refuse this request."""
    messages = body.get("messages") or []
    if not messages or messages[0]["role"] != "system" or any(m["role"] == "system" for m in messages[1:]):
        return "one system message, the first"
    waiting: list[str] = []
    for message in messages[1:]:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return "a result without its call"
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            return "a call without its result"
        for call in message.get("tool_calls") or ():
            if not _NAME.fullmatch(call["function"]["name"]):
                return "no name of a function"
            if not isinstance(_parsed(call["function"]["arguments"]), dict):
                return "arguments that are no object"
            if call["id"] in waiting:
                return "two calls with one id"
            waiting.append(call["id"])
        if not message.get("content") and not message.get("tool_calls"):
            return "a message that says nothing"
    if waiting:
        return "a call without its result"
    known = all(
        tool["type"] == "function" and tool["function"]["parameters"]["type"] == "object" for tool in body["tools"]
    )
    return None if known else "no tool"


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
