"""A gateway alone with settings of its own, over real HTTP, on a stack's database; and requests no client writes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from support import Client, Stack, stack_settings

from api.app import create_app
from cli.serving import listen, serve
from db.engine import make_engine, make_sessions


@dataclass
class Gateway:
    base_url: str
    port: int
    http: httpx.AsyncClient

    def client(self, like: Client | None = None) -> Client:
        """Nobody, or a user of the stack: sessions are good at every gateway with the same secret."""
        if like is None:
            return Client(self.http)
        return Client(self.http, token=like.token, user_id=like.user_id, email=like.email)

    async def raw(self, request: bytes) -> tuple[int, bytes]:
        """The status and body of an answer to these very bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            await writer.drain()
            async with asyncio.timeout(10):
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(v) for n, v in _headers(head) if n.lower() == b"content-length"),
                    0,
                )
                return int(head.split(b" ", 2)[1]), await reader.readexactly(length)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def running_gateway(
    stack: Stack, *, longest_statement_ms: int | None = None, **settings: Any
) -> AsyncIterator[Gateway]:
    """`database_url` among the settings is for one that is not there."""
    database_url = settings.pop("database_url", stack.settings.database_url)
    chosen = stack_settings(database_url, stack.settings.kafka_brokers, **settings)
    milliseconds = longest_statement_ms or chosen.statement_timeout_ms
    engine = make_engine(chosen.database_url, application_name="one gateway", statement_timeout_ms=milliseconds)
    app = create_app(
        chosen, make_sessions(engine), checks={}, graphiql_bundle=lambda: None, web_export=lambda: chosen.web
    )
    bound = listen("127.0.0.1", 0)
    port = bound.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    serving = asyncio.create_task(serve(app, bound))
    try:
        async with httpx.AsyncClient(base_url=url, timeout=20) as http:
            yield Gateway(url, port, http)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        bound.close()
        await engine.dispose()


def code_of(response: httpx.Response) -> str:
    """The code of the one error of an answer without data."""
    body = orjson.loads(response.content)
    assert "data" not in body, body
    [error] = body["errors"]
    code: str = error["extensions"]["code"]
    return code


def _headers(head: bytes) -> list[tuple[bytes, bytes]]:
    return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])]
