"""`tickler mcp`: for MCP clients that start a program and talk to it over stdin and stdout. It passes on what they say.

Every message is a POST to /mcp of a gateway. One that may not have arrived is sent again as it was: the gateway knows a
repeated request by its session and id (api/mcp_retries.py), so that it acts once. Nothing but answers goes to stdout.
"""

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import httpx2
from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    MCP_PROTOCOL_VERSION_HEADER,
    NAME_BEARING_METHODS,
    encode_header_value,
)
from mcp_types import INTERNAL_ERROR, PARSE_ERROR, PROTOCOL_VERSION_META_KEY

from config.settings import StdioSettings

_SESSION: Final = "mcp-session-id"
_PAUSES: Final = (0.2, 1.0, 3.0)
_PASSING: Final = {502, 503, 504}
_UNAUTHORIZED = 401
_Headers = dict[str, str]
Write = Callable[[dict[str, Any]], None]


async def run(settings: StdioSettings) -> None:
    """Until stdin ends; what was asked before that is answered."""
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read(source: BinaryIO) -> None:
        for line in source:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, b"")

    # A thread that nobody waits for: reading stdin cannot be called off.
    threading.Thread(target=read, args=(sys.stdin.buffer,), daemon=True).start()
    headers = {"Authorization": f"Bearer {settings.token.get_secret_value()}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http, asyncio.TaskGroup() as group:
        proxy = Proxy(http, f"{settings.url.rstrip('/')}/mcp", _to_stdout)
        while line := await lines.get():
            if not line.strip():
                continue
            message = _parsed(line)
            if message is None:
                _to_stdout(_error(None, PARSE_ERROR, "a line has to be one JSON object"))
            elif message.get("method") == "initialize":
                # What comes next needs the session that its answer names.
                await proxy.pass_on(message)
            else:
                group.create_task(proxy.pass_on(message))


class Proxy:
    """The conversation of one client with a gateway: its session, and the version they agreed on."""

    def __init__(self, http: httpx2.AsyncClient, url: str, write: Write) -> None:
        self._http, self._url, self._write = http, url, write
        self._session: _Headers = {}

    async def pass_on(self, message: dict[str, Any]) -> None:
        """Sends a message, and writes what is answered; whatever happens, a request gets one answer."""
        request_id = message.get("id")
        try:
            response = await self._sent(message)
            answer = _answer(response)
        except httpx2.HTTPError as error:
            reason = f"{self._url} does not answer ({type(error).__name__}); check TICKLER_URL"
            answer = _error(request_id, INTERNAL_ERROR, reason)
        else:
            if message.get("method") == "initialize":
                self._agreed(response, answer)
        if request_id is not None and answer is not None:
            self._write({**answer, "id": request_id})

    async def _sent(self, message: dict[str, Any]) -> httpx2.Response:
        headers = {"Accept": "application/json, text/event-stream", **self._session, **_routing(message)}
        for pause in _PAUSES:
            with contextlib.suppress(httpx2.TransportError):
                response = await self._http.post(self._url, json=message, headers=headers)
                if response.status_code not in _PASSING:
                    return response
            await asyncio.sleep(pause)
        return await self._http.post(self._url, json=message, headers=headers)

    def _agreed(self, response: httpx2.Response, answer: dict[str, Any] | None) -> None:
        version = ((answer or {}).get("result") or {}).get("protocolVersion")
        session = response.headers.get(_SESSION)
        self._session = {
            **({MCP_PROTOCOL_VERSION_HEADER: version} if isinstance(version, str) else {}),
            **({_SESSION: session} if session else {}),
        }


def _routing(message: dict[str, Any]) -> _Headers:
    """The headers of the protocol's later versions, whose requests say in themselves which version they speak."""
    params = message.get("params")
    params = params if isinstance(params, dict) else {}
    meta, method = params.get("_meta"), message.get("method")
    version = meta.get(PROTOCOL_VERSION_META_KEY) if isinstance(meta, dict) else None
    if not isinstance(version, str) or not isinstance(method, str):
        return {}
    name = params.get(NAME_BEARING_METHODS.get(method, ""))
    return {
        MCP_PROTOCOL_VERSION_HEADER: encode_header_value(version),
        MCP_METHOD_HEADER: encode_header_value(method),
        **({MCP_NAME_HEADER: encode_header_value(name)} if isinstance(name, str) else {}),
    }


def _answer(response: httpx2.Response) -> dict[str, Any] | None:
    """The JSON-RPC message in a response; None where there is none, as to a notification."""
    found = _parsed(response.content) if response.content else None
    if response.status_code == _UNAUTHORIZED:
        return _error(None, INTERNAL_ERROR, "the gateway does not know this token; check TICKLER_TOKEN")
    if response.is_error and (found is None or "error" not in found):
        return _error(None, INTERNAL_ERROR, f"the gateway answered {response.status_code}")
    return found


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _error(request_id: object, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}


def _to_stdout(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, separators=(",", ":")) + "\n")
    sys.stdout.flush()
