"""Hostile requests over loopback for a while: the server's memory before and after, and its slowest answer.

    python -m bench.hostile [--seconds N] [--help]

Starts `tickler up` with data of its own and without rates, which would hide what a request costs. The first round
warms the server up and is not counted. Memory is that of the server's process, with its workers, without PostgreSQL.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from hostile import Hostile, everything

from cli.real_stack import free_port

RATES = (
    "USER", "ADDRESS", "SIGN_IN_ACCOUNT", "SIGN_IN_ADDRESS", "SIGN_IN_FAILURES", "SIGN_UP_ACCOUNT", "SIGN_UP_ADDRESS",
)  # fmt: skip
CONNECTIONS = 4


def main(
    seconds: Annotated[float, typer.Option(min=1, help="How long they are sent.")] = 60,
) -> None:
    """Send hostile requests. Exit codes: 0 all were answered as they should, 1 one was not."""
    with tempfile.TemporaryDirectory(prefix="tickler-hostile-") as data:
        port = free_port()
        environment = {
            **os.environ,
            "TICKLER_DATA": data,
            "TICKLER_PORT": str(port),
            "TICKLER_LOG_LEVEL": "error",
            **{f"TICKLER_RATE_{name}": "100000000/minute" for name in RATES},
        }
        command = [str(Path(sys.executable).parent / "tickler"), "up"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:  # noqa: S603 - our own
            try:
                asyncio.run(_measure(f"http://127.0.0.1:{port}", server.pid, seconds))
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(30)


async def _measure(url: str, pid: int, seconds: float) -> None:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as http:
        await _ready(http)
        token = await _token(http)
        slowest: dict[str, float] = {}
        for each in everything() * 3:
            await _send(http, each, token, {})
        before, peak, sent, began = _megabytes(pid), 0.0, 0, time.monotonic()
        while time.monotonic() - began < seconds:
            # One connection's answers are timed alone; the others keep the server busy between the rounds.
            for each in everything():
                await _send(http, each, token, slowest)
            requests = everything() * 2
            while requests:
                some, requests = requests[:CONNECTIONS], requests[CONNECTIONS:]
                await asyncio.gather(*(_send(http, each, token, {}) for each in some))
            sent += 3 * len(everything())
            peak = max(peak, _megabytes(pid))
        after = _megabytes(pid)
    print(f"| requests in {seconds:g} s | MB before | MB at most | MB after |")
    print("|---|---|---|---|")
    print(f"| {sent} | {before:.0f} | {peak:.0f} | {after:.0f} |\n")
    print("| slowest of | ms |\n|---|---|")
    for name, longest in sorted(slowest.items(), key=lambda item: -item[1])[:8]:
        print(f"| {name} | {longest * 1000:.0f} |")


async def _send(http: httpx.AsyncClient, request: Hostile, token: str, slowest: dict[str, float]) -> None:
    """Every answer has to be the expected one; this is no benchmark of 500s."""
    began = time.perf_counter()
    headers = {**request.headers, "Authorization": f"Bearer {token}"}
    response = await http.post("/graphql", content=request.body, headers=headers)
    slowest[request.name] = max(slowest.get(request.name, 0), time.perf_counter() - began)
    if response.status_code != request.status:
        raise SystemExit(f"{request.name}: {response.status_code} {response.text[:500]}")


async def _ready(http: httpx.AsyncClient) -> None:
    for _ in range(600):
        try:
            if (await http.get("/readyz")).is_success:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise SystemExit("the server is not ready within a minute")


async def _token(http: httpx.AsyncClient) -> str:
    document = "mutation($i: SignUpInput!) { signUp(input: $i) { token } }"
    given = {"email": "hostile@example.com", "password": "a long password", "name": "Hostile"}
    answer = (await http.post("/graphql", json={"query": document, "variables": {"i": given}})).json()
    token: str = answer["data"]["signUp"]["token"]
    return token


def _megabytes(pid: int) -> float:
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)  # noqa: S603, S607
    return int(said.stdout) / 1024


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
