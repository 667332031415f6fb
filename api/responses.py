"""GraphQL over HTTP: what is answered. Expected errors keep their words and get a code, others are masked."""

import re
import secrets
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.responses import Response
from strawberry.types import ExecutionResult
from strawberry.utils.str_converters import to_camel_case

from api.graphql.context import message_of
from api.requests import GRAPHQL, METHODS, BadRequest
from config import logs
from domain.errors import Refusal

_log = logs.get("api.graphql")
_HEADERS_OF_STATUS = {405: {"Allow": METHODS}, 401: {"WWW-Authenticate": "Bearer"}}
_VARIABLE_PATH = re.compile(r"^Variable '\$(\w+)' has invalid value at ((?:\.\w+|\[\d+\])+):")


def answer(result: ExecutionResult, media_type: str, request_id: str) -> Response:
    """The response to an executed, or refused, GraphQL request."""
    payload: dict[str, Any] = {}
    if result.errors:
        payload["errors"] = [
            _formatted(error, executed=result.data is not None, request_id=request_id) for error in result.errors
        ]
    is_request_error = result.data is None and not any(error.path for error in result.errors or ())
    if not is_request_error:
        payload["data"] = result.data
    codes = {error["extensions"]["code"] for error in payload.get("errors", ())}
    if "UNAUTHENTICATED" in codes and result.data is None:
        status = 401
    elif is_request_error and media_type == GRAPHQL:
        status = 400
    else:
        status = 200
    return _json(payload, status, media_type)


def refuse(refusal: BadRequest, media_type: str) -> Response:
    payload = {"errors": [{"message": refusal.message, "extensions": {"code": refusal.code}}]}
    return _json(payload, refusal.status, media_type)


def fail(error: BaseException, media_type: str, request_id: str) -> Response:
    """What nobody expected: the caller gets an id, the log gets everything."""
    return _json({"errors": [_masked(error, request_id)]}, 500, media_type)


def _json(payload: dict[str, Any], status: int, media_type: str) -> Response:
    headers = {"Cache-Control": "no-store", **_HEADERS_OF_STATUS.get(status, {})}
    content = orjson.dumps(payload, option=orjson.OPT_NON_STR_KEYS)
    return Response(content, status, headers=headers, media_type=f"{media_type}; charset=utf-8")


def _formatted(error: GraphQLError, *, executed: bool, request_id: str) -> dict[str, Any]:
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    formatted: dict[str, Any] = dict(error.formatted)
    if isinstance(original, Refusal):
        path = [to_camel_case(name) for name in original.path]
        formatted["message"] = message_of(original)
        formatted["extensions"] = {"code": original.code, **({"path": path} if path else {})}
    elif error.path and original is not None and not isinstance(original, GraphQLError):
        masked = _masked(original, request_id)
        formatted["message"], formatted["extensions"] = masked["message"], masked["extensions"]
    else:
        formatted["extensions"] = _request_error(error, executed=executed)
    return formatted


def _request_error(error: GraphQLError, *, executed: bool) -> dict[str, Any]:
    """Syntax, validation and variables: graphql-core's own words are good, programs want a code."""
    if error.message.startswith("Syntax Error"):
        return {"code": "GRAPHQL_PARSE_FAILED"}
    match = _VARIABLE_PATH.match(error.message)
    if match:
        return {"code": "INVALID", "path": [match[1], *re.findall(r"\w+", match[2])]}
    if error.message.startswith("Variable ") or (error.path and executed):
        return {"code": "INVALID"}
    return {"code": "GRAPHQL_VALIDATION_FAILED"}


def _masked(error: BaseException, request_id: str) -> dict[str, Any]:
    error_id = secrets.token_hex(8)
    _log.error("unexpected error", error_id=error_id, request_id=request_id, exc_info=error)
    return {
        "message": f"Something went wrong here; the error has the id {error_id}.",
        "extensions": {"code": "INTERNAL", "id": error_id, "requestId": request_id},
    }
