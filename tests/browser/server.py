"""`tickler up` in a process of its own that can be stopped and started again on the same port and data."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

START_SECONDS, STOP_SECONDS = 120, 20


class ServerError(Exception):
    """Tickler did not start, or did not stop; the message has its last lines."""


@dataclass
class Server:
    """What it writes is kept in `log`."""

    port: int
    data: Path
    log: Path
    environment: Mapping[str, str]
    _process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        return f"postgresql://postgres@/tickler?host={(self.data / 'postgres').resolve()}"

    async def start(self) -> None:
        """Returns when it is ready; does nothing while it runs."""
        if self._process is not None:
            return
        given = {"TICKLER_PORT": str(self.port), "TICKLER_DATA": str(self.data)}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "cli.main", "up",
                env={**os.environ, **self.environment, **given}, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as http:
                while not await self._is_ready(http):
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise ServerError(f"Tickler was not ready within {START_SECONDS} s:\n{self._last_lines()}") from error

    async def stop(self) -> None:
        """As Ctrl-C stops it."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError as error:
            os.killpg(process.pid, signal.SIGKILL)
            raise ServerError(f"Tickler did not stop within {STOP_SECONDS} s:\n{self._last_lines()}") from error

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        if self._process is None or self._process.returncode is not None:
            raise ServerError(f"Tickler ended before it was ready:\n{self._last_lines()}")
        with contextlib.suppress(httpx.HTTPError):
            return (await http.get(f"{self.url}/readyz")).status_code == 200
        return False

    def _last_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])
