"""What the gateway counts about its requests, and where Prometheus reads it: how many, how they ended, how long."""

from functools import lru_cache
from typing import Final

from prometheus_client import Counter, Histogram
from prometheus_fastapi_instrumentator import Instrumentator
from prometheus_fastapi_instrumentator.metrics import Info
from starlette.applications import Starlette

_requests: Final = Counter("http_requests", "Requests that were answered.", ("handler", "method", "status"))
_seconds: Final = Histogram(
    "http_request_duration_seconds",
    "From a request's head to the end of its answer.",
    ("handler", "method"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS: Final = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
_UNCOUNTED: Final = ["/livez", "/readyz", "/metrics"]


def instrument(app: Starlette) -> None:
    """Counts the app's requests by route, and shows all that this process counts at /metrics."""
    instrumentator = Instrumentator(excluded_handlers=_UNCOUNTED, should_group_status_codes=False)
    # In place of the metrics it has by default, which take several times as long.
    instrumentator.add(_count).instrument(app).expose(app, include_in_schema=False)


def _count(request: Info) -> None:
    # What a caller invents, a path or a method, makes no series of its own; paths are grouped before.
    method = request.method if request.method in _METHODS else "other"
    _counter(request.modified_handler, method, request.modified_status).inc()
    _histogram(request.modified_handler, method).observe(request.modified_duration)


# Finding a series by its labels takes longer than counting in it.
@lru_cache(maxsize=1_000)
def _counter(handler: str, method: str, status: int) -> Counter:
    return _requests.labels(handler, method, status)


@lru_cache(maxsize=1_000)
def _histogram(handler: str, method: str) -> Histogram:
    return _seconds.labels(handler, method)
