"""The trace a change belongs to: set by a door or a worker, carried in every event (W3C Trace Context)."""

import re
import secrets
from contextvars import ContextVar

_HEADER = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def begin(header: str | None) -> str:
    """Continues the caller's trace, or begins one where the header is missing or malformed. Returns the traceparent."""
    traceparent = header if header and _HEADER.fullmatch(header) else _fresh()
    _current.set(traceparent)
    return traceparent


def current() -> str:
    return _current.get() or _fresh()


def _fresh() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
