"""GraphQL over HTTP: what is answered. Expected errors keep their words and get a code, others are masked."""

import re
import secrets
from typing import Any, Final

import orjson
from graphql import ExecutionResult, GraphQLError
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response
from strawberry.utils.str_converters import to_camel_case

from api.graphql.context import message_of
from api.requests import GRAPHQL, BadRequest
from config import logs
from db.failures import is_away
from domain.errors import RateLimited, Refusal, Unavailable

_log = logs.get("api.graphql")
_VARIABLE_PATH = re.compile(r"^Variable '\$(\w+)' has invalid value at ((?:\.\w+|\[\d+\])+):")
# Of the values of variables; a variable of the wrong type in its place is an error of the document.
_OF_VARIABLES = re.compile(r"Variable '\$\w+' (?!(is )?of type .* (used|but))|Too many errors processing variables")
_QUERY_CANCELLED = "57014"  # SQLSTATE: here, by statement_timeout
_LONGEST_MESSAGE = 500
# Errors that are the service's and not the caller's, and that no HTTP status tells of: GraphQL answers them with 200.
_OURS: Final = frozenset({"INTERNAL", "DEADLINE_EXCEEDED", Unavailable.code})
_failures: Final = Counter(
    "tickler_graphql_failures_total", "GraphQL answers of status 200 with an error of ours in them.", ["code"]
)
for _code in sorted(_OURS):
    _failures.labels(_code)
# When to come again while the database is away: it is started anew, or another one takes over.
RETRY_AFTER: Final = {"Retry-After": "5"}


def answer(result: ExecutionResult, media_type: str, request_id: str) -> Response:
    """The response to an executed, or refused, GraphQL request."""
    payload: dict[str, Any] = {}
    if result.errors:
        payload["errors"] = told(result, request_id)
    is_request_error = result.data is None and not any(error.path for error in result.errors or ())
    if not is_request_error:
        payload["data"] = result.data
    codes = {error["extensions"]["code"] for error in payload.get("errors", ())}
    if "UNAUTHENTICATED" in codes and result.data is None:
        return _json(payload, 401, media_type, {"WWW-Authenticate": "Bearer"})
    if Unavailable.code in codes and result.data is None:
        return _json(payload, 503, media_type, RETRY_AFTER)
    for code in codes & _OURS:
        _failures.labels(code).inc()
    return _json(payload, 400 if is_request_error and media_type == GRAPHQL else 200, media_type)


def told(result: ExecutionResult, request_id: str) -> list[dict[str, Any]]:
    """The errors of a result as callers may see them, whichever door they came through."""
    return [_formatted(error, executed=result.data is not None, request_id=request_id) for error in result.errors or ()]


def refuse(refusal: BadRequest, media_type: str) -> Response:
    extensions = {"code": refusal.code, **({"path": refusal.path} if refusal.path else {})}
    payload = {"errors": [{"message": refusal.message, "extensions": extensions}]}
    return _json(payload, refusal.status, media_type, refusal.headers)


def too_many(refusal: RateLimited, media_type: str) -> Response:
    """429 (RFC 6585, section 4)."""
    extensions = {"code": refusal.code, "retryAfter": refusal.retry_after}
    payload = {"errors": [{"message": message_of(refusal), "extensions": extensions}]}
    return _json(payload, 429, media_type, {"Retry-After": str(refusal.retry_after)})


def late(seconds: float, media_type: str, request_id: str) -> Response:
    """What takes too long has been given up, and its transaction rolled back."""
    _log.warning("request given up", request_id=request_id, seconds=seconds)
    message = f"the request took longer than {seconds:g} s and was given up"
    extensions = {"code": "DEADLINE_EXCEEDED", "requestId": request_id}
    return _json({"errors": [{"message": message, "extensions": extensions}]}, 504, media_type)


def fail(error: BaseException, media_type: str, request_id: str) -> Response:
    """What nobody expected: the caller gets an id, the log gets everything; 503 while the database is away."""
    told = masked(error, request_id)
    status, headers = status_of(told["extensions"]["code"])
    return _json({"errors": [told]}, status, media_type, headers)


def status_of(code: str) -> tuple[int, dict[str, str]]:
    """The HTTP status and headers of what `masked` told."""
    return (503, RETRY_AFTER) if code == Unavailable.code else (500, {})


def _json(payload: dict[str, Any], status: int, media_type: str, headers: dict[str, str] | None = None) -> Response:
    content = orjson.dumps(payload, option=orjson.OPT_NON_STR_KEYS)
    every = {"Cache-Control": "no-store", **(headers or {})}
    return Response(content, status, headers=every, media_type=f"{media_type}; charset=utf-8")


def _formatted(error: GraphQLError, *, executed: bool, request_id: str) -> dict[str, Any]:
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    formatted: dict[str, Any] = dict(error.formatted)
    if isinstance(original, Refusal):
        path = [to_camel_case(name) for name in original.path]
        formatted["message"] = message_of(original)
        formatted["extensions"] = {"code": original.code, **({"path": path} if path else {})}
    elif original is not None and not isinstance(original, GraphQLError) and (error.path or not error.locations):
        # With a place in the document and no path, it is a literal that a scalar refused.
        formatted |= _late(request_id) if _is_statement_timeout(original) else masked(original, request_id)
    else:
        formatted["message"] = _shortened(error.message)
        formatted["extensions"] = _request_error(error, executed=executed)
    return formatted


def _request_error(error: GraphQLError, *, executed: bool) -> dict[str, Any]:
    """Syntax, validation and variables: graphql-core's own words are good, programs want a code."""
    if error.extensions and "code" in error.extensions:
        return {"code": error.extensions["code"]}
    if error.message.startswith("Syntax Error"):
        return {"code": "GRAPHQL_PARSE_FAILED"}
    match = _VARIABLE_PATH.match(error.message)
    if match:
        return {"code": "INVALID", "path": [match[1], *re.findall(r"\w+", match[2])]}
    if _OF_VARIABLES.match(error.message) or (error.path and executed):
        return {"code": "INVALID"}
    return {"code": "GRAPHQL_VALIDATION_FAILED"}


def _shortened(message: str) -> str:
    """graphql-core repeats the values it refuses, however long they are."""
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"


def _is_statement_timeout(error: BaseException) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlstate", None) == _QUERY_CANCELLED


def _late(request_id: str) -> dict[str, Any]:
    _log.warning("statement given up", request_id=request_id)
    return {
        "message": "This took too long and was given up.",
        "extensions": {"code": "DEADLINE_EXCEEDED", "requestId": request_id},
    }


def masked(error: BaseException, request_id: str) -> dict[str, Any]:
    """What a caller is told of an error that no use-case raised: that the database is away, or no more than an id."""
    if is_away(error):
        # One line: there may be hundreds of them a second, and the traceback tells nothing.
        _log.warning("the database is away", request_id=request_id, error=f"{type(error).__name__}: {error}"[:200])
        message = "The database cannot be reached now; try again in a moment."
        return {"message": message, "extensions": {"code": Unavailable.code, "requestId": request_id}}
    error_id = secrets.token_hex(8)
    _log.error("unexpected error", error_id=error_id, request_id=request_id, exc_info=error)
    return {
        "message": f"Something went wrong here; the error has the id {error_id}.",
        "extensions": {"code": "INTERNAL", "id": error_id, "requestId": request_id},
    }
