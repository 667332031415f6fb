"""Wakes loops when PostgreSQL notifies. A doorbell only: whoever misses a ring finds the work at the next poll.

It says whether it works (`is_heard`), so that a loop may poll rarely where it does and often where it does not.
"""

import asyncio
import contextlib
import secrets

import asyncpg

from config import logs
from db.engine import libpq_url

_log = logs.get("workers.doorbell")
_RETRY_SECONDS = 1.0
# How long a connection may be dead without anybody noticing, its other side having gone without a word.
CHECK_SECONDS = 10.0
_ANSWER_SECONDS = 5.0
_PROOF = "tickler_proof"


class Doorbell:
    """One LISTEN connection for a process. Needs a direct connection: a transaction pooler passes no notifications."""

    def __init__(self, url: str, channels: tuple[str, ...]) -> None:
        self._url = libpq_url(url)
        self._rung = {channel: asyncio.Event() for channel in channels}
        self._heard = False

    @property
    def is_heard(self) -> bool:
        """Whether a ring is known to arrive: one was sent by another connection, and this one has not failed since."""
        return self._heard

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
            try:
                connection = await asyncpg.connect(self._url, timeout=5)
            except (OSError, asyncpg.PostgresError, TimeoutError) as error:
                _log.warning("cannot listen, polling meanwhile", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            try:
                await self._listen(connection)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                _log.warning("listening was interrupted", error=type(error).__name__)
            finally:
                self._heard = False
                # Who waits for long goes over to polling.
                self.ring()
                connection.terminate()

    async def _listen(self, connection: asyncpg.Connection) -> None:
        """Returns when the connection is lost, or raises."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        for channel, rung in self._rung.items():
            await connection.add_listener(channel, lambda *_, rung=rung: rung.set())
        self.ring()
        self._heard = await self._proves(connection)
        if not self._heard:
            _log.warning("notifications do not arrive, as behind a pooler: polling; is DATABASE_DIRECT_URL set?")
        while not lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await lost.wait()
                    return
            # Listening again changes nothing, and is answered by a connection that lives.
            await connection.execute(f"LISTEN {_PROOF}", timeout=_ANSWER_SECONDS)

    async def _proves(self, connection: asyncpg.Connection) -> bool:
        """Whether what another connection sends arrives at this one."""
        token, arrived = secrets.token_hex(8), asyncio.Event()

        def heard(_connection: object, _process: int, _channel: str, payload: object) -> None:
            if payload == token:
                arrived.set()

        await connection.add_listener(_PROOF, heard)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                other = await asyncpg.connect(self._url, timeout=_ANSWER_SECONDS)
                try:
                    await other.execute(f"NOTIFY {_PROOF}, '{token}'")
                    await arrived.wait()
                finally:
                    other.terminate()
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        return True
