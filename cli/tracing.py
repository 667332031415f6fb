"""Sends spans to an OpenTelemetry collector, where the environment names one; without one nothing of this is loaded.

The standard variables decide (OTEL_EXPORTER_OTLP_*, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES,
OTEL_BSP_*). A collector that is slow or away costs spans, never work: they are sent by a thread of their own from a
queue that is bounded, and so is the wait at the end.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING

from config import logs
from domain import trace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_log = logs.get("cli.tracing")
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
# How long the end of the process waits for the last spans to be sent.
FLUSH_SECONDS = 3.0


def is_wanted() -> bool:
    """Whether the environment names a collector, and does not switch it off."""
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    none = os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "none"
    return any(os.environ.get(name, "").strip() for name in _ENDPOINTS) and not disabled and not none


@contextlib.contextmanager
def exported(service: str) -> Iterator[None]:
    """Spans that are made within the block are sent to the collector, if there is one. `service` is whose they are."""
    if not is_wanted():
        yield
        return
    protocol = next((os.environ[name] for name in _PROTOCOLS if os.environ.get(name)), "http/protobuf")
    if protocol != "http/protobuf":
        _log.warning("spans are sent as http/protobuf, the only protocol there is here", asked=protocol)
    provider = _provider(service)
    trace.export_to(provider.get_tracer("tickler", version("tickler")))
    try:
        yield
    finally:
        trace.export_to(None)
        # It waits for half a minute where the collector does not answer; a thread of its own can be left behind.
        last = threading.Thread(target=provider.shutdown, name="last spans", daemon=True)
        last.start()
        last.join(FLUSH_SECONDS)


def _provider(service: str) -> "TracerProvider":
    # Some 100 ms and 10 MB that only those pay who want spans.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    own = {"service.name": service, "service.version": version("tickler")}
    named = OTELResourceDetector().detect().attributes
    provider = TracerProvider(resource=Resource.create({**own, **named}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
