"""What the span of a GraphQL request says: the operation's type and name, never its document or variables."""

from graphql import OperationDefinitionNode
from opentelemetry.trace import SpanKind

from domain import trace

_PATH = "/graphql"
# A name is the caller's invention, and may be as long as a document.
_LONGEST_NAME = 64
_SERVER_ERROR = 500


def request(method: str, traceparent: str | None, path: str = _PATH) -> trace.Span:
    return trace.Span(traceparent, f"{method} {path}", SpanKind.SERVER)


def tell_operation(operation: OperationDefinitionNode) -> None:
    """Names the request's span after the operation that it asks for."""
    if not trace.is_recorded():
        return
    kind, name = operation.operation.value, operation.name.value[:_LONGEST_NAME] if operation.name else None
    if name is None:
        trace.tell({"graphql.operation.type": kind}, name=kind)
    else:
        trace.tell({"graphql.operation.type": kind, "graphql.operation.name": name}, name=f"{kind} {name}")


def tell_answer(method: str, status: int, path: str = _PATH) -> None:
    if not trace.is_recorded():
        return
    trace.tell({"http.request.method": method, "http.route": path, "http.response.status_code": status})
    if status >= _SERVER_ERROR:
        trace.fail(str(status))
