"""Bad input is answered with 4xx and a code, quickly, and never with a 500 or anybody else's data."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator

import hostile
import pytest
from gateway import Gateway, code_of, running_gateway
from hostile import Hostile
from starlette.types import Message
from support import Client, Stack

from api.app import create_app

LONGEST = 2  # seconds, generous: what is exponential takes hours


@pytest.fixture(scope="module")
async def gateway(stack: Stack) -> AsyncIterator[Gateway]:
    async with running_gateway(stack) as running:
        yield running


@pytest.mark.parametrize("request_", hostile.everything(), ids=lambda each: each.name)
async def test_a_hostile_request_is_refused(gateway: Gateway, user: Client, request_: Hostile) -> None:
    for token in ("", user.token):
        headers = {**request_.headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        async with asyncio.timeout(LONGEST):
            response = await gateway.http.post("/graphql", content=request_.body, headers=headers)
        codes = {error["extensions"]["code"] for error in response.json()["errors"]}
        if not token and codes == {"UNAUTHENTICATED"}:
            assert response.status_code == 401
            continue
        assert (response.status_code, codes) == (request_.status, {request_.code}), response.text[:500]
        assert "data" not in response.json()
        assert response.headers["content-type"].startswith("application/")


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString", "__class__"])
async def test_names_of_other_languages_are_only_names(gateway: Gateway, user: Client, name: str) -> None:
    sent = {
        "query": f"query {name}($a: ID!) {{ task(id: $a) {{ id }} }}",
        "operationName": name,
        "variables": {"a": name, "__proto__": {"id": 1}},
        "extensions": {"__proto__": None},
    }
    headers = {"Authorization": f"Bearer {user.token}"}
    assert (await gateway.http.post("/graphql", json=sent, headers=headers)).json() == {"data": {"task": None}}
    refused = await gateway.http.post("/graphql", json={**sent, "operationName": name + "x"}, headers=headers)
    assert code_of(refused) == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("query_string", "status", "code"),
    [
        ("query=%ff", 400, "BAD_REQUEST"),
        ("query=%ED%A0%80", 400, "BAD_REQUEST"),
        ("query={__typename%00}", 400, "INVALID"),
        ("query={__typename}&query={viewer{id}}", 400, "BAD_REQUEST"),
        ("query={__typename}&variables=[", 400, "INVALID_JSON"),
        ("query={__typename}&variables=[]", 400, "BAD_REQUEST"),
        ('query={__typename}&variables={"a":1,"a":2}', 400, "INVALID_JSON"),
        ('query={__typename}&variables={"a":"\\u0000"}', 400, "INVALID"),
        ("query={__typename}&extensions=1", 400, "BAD_REQUEST"),
        ("&".join(f"p{n}=1" for n in range(21)), 400, "BAD_REQUEST"),
        ("", 400, "BAD_REQUEST"),
    ],
)
async def test_hostile_parameters_are_refused(gateway: Gateway, query_string: str, status: int, code: str) -> None:
    refused = await gateway.http.get(f"/graphql?{query_string}")
    assert (refused.status_code, code_of(refused)) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/graphql", 405), ("DELETE", "/graphql", 405), ("OPTIONS", "/graphql", 405), ("TRACE", "/graphql", 405)],
)
async def test_other_methods_are_told_which_there_are(gateway: Gateway, method: str, path: str, status: int) -> None:
    response = await gateway.http.request(method, path)
    assert response.status_code == status
    assert {"GET", "POST"} <= {name.strip() for name in response.headers["allow"].split(",")}


WEBSOCKET = (
    b"GET /graphql?query={__typename} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n\r\n"
)
GOOD = b'{"query": "{ __typename }"}'
POST = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (POST + b"Content-Length: 27\r\n\r\n" + GOOD, 200),
        (POST + b"Content-Length: 10\r\n\r\n" + GOOD, 400),
        (POST + b"Content-Length: -1\r\n\r\n" + GOOD, 400),
        (POST + b"Content-Length: 27\r\nContent-Length: 28\r\n\r\n" + GOOD, 400),
        (POST + b"Content-Length: 27\r\nTransfer-Encoding: chunked\r\n\r\n" + GOOD, 400),
        (POST + b"Content-Length: 99999999999999999999999\r\n\r\n", 400),
        (POST + b"Content-Length: 9999999999\r\n\r\n", 413),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (POST.replace(b"Host: x", b"Host: [") + b"Content-Length: 27\r\n\r\n" + GOOD, 200),
        (b"GET /graphql?query={__typename} HTTP/1.1\r\nHost: [\r\n\r\n", 200),
        (b"GET /graphql/?query={__typename} HTTP/1.1\r\nHost: [\r\n\r\n", 404),
        (b"GET /%ff%00 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (POST + b"X-Big: " + b"x" * 70_000 + b"\r\nContent-Length: 27\r\n\r\n" + GOOD, 431),
        (WEBSOCKET, 200),
    ],
)  # fmt: skip
async def test_hostile_bytes_are_answered(gateway: Gateway, request_: bytes, status: int) -> None:
    answered, _ = await gateway.raw(request_)
    assert answered == status


async def test_a_caller_who_leaves_within_the_body_is_no_error_of_ours(stack: Stack) -> None:
    """As the server tells the gateway: some of the body, then that nobody is there any more."""
    app = create_app(stack.settings, stack.sessions, checks={}, graphiql_bundle=lambda: None, web_export=lambda: None)
    told = iter([{"type": "http.request", "body": GOOD[:5], "more_body": True}, {"type": "http.disconnect"}])
    answered: list[int] = []

    async def receive() -> Message:
        return next(told)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/graphql", "query_string": b"",
        "headers": [(b"content-type", b"application/json")], "client": ("127.0.0.1", 1),
    }  # fmt: skip
    await app(scope, receive, send)
    assert answered == [400]


def tokens() -> list[str]:
    """Tokens that are none: no signature, JSON in JSON in JSON, not even text."""

    def token(header: bytes, claims: bytes = b"{}") -> str:
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (header, claims, b"x"))

    return [
        "x", "a.b.c", "." * 100, "é", "x" * 5_000,
        token(b'{"alg":"none"}', b'{"sub":"1"}'),
        token(b'{"alg":["HS256"]}'), token(b"[]"), token(b"1"), token(b"\xff"),
        token(b"[" * 20_000), token(b'{"a":' * 5_000), token(b'{"alg":"HS256","crit":["x"]}'),
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic", ""])
async def test_a_token_that_is_none_is_401(gateway: Gateway, scheme: str) -> None:
    for token in tokens():
        headers = {"Authorization": f"{scheme} {token}".strip().encode()}
        response = await gateway.http.post("/graphql", json={"query": "{ viewer { id } }"}, headers=headers)
        assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED"), token[:50]


async def test_hostile_requests_at_once_do_not_mix(gateway: Gateway, stack: Stack) -> None:
    """Between attacks, everybody is still answered with their own data."""
    users = [await stack.user() for _ in range(3)]
    attacks = itertools.cycle(hostile.everything())

    async def attack() -> None:
        request = next(attacks)
        await gateway.http.post("/graphql", content=request.body, headers=request.headers)

    async def ask(user: Client) -> None:
        data = await gateway.client(user).call("{ viewer { id email } }")
        assert data == {"viewer": {"id": str(user.user_id), "email": user.email}}

    for _ in range(8):
        await asyncio.gather(*(attack() for _ in range(10)), *(ask(user) for user in users))


async def test_an_answer_does_not_repeat_a_long_mistake(gateway: Gateway, user: Client) -> None:
    refused = await gateway.client(user).post(
        "query($n: Int) { tasks(first: $n) { totalCount } }", {"n": "x" * 100_000}
    )
    assert len(refused.content) < 2_000
    assert json.loads(refused.content)["errors"][0]["extensions"]["code"] == "INVALID"
