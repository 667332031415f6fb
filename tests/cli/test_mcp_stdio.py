"""`tickler mcp` as a client's subprocess, over real stdin and stdout, before a real gateway."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mcp import Client as McpClient
from mcp import StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_calls import Era, called
from support import Client, Stack


def parameters(url: str, token: str) -> StdioServerParameters:
    environment = {**os.environ, "TICKLER_URL": url, "TICKLER_TOKEN": token}
    return StdioServerParameters(command=sys.executable, args=["-m", "cli.main", "mcp"], env=environment)


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_client_works_over_stdio_as_over_http(stack: Stack, user: Client, era: Era) -> None:
    async with McpClient(parameters(stack.base_url, user.token), mode=era) as client:
        assert len((await client.list_tools()).tools) == 14
        task = await called(client, "add_task", title="Ünïcode ✓")
        assert (await client.read_resource(f"tickler://tasks/{task['task_id']}")).contents
        assert (await client.get_prompt("plan_my_day")).messages
        with pytest.raises(MCPError, match="no such resource"):
            await client.read_resource("tickler://tasks/0")
    assert (await user.call("{ tasks { nodes { title } } }"))["tasks"]["nodes"] == [{"title": "Ünïcode ✓"}]


@contextlib.asynccontextmanager
async def started(url: str, token: str) -> AsyncIterator[asyncio.subprocess.Process]:
    given = parameters(url, token)
    process = await asyncio.create_subprocess_exec(
        given.command, *given.args, env=given.env, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def asked(process: asyncio.subprocess.Process, line: bytes) -> dict[str, Any]:
    assert process.stdin
    assert process.stdout
    process.stdin.write(line + b"\n")
    answer: dict[str, Any] = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    return answer


ADD = b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"add_task","arguments":{"title":"Once"}}}'


async def test_what_cannot_be_answered_is_told_under_the_requests_id(stack: Stack) -> None:
    async with started(stack.base_url, "tk_nonsense") as process:
        assert (await asked(process, b"nonsense"))["error"]["code"] == -32700
        refused = await asked(process, ADD)
        assert refused["id"] == 9
        assert "TICKLER_TOKEN" in refused["error"]["message"]
    async with started("http://127.0.0.1:1", "tk_nonsense") as process:
        unreachable = await asked(process, ADD)
        assert unreachable["id"] == 9
        assert "TICKLER_URL" in unreachable["error"]["message"]


@contextlib.asynccontextmanager
async def cutting_off_the_first_answer(stack: Stack) -> AsyncIterator[tuple[str, list[asyncio.Task[None]]]]:
    """The URL of a proxy before the gateway, and the connections it has had: the first is closed on its way back."""
    served: list[asyncio.Task[None]] = []

    async def forward(source: asyncio.StreamReader, into: asyncio.StreamWriter, *, cut: bool = False) -> None:
        while (data := await source.read(65536)) and not cut:
            into.write(data)
        into.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cut = not served
        task = asyncio.current_task()
        assert task
        served.append(task)
        above = await asyncio.open_connection("127.0.0.1", int(stack.base_url.rpartition(":")[2]))
        await asyncio.gather(forward(reader, above[1]), forward(above[0], writer, cut=cut))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", served
    for task in served:
        task.cancel()
    await asyncio.gather(*served, return_exceptions=True)


async def test_a_request_whose_answer_was_lost_is_sent_again_and_acts_once(stack: Stack, user: Client) -> None:
    """The task is there, and the client has not heard of it."""
    async with cutting_off_the_first_answer(stack) as (url, served):
        async with started(url, user.token) as process:
            answer = await asked(process, ADD)
        assert answer["result"]["structuredContent"]["title"] == "Once"
        assert len(served) > 1
    assert await stack.value("SELECT count(*) FROM tasks WHERE user_id = :id", id=user.user_id) == 1


async def test_without_a_token_it_says_what_to_set(stack: Stack) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TICKLER_TOKEN"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", "mcp", env={**environment, "TICKLER_URL": stack.base_url},
        stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    _, said = await process.communicate()
    assert process.returncode == 3
    assert b"TICKLER_TOKEN" in said
