"""`./task test:browser`: a real stack, a real browser, and what the tests measured. Arguments go to Playwright.

Exit codes: those of Playwright; 3 where something that is needed cannot be had.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from browser import parts
from browser.control import Surroundings, control
from browser.server import Server, ServerError
from browser.tls import tls_proxy
from chat_server import running_chat_server
from support import RATES

from chaos.proxy import Proxy
from cli import serving
from cli.kept import BuildError
from cli.node import Node
from cli.real_stack import free_port
from cli.web_build import WEB


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what the command says


@contextlib.asynccontextmanager
async def surroundings(folder: Path) -> AsyncIterator[Surroundings]:
    """Tickler behind a proxy, with a language model that says what a test wrote."""
    async with running_chat_server() as model:
        environment = {
            "OPENAI_API_KEY": "sk-of-the-browser-tests",
            "OPENAI_BASE_URL": model.url,
            # What ends TLS says so; who comes without it says nothing.
            "TICKLER_TRUSTED_PROXIES": "1",
            # All the users come from one address.
            **{f"TICKLER_{name.upper()}": "1000000/minute" for name in RATES},
        }
        server = Server(free_port(), folder / "data", folder / "tickler.log", environment)
        proxy = Proxy(server.port, free_port())
        try:
            await server.start()
            await proxy.start()
            yield Surroundings(server, proxy, model)
        finally:
            await proxy.stop()
            await server.stop()


async def run(node: Node, playwright: Path, browser: str, arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="tickler-browser-") as name:
        folder = Path(name)
        # Started by root, PostgreSQL runs as another user and has to get in.
        folder.chmod(0o755)  # noqa: ASYNC240 - before anything else runs
        async with surroundings(folder) as around, tls_proxy(folder, around.proxy.port) as tls_port:
            bound = serving.listen("127.0.0.1", 0)
            answering = asyncio.create_task(serving.serve(control(around), bound))
            say(f"Tickler runs; its log is {around.server.log}")
            figures = folder / "figures.jsonl"
            process = await asyncio.create_subprocess_exec(
                *node.node, str(playwright), "test", "--config", "e2e", *arguments,
                cwd=WEB,
                env={
                    **os.environ,
                    "BASE_URL": f"http://127.0.0.1:{around.proxy.port}",
                    "HTTPS_URL": f"https://127.0.0.1:{tls_port}",
                    "CONTROL_URL": f"http://127.0.0.1:{bound.getsockname()[1]}",
                    "CHROMIUM": browser,
                    "FIGURES": str(figures),
                },
            )  # fmt: skip
            try:
                code = await process.wait()
            finally:
                if process.returncode is None:
                    process.terminate()
                    await process.wait()
                answering.cancel()
                await asyncio.gather(answering, return_exceptions=True)
        show(figures)
        return code


def show(figures: Path) -> None:
    """What the tests measured, a line each."""
    lines = figures.read_text().splitlines() if figures.exists() else []
    for figure in map(json.loads, lines):
        limit = f"   limit {figure['limit']:g}" if figure.get("limit") is not None else ""
        say(f"{figure['name']:<64} {figure['value']:>9.1f} {figure['unit']}{limit}")


def main() -> None:
    try:
        browser = parts.chromium(say)
        node, playwright = parts.installed(say)
        codes: list[int] = []

        async def work() -> None:
            codes.append(await run(node, playwright, browser, sys.argv[1:]))

        # A signal ends all that was started.
        serving.run(work())
        sys.exit(codes[0] if codes else 1)
    except (BuildError, ServerError) as error:
        say(f"test:browser: {error}")
        sys.exit(3)


if __name__ == "__main__":
    main()
