"""uvicorn's HTTP protocol with bounds that it leaves to a proxy: how large a request's head is, how long it takes.

Bodies are bounded by the doors, which know what they take.
"""

import asyncio
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD: Final = 65_536
HEAD_SECONDS: Final = 10.0
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedProtocol(HttpToolsProtocol):
    """Closes connections whose request line and headers are too large (RFC 6585, section 5) or do not arrive."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            # A line that does not end is told to nobody else.
            self._unended_bytes += len(data)
            if self._unended_bytes > LARGEST_HEAD:
                self._refuse()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._timer.cancel()
        self._begin_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> Any:
        self._in_head = False
        self._timer.cancel()
        return super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        if self._head_bytes > LARGEST_HEAD:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _begin_head(self) -> None:
        self._head_bytes = self._unended_bytes = 0
        self._in_head = True
        self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > LARGEST_HEAD:
            raise httptools.HttpParserError("the head of the request is too large")

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()
