"""GraphQL over HTTP: what a request says, checked by hand (specification of May 2023, sections 5 and 6).

Persisted documents follow the working draft's appendix A: `documentId` instead of `query`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect, Request

from api.limits import LimitExceeded, Limits, check_values, members_written

JSON, GRAPHQL = "application/json", "application/graphql-response+json"
METHODS = "GET, POST"
_PARAMETERS = 20


class BadRequest(Exception):
    """The request is no GraphQL request; `status` and `code` say in what way, `headers` go with the answer."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str = "BAD_REQUEST",
        path: Sequence[str] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.code, self.path, self.headers = message, status, code, path, headers or {}


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """At least one of `query` and `document_id` is there."""

    query: str | None
    document_id: str | None
    variables: dict[str, Any] | None
    operation_name: str | None


def accepted(accept: str | None) -> str:
    """The media type to answer in (RFC 9110, section 12.5.1). Raises BadRequest (406) when neither is acceptable."""
    if not accept:
        return JSON
    weights = [_weighed(part) for part in accept.split(",")]
    quality = {offered: _quality(offered, weights) for offered in (GRAPHQL, JSON)}
    if not any(quality.values()):
        raise BadRequest(
            f"the answer can be {GRAPHQL} or {JSON}; accept one of them", status=406, code="NOT_ACCEPTABLE"
        )
    if quality[GRAPHQL] == quality[JSON]:
        # As good as each other: what is named before the other, and JSON where only * is.
        named = [name for name, _ in weights if name in quality]
        return named[0] if named else JSON
    return max(quality, key=lambda offered: quality[offered])


def _weighed(part: str) -> tuple[str, float]:
    media_range, *parameters = part.split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return media_range.strip().lower(), min(1.0, max(0.0, float(value)))
            except ValueError:
                return media_range.strip().lower(), 0.0
    return media_range.strip().lower(), 1.0


def _quality(offered: str, weights: list[tuple[str, float]]) -> float:
    """The weight of the most specific range that the media type lies in."""
    for media_range in (offered, "application/*", "*/*"):
        found = [weight for name, weight in weights if name == media_range]
        if found:
            return max(found)
    return 0.0


async def read(request: Request, limits: Limits) -> GraphQLRequest:
    """The GraphQL request in an HTTP request. Raises BadRequest saying what is wrong with it."""
    if request.method not in {"GET", "POST"}:
        raise BadRequest(
            "send GraphQL requests by GET or POST",
            status=405,
            code="METHOD_NOT_ALLOWED",
            headers={"Allow": METHODS},
        )
    if request.method == "GET":
        return _checked(_parameters(request.scope["query_string"], limits))
    return _checked(await read_object(request, limits))


async def read_object(request: Request, limits: Limits) -> dict[str, Any]:
    """The JSON object that is the body of a request, within the limits. Raises BadRequest."""
    _check_content(request)
    return _parsed(await _body(request, limits.body_bytes), limits)


def _check_content(request: Request) -> None:
    media_type, *parameters = request.headers.get("content-type", "").lower().split(";")
    charset = next((p.partition("=")[2].strip(' "') for p in parameters if p.strip().startswith("charset=")), "utf-8")
    if media_type.strip() != JSON or charset not in {"utf-8", "utf8"}:
        raise BadRequest(f"send the body as {JSON} in UTF-8", status=415, code="UNSUPPORTED_MEDIA_TYPE")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadRequest(
            "send the body uncompressed",
            status=415,
            code="UNSUPPORTED_MEDIA_TYPE",
            headers={"Accept-Encoding": "identity"},
        )


async def _body(request: Request, longest: int) -> bytes:
    # The connection stays open: the server throws away what else is sent, so that the sender gets to read this.
    too_large = BadRequest(f"the body is longer than {longest} bytes", status=413, code="BODY_TOO_LARGE")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > longest):  # noqa: PLR2004
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > longest:
                raise too_large
    except ClientDisconnect as error:  # nobody's fault but the caller's, who is not there to be answered
        raise BadRequest("the connection was closed within the body") from error
    return bytes(body)


def _parsed(body: bytes, limits: Limits) -> dict[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not valid JSON: {error.msg}", code="INVALID_JSON") from error
    if not isinstance(parsed, dict):
        raise BadRequest("the body must be one JSON object; batches are not supported")
    _check(parsed, body, limits)
    return parsed


def _parameters(query_string: bytes, limits: Limits) -> dict[str, Any]:
    if len(query_string) > limits.body_bytes:
        message = f"the query string is longer than {limits.body_bytes} bytes: use POST"
        raise BadRequest(message, status=414, code="URI_TOO_LONG")
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, max_num_fields=_PARAMETERS, errors="strict"
        )
    except ValueError as error:
        raise BadRequest("the query string cannot be read as parameters in UTF-8") from error
    # An empty one is as good as none (section 5.1).
    given: dict[str, Any] = {name: value for name, value in pairs if value}
    if len({name for name, _ in pairs}) < len(pairs):
        raise BadRequest("a parameter is there twice")
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _parameter(name, given[name], limits)
    _members(given, limits)
    return given


def _parameter(name: str, text: str, limits: Limits) -> Any:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{name} is not valid JSON: {error.msg}", code="INVALID_JSON") from error
    _check(parsed, text.encode(), limits)
    return parsed


def _check(parsed: Any, written: bytes, limits: Limits) -> None:
    if members_written(written) != _members(parsed, limits):
        raise BadRequest("an object has a member twice", code="INVALID_JSON")


def _members(parsed: Any, limits: Limits) -> int:
    try:
        return check_values(parsed, most=limits.list_items)
    except LimitExceeded as error:
        # As of a variable that cannot be coerced: its name, and the way to what is wrong in it.
        path = error.path[1:] if error.path[:1] == ("variables",) else error.path
        raise BadRequest(error.message, code=error.code, path=path) from error


def _checked(given: dict[str, Any]) -> GraphQLRequest:
    query, document_id = given.get("query"), given.get("documentId")
    variables, name = given.get("variables"), given.get("operationName")
    if document_id is not None and not isinstance(document_id, str):
        raise BadRequest("documentId must be text")
    if query is not None and not isinstance(query, str):
        raise BadRequest("query must be text")
    if not query and not document_id:
        raise BadRequest("query is missing, and so is documentId")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("variables must be a JSON object")
    if name is not None and not isinstance(name, str):
        raise BadRequest("operationName must be text")
    if given.get("extensions") is not None and not isinstance(given["extensions"], dict):
        raise BadRequest("extensions must be a JSON object")
    return GraphQLRequest(query or None, document_id or None, variables, name or None)
