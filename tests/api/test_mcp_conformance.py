"""MCP's own conformance tests (npm, the server suite of @modelcontextprotocol/conformance) against a real /mcp.

The suite calls things of a demonstration server by their names. Where Tickler offers the like, the name is exchanged on
the way in (OURS), and the scenario has to pass. What Tickler does not offer is listed with the reason (NOT_OFFERED),
and has to fail just so: a method or a name that is not there.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from node_packages import installed
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send
from support import Client, Stack

from api.app import create_app
from cli.serving import listen, serve

FOLDER = Path(__file__).parent / "conformance"
FILES = ("package.json", "package-lock.json")
OLDEST_NODE = 22

# By the suite's name or uri, what is asked for instead. TASK is a task of the user's, titled "Task 123".
OURS: dict[str, dict[str, Any]] = {
    "test_simple_text": {"name": "list_tags", "arguments": {}},
    "test_error_handling": {"name": "complete_task", "arguments": {"id": "0"}},
    "test://static-text": {"uri": "tickler://today"},
    "test://template/123/data": {"uri": "tickler://tasks/TASK"},
    "test_simple_prompt": {"name": "weekly_review"},
    "test_prompt_with_arguments": {"name": "plan_my_day", "arguments": {"focus": "testValue1, testValue2"}},
    "test_prompt_with_embedded_resource": {"name": "plan_my_day", "arguments": {}},
}
OFFERED = {
    "server-initialize", "ping", "tools-list", "tools-call-simple-text", "tools-call-error", "resources-list",
    "resources-read-text", "resources-templates-read", "prompts-list", "prompts-get-simple", "prompts-get-with-args",
    "prompts-get-embedded-resource", "dns-rebinding-protection",
    # Without streams (GET is 405) the suite has little to check in these two.
    "server-sse-polling", "server-sse-multiple-streams",
}  # fmt: skip
_TEXT_ONLY = "tasks are text: no tool, resource or prompt has pictures, sound or bytes"
_NO_WAY_BACK = "the server is stateless and answers with JSON: it asks and tells clients nothing in between"
NOT_OFFERED = {
    "tools-call-image": _TEXT_ONLY,
    "tools-call-audio": _TEXT_ONLY,
    "tools-call-mixed-content": _TEXT_ONLY,
    "resources-read-binary": _TEXT_ONLY,
    "prompts-get-with-image": _TEXT_ONLY,
    "tools-call-embedded-resource": "results of tools are structured content, and the same as text",
    "tools-call-with-logging": _NO_WAY_BACK,
    "tools-call-with-progress": _NO_WAY_BACK,
    "tools-call-sampling": _NO_WAY_BACK,
    "tools-call-elicitation": _NO_WAY_BACK,
    "elicitation-sep1034-defaults": _NO_WAY_BACK,
    "elicitation-sep1330-enums": _NO_WAY_BACK,
    "logging-set-level": _NO_WAY_BACK,
    "resources-subscribe": _NO_WAY_BACK,
    "resources-unsubscribe": _NO_WAY_BACK,
    "completion-complete": "the one argument of the prompts is the user's own words",
    "json-schema-2020-12": "it looks for a schema with $defs; ours are written out: some clients follow no references",
}


def _ours(body: bytes, task_id: str) -> bytes:
    """A request of the suite with our names in place of the demonstration server's."""
    asked = json.loads(body or b"{}")
    params = asked.get("params") or {}
    known = OURS.get(params.get("name") or params.get("uri"))
    if known:
        asked["params"] = json.loads(json.dumps({**params, **known}).replace("TASK", task_id))
    return json.dumps(asked).encode()


@contextlib.asynccontextmanager
async def open_gateway(stack: Stack, user: Client, task_id: str) -> AsyncIterator[str]:
    """A gateway that takes every caller for this user, for the suite has no tokens, and knows the suite's names."""
    app = create_app(stack.settings, stack.sessions, checks={}, graphiql_bundle=lambda: None, web_export=lambda: None)
    inner = app.build_middleware_stack()

    async def translating(scope: Scope, receive: Receive, send: Send) -> None:
        kept = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
        scope = {**scope, "app": app, "headers": [*kept, (b"authorization", f"Bearer {user.token}".encode())]}
        body = b"" if scope["method"] != "POST" else _ours(await Request(scope, receive).body(), task_id)
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await inner(scope, replay, send)

    app.middleware_stack = translating
    bound = listen("127.0.0.1", 0)
    serving = asyncio.create_task(serve(app, bound))
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/mcp"
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        bound.close()


@pytest.fixture(scope="module")
async def failures(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """By scenario, the messages of the checks that failed."""
    node, folder = await asyncio.to_thread(installed, "conformance", FOLDER, FILES, oldest=OLDEST_NODE)
    user, results = await stack.user(), tmp_path_factory.mktemp("conformance")
    task = await user.create_task(title="Task 123")
    program = str(folder / "node_modules/@modelcontextprotocol/conformance/dist/index.js")
    async with open_gateway(stack, user, task["id"]) as url:
        process = await asyncio.create_subprocess_exec(
            *node.node, program, "server", "--url", url, "--suite", "all", "--output-dir", str(results),
            cwd=folder, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(120):
            await process.wait()
    found: dict[str, list[str]] = {}
    for path in results.rglob("checks.json"):
        # server-<scenario>-2026-11-24T04-23-53-061Z
        name = re.sub(r"^server-|-\d{4}-\d\d-\d\dT[\d-]+Z$", "", path.parent.name)
        checks = json.loads(path.read_text())
        assert checks, name
        found[name] = [check["errorMessage"] for check in checks if check["status"] not in {"SUCCESS", "INFO"}]
    return found


def test_all_that_is_offered_conforms(
    failures: dict[str, list[str]], record_property: Callable[[str, object], None]
) -> None:
    for name, wrong in failures.items():
        # For tests/shown.py.
        record_property(name, NOT_OFFERED.get(name, "; ".join(wrong)) if wrong else "passes")
    assert {name for name, wrong in failures.items() if not wrong} == OFFERED


def test_what_fails_is_what_is_not_offered(failures: dict[str, list[str]]) -> None:
    wrong = {name: messages for name, messages in failures.items() if messages}
    assert set(wrong) == set(NOT_OFFERED)
    for name, messages in wrong.items():
        for message in messages:
            assert re.search(r"Method not found|there is no (tool|prompt|such resource)|not found", message), (
                name,
                message,
            )


def test_the_lock_pins_by_hash_and_names_no_registry() -> None:
    locked = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    assert all(each["integrity"].startswith("sha512-") for name, each in locked.items() if name)
    assert not any("resolved" in each for each in locked.values())
