"""What MCP adds to a call: list_tasks by /mcp beside the same operation by /graphql, taking turns on one connection.

Run it as it is: python -m bench.bench_mcp [--check] [--help]
"""

import tempfile
from pathlib import Path
from typing import Annotated

import orjson
import typer
import uvloop

from api.tools import FOLDER
from bench import seed
from bench.bench_lists import BenchError, Gateway, filled_database, gateway, machine, paired
from cli import embedded

MOST_RATIO = 1.3
# The protocol's two eras: of the first, a request within a session; of the second, one that says all in itself.
HANDSHAKE, MODERN = "2025-11-25", "2026-07-28"
CALLS: dict[str, dict[str, object]] = {
    "list_tasks (20 tasks)": {},
    "list_tasks, 50 tasks": {"first": 50},
    "list_tasks, 5 tasks by priority": {"first": 5, "minPriority": "HIGH"},
}


def mcp_request(running: Gateway, user: int, version: str, arguments: dict[str, object]) -> bytes:
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": "list_tasks", "arguments": arguments, **({"_meta": meta} if version == MODERN else {})}
    body = orjson.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params})
    routing = "Mcp-Method: tools/call\r\nMcp-Name: list_tasks\r\n" if version == MODERN else "Mcp-Session-Id: bench\r\n"
    return (
        f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: {version}\r\n{routing}"
        f"Authorization: Bearer {running.tokens[user - 1]}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def compare(running: Gateway, graphql: bytes, mcp: bytes) -> None:
    """Both give the same tasks. Raises BenchError."""
    async with running.connection() as connection:
        by_graphql = orjson.loads(await connection.ask(graphql))["data"]["tasks"]
        result = orjson.loads(await connection.ask(mcp))["result"]
    if result["isError"] or result["structuredContent"] != by_graphql or not by_graphql["tasks"]:
        raise BenchError(f"/mcp answers something else: {str(result)[:500]}")


async def measure(running: Gateway, user: int, seconds: float) -> bool:
    document = (FOLDER / "list_tasks.graphql").read_text()
    print(f"\n{f'p50 ms, taking turns: {MOST_RATIO} at most':48}{'/graphql':>10}{'/mcp':>8}{'ratio':>8}")
    fine = True
    for name, arguments in CALLS.items():
        graphql = running.request(document, user, **arguments)
        for version in (HANDSHAKE, MODERN):
            mcp = mcp_request(running, user, version, arguments)
            await compare(running, graphql, mcp)
            by_graphql, by_mcp = await paired(running, graphql, mcp, seconds)
            ratio = by_mcp / by_graphql
            over = "" if ratio <= MOST_RATIO else "  over"
            print(f"{f'{name}, MCP {version}':48}{by_graphql:10.2f}{by_mcp:8.2f}{ratio:8.2f}{over}", flush=True)
            fine &= not over
    return fine


async def run(seconds: float) -> bool:
    size = seed.Size(users=20, tasks=1_000, most=1_000)
    with tempfile.TemporaryDirectory(prefix="tickler-bench-") as folder, embedded.kafka() as brokers:
        # The embedded PostgreSQL runs as another user when started by root, and has to get in.
        Path(folder).chmod(0o755)  # noqa: ASYNC240 - before anything else runs
        async with filled_database(Path(folder), size) as (url, version):
            print(machine(version))
            async with gateway(url, brokers, size.heavy_user) as running:
                return await measure(running, 1, seconds)


def main(
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each pair takes turns.")] = 3,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a ratio is over the limit.")] = False,
) -> None:
    """Measure what MCP adds. Exit codes: 0 measured, 1 a ratio is over the limit (--check)."""
    fine = uvloop.run(run(seconds))
    raise typer.Exit(0 if fine or not check else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
