"""An OpenTelemetry collector of our own: takes spans over HTTP as every collector does, and keeps them."""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True)
class Seen:
    """A span, and the service that sent it."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, str | int]

    @property
    def group(self) -> str:
        return str(self.attributes.get("messaging.consumer.group.name", ""))


@dataclass
class Collector:
    """Where it listens, the requests' bytes as they came, the spans in them."""

    address: str = ""
    bodies: list[bytes] = field(default_factory=list)
    # Set: it answers. Cleared: it takes requests and keeps silent.
    answers: threading.Event = field(default_factory=threading.Event)

    @property
    def spans(self) -> list[Seen]:
        return [
            _seen(span, str(_values(resource.resource.attributes)["service.name"]))
            for body in list(self.bodies)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def _seen(span: Span, service: str) -> Seen:
    return Seen(
        service=service,
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=_values(span.attributes),
    )


def _values(attributes: Iterable[KeyValue]) -> dict[str, str | int]:
    return {each.key: each.value.string_value or each.value.int_value for each in attributes}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, collector: Collector) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.collector = collector


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf":
            self.server.collector.bodies.append(body)
        self.server.collector.answers.wait()
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def collecting(*, answers: bool = True) -> Iterator[Collector]:
    """A collector that listens while the block runs."""
    collector = Collector()
    if answers:
        collector.answers.set()
    with _Server(collector) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        collector.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield collector
        finally:
            collector.answers.set()
            server.shutdown()
            thread.join()
