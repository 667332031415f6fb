"""Wakes loops when PostgreSQL notifies. A doorbell only: whoever misses a ring finds the work at the next poll."""

import asyncio
import contextlib

import asyncpg

from config import logs
from db.engine import libpq_url

_log = logs.get("workers.doorbell")
_RETRY_SECONDS = 1.0


class Doorbell:
    """One LISTEN connection for a process. Needs a direct connection: a transaction pooler passes no notifications."""

    def __init__(self, url: str, channels: tuple[str, ...]) -> None:
        self._url = libpq_url(url)
        self._rung = {channel: asyncio.Event() for channel in channels}

    async def wait(self, channel: str, seconds: float) -> None:
        """Returns when the channel rings, or after so many seconds."""
        rung = self._rung[channel]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await rung.wait()
        rung.clear()

    def ring(self) -> None:
        """Wakes every loop: at the end, or after a connection during whose absence rings may have been missed."""
        for rung in self._rung.values():
            rung.set()

    async def listen(self) -> None:
        """Listens for ever, connecting again whenever the connection is lost."""
        while True:
            lost = asyncio.Event()
            try:
                connection = await asyncpg.connect(self._url, timeout=5)
            except (OSError, asyncpg.PostgresError, TimeoutError) as error:
                _log.warning("cannot listen, polling meanwhile", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            try:
                connection.add_termination_listener(lambda _connection, lost=lost: lost.set())
                for channel, rung in self._rung.items():
                    await connection.add_listener(channel, lambda *_, rung=rung: rung.set())
                self.ring()
                await lost.wait()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("listening was interrupted", error=type(error).__name__)
            finally:
                connection.terminate()
