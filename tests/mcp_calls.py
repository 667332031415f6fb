"""The SDK's client of /mcp for tests, and plain JSON-RPC requests that no client would send."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Literal

import httpx
import httpx2
from mcp import Client as McpClient
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult
from support import Client

# Both of the protocol's eras: with the initialize handshake, and one self-contained request at a time.
Era = Literal["legacy", "2026-07-28"]
HEADERS = {"Accept": "application/json, text/event-stream"}


@contextlib.asynccontextmanager
async def connected(user: Client, era: Era = "legacy") -> AsyncIterator[McpClient]:
    url = f"{user.http.base_url}/mcp".replace("//mcp", "/mcp")
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {user.token}"}, timeout=20) as http,
        McpClient(streamable_http_client(url, http_client=http), mode=era) as client,
    ):
        yield client


async def called(client: McpClient, name: str, /, **arguments: Any) -> dict[str, Any]:
    """The structured result of a call that nothing was wrong with."""
    result = await client.call_tool(name, arguments)
    assert isinstance(result, CallToolResult)
    assert not result.is_error, result
    found: dict[str, Any] = result.structured_content
    return found


async def rpc(
    user: Client,
    method: str,
    /,
    params: dict[str, Any] | None = None,
    *,
    request_id: Any = 1,
    **headers: str,
) -> httpx.Response:
    """One request as it is on the wire; headers with underscores for dashes."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if user.token:
        given.setdefault("Authorization", f"Bearer {user.token}")
    body = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params or {}}
    return await user.http.post("/mcp", json=body, headers={**HEADERS, **given})


async def call(
    user: Client,
    name: str,
    /,
    *,
    request_id: Any = 1,
    meta: dict[str, Any] | None = None,
    session: str = "",
    **arguments: Any,
) -> dict[str, Any]:
    """The result of tools/call."""
    headers = {"Mcp_Session_Id": session} if session else {}
    params = {"name": name, "arguments": arguments, **({"_meta": meta} if meta else {})}
    response = await rpc(user, "tools/call", params, request_id=request_id, **headers)
    assert response.status_code == 200, response.text
    result: dict[str, Any] = response.json()["result"]
    return result
