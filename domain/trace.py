"""The trace a change belongs to: begun by a door or a worker, carried in every event (W3C Trace Context).

A trace is a text that is passed on. Spans are made only where they are exported to somewhere (`export_to`); elsewhere a
`Span` is nothing but its text. Names and attributes never hold what users wrote: no titles, documents, variables,
tokens, and no messages of exceptions.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Final, Self

from opentelemetry import context as contexts
from opentelemetry import trace as telemetry
from opentelemetry.trace import SpanKind

Attributes = Mapping[str, str | int]
_NONE: Final[Attributes] = {}
_HEADER = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_tracer: telemetry.Tracer | None = None


def export_to(tracer: telemetry.Tracer | None) -> None:
    """From now on spans are made by this tracer; None ends that."""
    global _tracer  # noqa: PLW0603 - one process has one way out for its spans, as it has one for its logs
    _tracer = tracer


def is_exported() -> bool:
    """Whether anybody gets to see spans."""
    return _tracer is not None


def begin(header: str | None) -> str:
    """Continues the caller's trace, or begins one where the header is missing or malformed. Returns the traceparent."""
    traceparent = header if header and _HEADER.fullmatch(header) else _fresh()
    _current.set(traceparent)
    return traceparent


@contextmanager
def scope() -> Iterator[None]:
    """What is begun within the block ends with it."""
    token = _current.set(_current.get())
    try:
        yield
    finally:
        _current.reset(token)


def current(what: str) -> str:
    """The traceparent of what runs now. Where nothing was begun it is that of a new trace, which begins with `what`."""
    found = _current.get()
    if found is not None:
        return found
    if _tracer is None:
        return _fresh()
    return written(record(what, None, SpanKind.PRODUCER))


class Span:
    """What runs within the block belongs to a trace: the one of `header`, or a new one. Cheap where none is exported.

    An exception that leaves the block marks the span as failed, by its type only.
    """

    __slots__ = ("_attached", "_header", "_kind", "_name", "_span", "_token")

    def __init__(self, header: str | None, name: str, kind: SpanKind) -> None:
        self._header, self._name, self._kind = header, name, kind
        self._span: telemetry.Span | None = None
        self._attached: Token[contexts.Context] | None = None

    def __enter__(self) -> Self:
        if _tracer is None:
            header = self._header
            self._token = _current.set(header if header and _HEADER.fullmatch(header) else _fresh())
            return self
        span = _tracer.start_span(self._name, _parent(self._header), self._kind)
        self._span = span
        self._attached = contexts.attach(telemetry.set_span_in_context(span))
        self._token = _current.set(written(span))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _current.reset(self._token)
        if self._span is None:
            return
        if kind is not None:
            fail(kind.__name__)
        if self._attached is not None:
            contexts.detach(self._attached)
        self._span.end()


def is_recorded() -> bool:
    """Whether what is told about the span that runs now gets anywhere: else it need not be put together."""
    return _tracer is not None and telemetry.get_current_span().is_recording()


def tell(attributes: Attributes, *, name: str | None = None) -> None:
    """Says more about the span that runs now; gives it a better name."""
    span = telemetry.get_current_span()
    span.set_attributes(attributes)
    if name is not None:
        span.update_name(name)


def fail(reason: str) -> None:
    """Marks the span that runs now as failed. `reason` is a word of ours, never a message."""
    span = telemetry.get_current_span()
    span.set_attribute("error.type", reason)
    span.set_status(telemetry.StatusCode.ERROR)


def record(
    name: str,
    header: str | None,
    kind: SpanKind,
    attributes: Attributes = _NONE,
    *,
    began_ns: int | None = None,
) -> telemetry.Span:
    """A span of what is over by now, in the trace of `header` or a new one; of no use where none is exported."""
    span = started(name, header, kind, attributes, began_ns=began_ns)
    span.end()
    return span


def started(
    name: str,
    header: str | None,
    kind: SpanKind,
    attributes: Attributes = _NONE,
    *,
    began_ns: int | None = None,
) -> telemetry.Span:
    """The same of what is not over: to be ended, or else it is not exported."""
    tracer = _tracer or telemetry.NoOpTracer()
    return tracer.start_span(name, _parent(header), kind, attributes, start_time=began_ns)


def in_log(_logger: Any, _method: str, entry: Any) -> Any:
    """Gives each line of the log the trace that it belongs to (a structlog processor)."""
    traceparent = _current.get()
    if traceparent is not None:
        _, entry["trace_id"], entry["span_id"], _ = traceparent.split("-")
    return entry


def _parent(header: str | None) -> contexts.Context:
    found = _HEADER.fullmatch(header) if header else None
    if found is None:
        return contexts.Context()
    remote = telemetry.SpanContext(
        int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=telemetry.TraceFlags(int(found[3], 16))
    )
    return telemetry.set_span_in_context(telemetry.NonRecordingSpan(remote), contexts.Context())


def written(span: telemetry.Span) -> str:
    """The traceparent of what belongs to a span."""
    known = span.get_span_context()
    return f"00-{known.trace_id:032x}-{known.span_id:016x}-{known.trace_flags:02x}"


def _fresh() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
