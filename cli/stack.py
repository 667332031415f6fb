"""A fresh `tickler up` in a process of its own, on free ports and data that goes away: for the demo and the fuzzer."""

import asyncio
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

START_SECONDS = 120


class StackError(Exception):
    """The stack did not start, or answered with an error."""


@dataclass
class RunningStack:
    """Where it answers. `socket_folder` is where its PostgreSQL listens."""

    base_url: str
    kafka: str
    socket_folder: str
    http: httpx.AsyncClient

    async def call(self, document: str, **variables: Any) -> dict[str, Any]:
        """The first root field of the answer. Raises StackError for errors, in the request or in the payload."""
        response = await self.http.post("/graphql", json={"query": document, "variables": variables})
        body = response.json()
        if body.get("errors"):
            raise StackError(f"GraphQL answered {body['errors']}")
        payload: dict[str, Any] = next(iter(body["data"].values()))
        if payload.get("errors"):
            raise StackError(f"GraphQL answered {payload['errors']}")
        return payload

    async def sign_up(self, name: str) -> str:
        """Makes a user whose token is sent from now on; returns the token."""
        payload = await self.call(
            "mutation($input: SignUpInput!) { signUp(input: $input) { token errors { message } } }",
            input={
                "email": f"{name.lower()}@example.com",
                "password": f"{name}'s long password",
                "name": name,
                "timeZone": "Europe/Berlin",
            },
        )
        token: str = payload["token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        return token


@contextlib.asynccontextmanager
async def fresh_stack(*, say: Any, environment: Mapping[str, str] | None = None) -> AsyncIterator[RunningStack]:
    """Starts a stack, shows its start-up lines by `say`, and ends it with the block."""
    with tempfile.TemporaryDirectory(prefix="tickler-stack-") as folder:
        # The embedded PostgreSQL runs as another user when started by root, and has to get in.
        Path(folder).chmod(0o755)  # noqa: ASYNC240 - before anything else runs
        data = Path(folder) / "data"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli.main", "up",
            env={**os.environ, "TICKLER_PORT": "0", "TICKLER_DATA": str(data), **(environment or {})},
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            found = await _addresses(process, say)
            async with httpx.AsyncClient(base_url=found["GraphQL"].removesuffix("/graphql"), timeout=15) as http:
                yield RunningStack(
                    base_url=str(http.base_url),
                    kafka=found["Kafka"],
                    socket_folder=str(data / "postgres"),
                    http=http,
                )
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _addresses(process: asyncio.subprocess.Process, say: Any) -> dict[str, str]:
    assert process.stdout is not None  # noqa: S101 - it was asked for above
    found: dict[str, str] = {}
    async with asyncio.timeout(START_SECONDS):
        while b"Ctrl-C" not in (line := await process.stdout.readline()):
            if not line:
                raise StackError("tickler up ended before it was ready")
            text = line.decode().rstrip()
            say(text)
            match = re.match(r"\s+(GraphQL|Kafka)\s+(\S+)", text)
            if match:
                found[match[1]] = match[2]
    return found
