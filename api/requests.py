"""GraphQL over HTTP: what a request says, checked by hand (specification of May 2023, sections 5 and 6)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request

JSON, GRAPHQL = "application/json", "application/graphql-response+json"
METHODS = "GET, POST"


class BadRequest(Exception):
    """The request is no GraphQL request; `status` and `code` say in what way."""

    def __init__(self, message: str, *, status: int = 400, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


def accepted(accept: str | None) -> str:
    """The media type to answer in. Raises BadRequest (406) when neither of the two is acceptable."""
    if not accept:
        return JSON
    ranges = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for offered in ranges:
        if offered == GRAPHQL:
            return GRAPHQL
        if offered in (JSON, "application/*", "*/*"):
            return JSON
    raise BadRequest(f"the answer can be {GRAPHQL} or {JSON}; accept one of them", status=406, code="NOT_ACCEPTABLE")


async def read(request: Request, *, longest: int) -> GraphQLRequest:
    """The GraphQL request in an HTTP request. Raises BadRequest saying what is wrong with it."""
    if request.method not in {"GET", "POST"}:
        raise BadRequest("send GraphQL requests by GET or POST", status=405, code="METHOD_NOT_ALLOWED")
    if request.method == "GET":
        return _from_query(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON:
        raise BadRequest(f"send the body as {JSON}", status=415, code="UNSUPPORTED_MEDIA_TYPE")
    body = await _body(request, longest)
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not valid JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise BadRequest("the body must be a JSON object with the member query; batches are not supported")
    return _checked(parsed)


async def _body(request: Request, longest: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            raise BadRequest(f"the body is longer than {longest} bytes", status=413, code="BODY_TOO_LARGE")
    return bytes(body)


def _from_query(request: Request) -> GraphQLRequest:
    try:
        parameters = parse_qs(request.url.query, keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError as error:
        raise BadRequest(f"the query string cannot be read: {error}") from error
    given: dict[str, Any] = {name: values[-1] for name, values in parameters.items()}
    if given.get("variables"):
        try:
            given["variables"] = orjson.loads(given["variables"])
        except orjson.JSONDecodeError as error:
            raise BadRequest(f"variables is not valid JSON: {error}") from error
    else:
        given.pop("variables", None)
    given.pop("extensions", None)
    return _checked(given)


def _checked(given: dict[str, Any]) -> GraphQLRequest:
    query, variables, name = given.get("query"), given.get("variables"), given.get("operationName")
    if not isinstance(query, str) or not query:
        raise BadRequest("query is missing or not text")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("variables must be a JSON object")
    if name is not None and not isinstance(name, str):
        raise BadRequest("operationName must be text")
    if given.get("extensions") is not None and not isinstance(given["extensions"], dict):
        raise BadRequest("extensions must be a JSON object")
    return GraphQLRequest(query, variables, name or None)
