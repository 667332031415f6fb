"""A TCP proxy before PostgreSQL, Kafka or a gateway that can be a bad network: resets, silence, half an answer."""

import asyncio
import contextlib
import random
import socket
import struct
from dataclasses import dataclass, field

_CHUNK = 65_536
# SO_LINGER on with a time of zero: closing sends RST instead of FIN.
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Proxy:
    """Listens on `port` and passes everything on to `target`, a loopback port, until told to misbehave."""

    target: int
    port: int
    # Seconds that each part of a request takes on its way.
    delay: float = 0.0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _lost: set[asyncio.StreamWriter] = field(default_factory=set)
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)
    _cut_after: int | None = None
    _server: asyncio.Server | None = None

    @property
    def connections(self) -> int:
        return len(self._open) // 2

    async def start(self) -> None:
        self._flowing.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.flow()
        self.reset()

    def hold(self) -> None:
        """Passes nothing on any more, in neither direction; connections stay open, as behind a lost route."""
        self._flowing.clear()

    def flow(self) -> None:
        self._flowing.set()

    def reset(self, share: float = 1.0, rng: random.Random | None = None) -> int:
        """Resets connections (each with probability `share`). Returns how many ends were closed."""
        chosen = [each for each in self._open if rng is None or rng.random() < share]
        for writer in chosen:
            _abort(writer)
        return len(chosen)

    def lose(self, share: float, rng: random.Random) -> int:
        """Loses connections without a word: they stay open, and nothing that is sent arrives. Returns how many ends."""
        chosen = {each for each in self._open if rng.random() < share}
        self._lost |= chosen
        return len(chosen)

    def cut(self, after: int) -> None:
        """The next answer that passes is cut after so many bytes, and its connection reset."""
        self._cut_after = after

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _abort(writer)
            return
        self._open |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, far_writer, writer, is_answer=False))
                group.create_task(self._pass(far_reader, writer, far_writer, is_answer=True))
        except* OSError:
            pass
        finally:
            self._open -= {writer, far_writer}
            self._lost -= {writer, far_writer}
            _abort(writer)
            _abort(far_writer)

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        other: asyncio.StreamWriter,
        *,
        is_answer: bool,
    ) -> None:
        """Copies one direction; when it ends, both sides end."""
        while data := await reader.read(_CHUNK):
            if self.delay and not is_answer:
                await asyncio.sleep(self.delay)
            await self._flowing.wait()
            if writer in self._lost:
                continue
            if is_answer and self._cut_after is not None:
                writer.write(data[: self._cut_after])
                self._cut_after = None
                with contextlib.suppress(OSError):
                    await writer.drain()
                break
            writer.write(data)
            await writer.drain()
        _abort(writer)
        _abort(other)


def _abort(writer: asyncio.StreamWriter) -> None:
    if not writer.transport.is_closing():
        with contextlib.suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
