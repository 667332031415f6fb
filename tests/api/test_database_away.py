"""What callers are told while PostgreSQL is stopped, through every door, and that all goes on once it is back."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from chat_doors import KEY, events, send
from chat_server import Body, Says, calls, running_chat_server, says
from mcp_calls import rpc
from support import Client, Stack, running_stack

from cli import real_postgres
from cli.real_stack import free_port
from db import migrate

TOLD = "The database cannot be reached now; try again in a moment."


@dataclass
class Server:
    """A PostgreSQL of its own, which a test stops and starts."""

    folder: Path
    port: int
    running: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def url(self) -> str:
        return real_postgres.url(self.port, "away")

    def start(self) -> None:
        self.running.enter_context(real_postgres.postgres(self.folder, self.port))

    def stop(self) -> None:
        self.running.close()


@pytest.fixture
def server() -> Iterator[Server]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tickler-away-") as name:
        # PostgreSQL runs as another user when started by root, and has to get in.
        Path(name).chmod(0o755)
        made = Server(Path(name) / "postgres", port)
        made.start()
        try:
            yield made
        finally:
            made.stop()


@contextlib.asynccontextmanager
async def gateway(server: Server, **settings: Any) -> AsyncIterator[Stack]:
    await migrate.create_database(server.url)
    await migrate.upgrade(server.url)
    async with running_stack(server.url, names=(), **settings) as stack:
        yield stack


async def with_api_token(user: Client) -> Client:
    made = await user.mutate("createApiToken", "token", name="Away")
    return Client(user.http, token=made["token"], user_id=user.user_id)


def check_told(response: httpx.Response, error: dict[str, Any]) -> None:
    assert response.status_code == 503, response.text
    assert response.headers["retry-after"] == "5"
    assert error["message"] == TOLD
    assert "127.0.0.1" not in response.text


async def test_while_the_database_is_away_every_door_says_unavailable(server: Server) -> None:
    async with gateway(server, openai_api_key="sk-none") as stack:
        user = await stack.user()
        clients = [user, await with_api_token(user)]
        server.stop()
        for client in clients:
            for accept in ("application/json", "application/graphql-response+json"):
                response = await client.post("{ viewer { id } }", Accept=accept)
                [error] = response.json()["errors"]
                check_told(response, error)
                assert error["extensions"]["code"] == "UNAVAILABLE"
                assert response.headers["content-type"].startswith(accept)
            response = await client.http.post(
                "/chat", json={"text": "x"}, headers={"Authorization": f"Bearer {client.token}"}
            )
            [error] = response.json()["errors"]
            check_told(response, error)
            assert error["extensions"]["code"] == "UNAVAILABLE"
            for method, params in (("tools/list", {}), ("tools/call", {"name": "list_tasks", "arguments": {}})):
                response = await rpc(client, method, params)
                error = response.json()["error"]
                check_told(response, error)
                assert (error["code"], error["data"]) == (-32603, {"code": "UNAVAILABLE"})
        # Nobody asks who this is: what fails is the operation itself.
        sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { token errors { code } } }"
        response = await stack.anonymous().post(sign_in, {"input": {"email": user.email, "password": "x" * 12}})
        [error] = response.json()["errors"]
        check_told(response, error)
        assert (error["extensions"]["code"], error["path"], response.json()["data"]) == (
            "UNAVAILABLE", ["signIn"], None
        )  # fmt: skip
        assert (await stack.anonymous().post("{ __typename }")).status_code == 200


async def test_once_the_database_is_back_nothing_fails(server: Server) -> None:
    """The connections in the pool are those of the server that was stopped."""
    async with gateway(server) as stack:
        user = await stack.user()
        page = "{ tasks(first: 5) { nodes { id } } tags { id } }"
        assert {(await each).status_code for each in [user.post(page) for _ in range(2)]} == {200}
        await asyncio.gather(*(user.post(page) for _ in range(30)))
        server.stop()
        server.start()
        answers = [await user.post(page) for _ in range(30)]
        assert [answer.status_code for answer in answers] == [200] * 30
        assert (await user.create_task())["id"]


async def test_a_turn_of_the_chat_goes_on_once_the_database_is_back(server: Server) -> None:
    async with running_chat_server() as model, gateway(
        server, openai_api_key=KEY, openai_base_url=model.url, chat_model="scripted"
    ) as stack:  # fmt: skip
        user, key = await stack.user(), str(uuid4())
        # Stopping a server holds up this process's loop, on a busy machine for long.
        user.http.timeout = httpx.Timeout(60)

        def stopping(_body: Body) -> Says:
            server.stop()
            return says("Added.")

        model.says(calls(("add_task", {"title": "Milk"})), stopping)
        told = [event async for event in events(user, "add milk", None, key)]
        assert [name for name, _ in told] == ["tool", "delta", "error"]
        assert told[-1][1] == {"code": "UNAVAILABLE", "message": TOLD, "path": []}
        server.start()
        model.says(says("It is added."))
        # After its lease; the call that has run is not run again.
        heard = await send(user, "add milk", None, key)
        assert (heard.text, heard.calls) == ("It is added.", ["add_task"])
        assert await stack.value("SELECT count(*) FROM tasks") == 1
