"""A proxy that ends TLS before Tickler, as an ingress does: it says so, says who called, and passes on all else.

One request for each connection, so that nothing of HTTP has to be understood but where a head ends.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

from certificates import certificates

_CHUNK = 65_536
# What it writes itself, whatever a caller says.
_OWN = (b"connection:", b"x-forwarded-for:", b"x-forwarded-proto:")


@contextlib.asynccontextmanager
async def tls_proxy(folder: Path, upstream: int) -> AsyncIterator[int]:
    """Its port, before the port `upstream` of loopback; with a certificate that nobody has reason to trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates(folder).server)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            caller = writer.get_extra_info("peername")
            if caller is None:
                # It has gone away already.
                return
            there, onward = await asyncio.open_connection("127.0.0.1", upstream)
            onward.write(_with_our_words(head, caller[0]))
            # Over with the answer's end, and when the caller has gone.
            pumps = [asyncio.create_task(_pump(reader, onward)), asyncio.create_task(_pump(there, writer))]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
                onward.close()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _with_our_words(head: bytes, caller: str) -> bytes:
    lines = [line for line in head.rstrip(b"\r\n").split(b"\r\n") if not line.lower().startswith(_OWN)]
    own = [b"Connection: close", b"X-Forwarded-Proto: https", b"X-Forwarded-For: %s" % caller.encode()]
    return b"\r\n".join([*lines, *own, b"", b""])


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_CHUNK):
        writer.write(piece)
        await writer.drain()
