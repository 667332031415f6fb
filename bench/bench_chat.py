"""What a turn of the chat costs beside the model, after 1,000 messages: python -m bench.bench_chat [--check] [--help]

The model is the scripted server of the tests, which answers at once. Measured is the whole turn as its caller sees it,
over HTTP, through both doors: authentication, history, prompt, the calls of the model over HTTP, tools, and what is put
down. So the figures hold what the scripted server and the caller cost, too. Turns come one after the other.
"""

import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Annotated, Any

import asyncpg
import httpx
import orjson
import typer
import uvloop

from bench import seed
from bench.bench_lists import Gateway, filled_database, gateway, machine
from bench.bench_reminders import BenchError, Report, say
from cli import embedded
from db.engine import libpq_url

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from chat_server import ChatServer, Script, calls, running_chat_server, says

P95_MS, MESSAGES = 50.0, 1_000
WARM_UP = 10
_SETTINGS = {"OPENAI_API_KEY": "none is needed here", "TICKLER_RATE_CHAT": "1000000/second"}
_TEXT = "The report is written, the garden has been watered, and the rest can wait for the next week."
# What the model answers: text alone; a call that changes something, and one that reads, each followed by text.
TURNS: dict[str, tuple[Script, ...]] = {
    "no tool": (says(_TEXT),),
    "add_task": (calls(("add_task", {"title": "Write", "dueDate": "2027-01-15T17:00:00+01:00"})), says(_TEXT)),
    "list_tasks": (calls(("list_tasks", {"first": 20})), says(_TEXT)),
}
_CONVERSATION = "INSERT INTO conversations (user_id, title) VALUES ($1, 'Bench') RETURNING id"
# Questions and replies by turns; every fourth reply was given with a call.
_MESSAGES = """
INSERT INTO messages (conversation_id, user_id, role, content, tool_calls, created_at)
SELECT $1, $2, CASE WHEN number % 2 = 1 THEN 'user' ELSE 'assistant' END,
       left(repeat(md5(number::text) || ' ', 8), 120),
       CASE WHEN number % 8 = 0 THEN $4::jsonb ELSE '[]' END, now() - ($3 - number) * interval '1 minute'
  FROM generate_series(1, $3::int) AS number
"""
_CALL = {
    "round": 0, "id": "call_1", "name": "search_tasks", "arguments": {"search": "report"},
    "key": "6f3c0a55-2f0c-5d0e-9a41-6d0f3f1f6b0a", "result": {"tasks": [{"task_id": "7", "title": "Write report"}]},
}  # fmt: skip
_SEND = """mutation($input: SendChatMessageInput!) {
    sendChatMessage(input: $input) { reply { text toolCalls { name result } } errors { code message } } }"""


@dataclass(frozen=True)
class Talker:
    """A user in a conversation of many messages, and the model that answers it."""

    http: httpx.AsyncClient
    server: ChatServer
    gateway: Gateway
    conversation: str

    async def send(self) -> dict[str, Any]:
        """By sendChatMessage; the reply."""
        given = {"input": {"text": "What is left to do?", "conversationId": self.conversation}}
        answer = await self._post("/graphql", {"query": _SEND, "variables": given})
        payload = orjson.loads(answer)["data"]["sendChatMessage"]
        if payload["errors"]:
            raise BenchError(str(payload["errors"]))
        reply: dict[str, Any] = payload["reply"]
        return reply

    async def stream(self) -> dict[str, Any]:
        """By POST /chat, read to its end; the reply."""
        answer = await self._post("/chat", {"text": "What is left to do?", "conversationId": self.conversation})
        last = answer.strip().rsplit(b"\n\n", 1)[-1]
        if not last.startswith(b"event: done\n"):
            raise BenchError(last.decode())
        reply: dict[str, Any] = orjson.loads(last.partition(b"data: ")[2])["reply"]
        return reply

    async def _post(self, path: str, body: dict[str, Any]) -> bytes:
        response = await self.http.post(path, json=body, headers={"Authorization": f"Bearer {self.gateway.tokens[0]}"})
        if response.status_code != httpx.codes.OK:
            raise BenchError(f"{path} answered {response.status_code}: {response.text[:500]}")
        return response.content


async def turns(talker: Talker, door: Callable[[], Awaitable[dict[str, Any]]], name: str, count: int) -> list[float]:
    """The milliseconds of each turn. Raises BenchError for one that was not as scripted."""
    taken, called = [], [] if name == "no tool" else [name]
    for number in range(WARM_UP + count):
        talker.server.says(*TURNS[name])
        begin = time.perf_counter()
        reply = await door()
        if number >= WARM_UP:
            taken.append((time.perf_counter() - begin) * 1000)
        results = [call["result"] for call in reply["toolCalls"]]
        names = [call["name"] for call in reply["toolCalls"]]
        if (names, reply["text"]) != (called, _TEXT) or "errors" in str(results):
            raise BenchError(f"{name}: {reply}")
    return taken


async def measure(talker: Talker, count: int, report: Report) -> None:
    for door, ask in (("sendChatMessage", talker.send), ("POST /chat", talker.stream)):
        for name in TURNS:
            say(f"{door}, {name}")
            busy = talker.gateway.busy()
            cuts = quantiles(await turns(talker, ask, name, count), n=100)
            busy = (talker.gateway.busy() - busy) / (WARM_UP + count) * 1000
            shown = f"p50 {cuts[49]:.1f}, p95 {cuts[94]:.1f}, p99 {cuts[98]:.1f} ms; {busy:.1f} ms of CPU"
            report.add(f"{door}, {name}", shown, f"p95 < {P95_MS:g} ms", holds=cuts[94] < P95_MS)
    sent = len(orjson.dumps(talker.server.asked[-1].body))
    report.add("the last request to the model", f"{len(talker.server.asked[-1].messages)} messages, {sent:,} bytes")


async def conversation_of(database_url: str, user: int) -> str:
    connection = await asyncpg.connect(libpq_url(database_url))
    try:
        number = await connection.fetchval(_CONVERSATION, user)
        await connection.execute(_MESSAGES, number, user, MESSAGES, orjson.dumps([_CALL]).decode())
        await connection.execute("VACUUM ANALYZE messages")
        return str(number)
    finally:
        await connection.close()


async def run(folder: Path, brokers: str, count: int, report: Report) -> str:
    """Adds the figures to the report; the version of PostgreSQL."""
    size = seed.Size(users=20, tasks=1_000, most=1_000)
    async with filled_database(folder, size) as (url, version), running_chat_server() as server:
        settings = {**_SETTINGS, "OPENAI_BASE_URL": server.url}
        async with gateway(url, brokers, size.users, settings=settings) as running, _client(running) as http:
            talker = Talker(http, server, running, await conversation_of(url, 1))
            await measure(talker, count, report)
        return version


def _client(running: Gateway) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.ports[0]}", timeout=30)


def main(
    count: Annotated[int, typer.Option("--turns", min=20, help="Turns of each kind.")] = 200,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a target is missed.")] = False,
) -> None:
    """Measure what a turn costs. Exit codes: 0 measured, 1 a target is missed (--check), 3 it did not run."""
    report = Report()
    try:
        with tempfile.TemporaryDirectory(prefix="tickler-bench-") as name, embedded.kafka() as brokers:
            # The embedded PostgreSQL runs as another user when started by root, and has to get in.
            Path(name).chmod(0o755)
            version = uvloop.run(run(Path(name), brokers, count, report))
    except (BenchError, embedded.EmbeddedError, httpx.HTTPError, TimeoutError) as error:
        say(f"bench: {str(error) or type(error).__name__}")
        raise typer.Exit(3) from None
    print(f"{machine(version)}; {MESSAGES:,} messages before, load average {os.getloadavg()[0]:.1f}\n")
    report.show()
    raise typer.Exit(0 if report.fine or not check else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
