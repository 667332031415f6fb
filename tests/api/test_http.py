"""GraphQL over HTTP: media types, methods, statuses, headers; what is refused before it is executed, and how."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from support import Client, Stack, running_stack

JSON, GRAPHQL = "application/json", "application/graphql-response+json"
OPEN = {"query": "{ __typename }"}
ANSWER = {"data": {"__typename": "Query"}}
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def post(client: Client, content: Any = None, **headers: str) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(OPEN if content is None else content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.http.post("/graphql", content=body, headers={"Content-Type": JSON, **named})


def refusal(response: httpx.Response, status: int, code: str) -> None:
    """Says what was wrong, with a code, and has no data."""
    assert response.status_code == status, response.text
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == code
    assert error["message"]
    assert "data" not in response.json()


def _is_json(content: Any) -> bool:
    if not isinstance(content, bytes):
        return True
    return content in {b"1", b'"x"', b"null", b"true"}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{GRAPHQL};q=1.0, {JSON};q=0.9", GRAPHQL),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"text/html, {GRAPHQL.upper()}", GRAPHQL),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
    ],
)
async def test_the_answer_has_a_media_type_that_the_caller_accepts(
    anonymous: Client, accept: str, media_type: str
) -> None:
    response = await post(anonymous, Accept=accept)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json() == ANSWER


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/xml, text/plain"])
async def test_what_nobody_can_answer_in_is_not_acceptable(anonymous: Client, accept: str) -> None:
    refusal(await post(anonymous, Accept=accept), 406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/graphql", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_a_body_is_json(anonymous: Client, media_type: str) -> None:
    refusal(await post(anonymous, Content_Type=media_type), 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_the_charset_of_the_body_may_be_named(anonymous: Client) -> None:
    assert (await post(anonymous, Content_Type="Application/JSON; charset=utf-8")).json() == ANSWER


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"query": "{ __typename }"',
        b"\xff\xfe",
        b'{"query": "\\ud800"}',
        b"[" * 100_000,
        b"1",
        b'"x"',
        b"null",
        b"true",
        [],
        [OPEN],
        {},
        {"query": None},
        {"query": ""},
        {"query": 5},
        {"query": ["{ __typename }"]},
        {"Query": "{ __typename }"},
        {**OPEN, "variables": []},
        {**OPEN, "variables": "{}"},
        {**OPEN, "operationName": 5},
        {**OPEN, "extensions": "x"},
    ],
    ids=lambda content: str(content)[:30],
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_what_is_no_graphql_request_is_a_bad_request(anonymous: Client, content: Any, accept: str) -> None:
    code = "BAD_REQUEST" if _is_json(content) else "INVALID_JSON"
    refusal(await post(anonymous, content, Accept=accept), 400, code)


@pytest.mark.parametrize(
    "more", [{"variables": None}, {"variables": {}}, {"operationName": None}, {"extensions": None}, {"extensions": {}}]
)
async def test_members_that_say_nothing_are_allowed(anonymous: Client, more: dict[str, Any]) -> None:
    assert (await post(anonymous, {**OPEN, **more})).json() == ANSWER


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ __typename ", "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($x: Int!) { __typename @skip(if: $x) }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($x: Boolean!) { __typename @skip(if: $x) }", "INVALID"),
    ],
)
async def test_a_request_error_has_the_status_of_the_media_type(anonymous: Client, document: str, code: str) -> None:
    refusal(await post(anonymous, {"query": document}, Accept=GRAPHQL), 400, code)
    refusal(await post(anonymous, {"query": document}, Accept=JSON), 200, code)


async def test_an_error_of_a_field_is_a_success_of_http(user: Client) -> None:
    response = await user.post("{ ok: __typename tasks(first: 0) { totalCount } }", Accept=GRAPHQL)
    assert response.status_code == 200
    body = response.json()
    assert (body["data"], [error["path"] for error in body["errors"]]) == (None, [["tasks"]])


async def test_the_operation_is_named_where_there_are_several(anonymous: Client) -> None:
    document = "query A { a: __typename } query B { b: __typename }"
    for name, data in (("A", {"a": "Query"}), ("B", {"b": "Query"})):
        assert (await post(anonymous, {"query": document, "operationName": name})).json() == {"data": data}
    for name in (None, "", "C"):
        refusal(await post(anonymous, {"query": document, "operationName": name}), 400, "BAD_REQUEST")


async def test_queries_may_be_sent_by_get(anonymous: Client, user: Client) -> None:
    document = "query Q($id: ID!) { __typename @skip(if: false) task(id: $id) { id } }"
    task = await user.create_task()
    given = {"query": document, "variables": json.dumps(task), "operationName": "Q", "extensions": "{}"}
    response = await anonymous.http.get("/graphql", params=given, headers={"Authorization": f"Bearer {user.token}"})
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query", "task": task}})
    assert (await anonymous.http.get("/graphql", params={**OPEN, "variables": ""})).json() == ANSWER


async def test_mutations_need_post(stack: Stack, user: Client) -> None:
    given = {"query": 'mutation { createTask(input: {title: "x"}) { task { id } } }'}
    response = await user.http.get("/graphql", params=given, headers={"Authorization": f"Bearer {user.token}"})
    refusal(response, 405, "METHOD_NOT_ALLOWED")
    assert "POST" in response.headers["Allow"]
    assert (await stack.written(user))["tasks"] is None


@pytest.mark.parametrize(
    "query", ["", "query=", "variables={}", f"query={quote(OPEN['query'])}&variables=x", "query=%ff", "a=1&" * 30]
)
async def test_a_bad_query_string_is_a_bad_request(anonymous: Client, query: str) -> None:
    code = "INVALID_JSON" if "variables=x" in query else "BAD_REQUEST"
    refusal(await anonymous.http.get(f"/graphql?{query}"), 400, code)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_are_not_allowed(anonymous: Client, method: str) -> None:
    response = await anonymous.http.request(method, "/graphql", json=OPEN)
    refusal(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["Allow"] == "GET, POST"


async def test_a_body_that_is_too_long_is_not_read(stack: Stack, user: Client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"query": "'
        for _ in range(40):
            yield b"x" * 100_000

    headers = {"Content-Type": JSON, "Authorization": f"Bearer {user.token}"}
    refusal(await user.http.post("/graphql", content=endless(), headers=headers), 413, "BODY_TOO_LARGE")
    refusal(await user.http.post("/graphql", content=b"x" * 4_000_000, headers=headers), 413, "BODY_TOO_LARGE")
    assert (await stack.written(user))["tasks"] is None


@pytest.mark.parametrize("path", ["/graphql", "/livez", "/readyz", "/metrics", "/nothing", "/graphiql"])
async def test_every_answer_has_security_headers_and_a_request_id(anonymous: Client, path: str) -> None:
    ids = set()
    for _ in range(2):
        response = await anonymous.http.get(path)
        assert {name: response.headers.get(name) for name in SECURITY} == SECURITY
        ids.add(response.headers["X-Request-Id"])
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("given", "is_kept"), [("abc-1_2.3", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("<b>", False)]
)
async def test_a_sound_request_id_is_the_callers_own(anonymous: Client, given: str, is_kept: bool) -> None:
    answered = (await post(anonymous, X_Request_Id=given)).headers["X-Request-Id"]
    assert (answered == given) == is_kept
    assert answered


async def test_the_service_says_that_it_lives_and_is_ready(stack: Stack, anonymous: Client) -> None:
    assert (await anonymous.http.get("/livez")).text == "ok\n"
    response = await anonymous.http.get("/readyz")
    assert response.status_code == 200
    assert response.json()["ready"] is True
    assert set(response.json()["checks"].values()) == {"ok"}
    assert stack.settings.secret.get_secret_value() not in response.text


async def test_requests_are_counted(anonymous: Client) -> None:
    await post(anonymous)
    response = await anonymous.http.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert 'http_requests_total{handler="/graphql",method="POST",status="200"}' in response.text


async def test_an_unexpected_error_has_an_id_and_says_nothing_else(fresh_database: str) -> None:
    async with running_stack(fresh_database, names=()) as stack:
        user = await stack.user()
        await stack.execute("ALTER TABLE tags RENAME TO hidden")
        await stack.execute("INSERT INTO tasks (user_id, title) VALUES (:id, 'kept')", id=user.user_id)
        for document in (
            "{ tags { id } }",
            'mutation { createTask(input: {title: "x", tagNames: ["secret"]}) { task { id } errors { code } } }',
        ):
            response = await user.post(document, **{"X-Request-Id": "mine"})
            (error,) = response.json()["errors"]
            assert set(error["extensions"]) == {"code", "id", "requestId"}
            assert (error["extensions"]["code"], error["extensions"]["requestId"]) == ("INTERNAL", "mine")
            assert error["extensions"]["id"] in error["message"]
            assert response.json()["data"] is None
            told = response.text.lower()
            assert not [word for word in ("select", "sql", "relation", "traceback", "asyncpg", ".py") if word in told]
        assert await stack.value("SELECT count(*) FROM tasks") == 1
        assert await stack.value("SELECT count(*) FROM outbox") == 0
        # Without the tables that say who is calling, nothing of the request can be executed.
        await stack.execute("ALTER TABLE users RENAME TO nobody")
        response = await user.post("{ viewer { id } }")
        assert response.status_code == 500
        assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["INTERNAL"]
        assert "users" not in response.text


async def test_a_gateway_whose_schema_is_another_releases_is_not_ready(empty_database: str) -> None:
    async with running_stack(empty_database, names=()) as stack:
        response = await stack.anonymous().http.get("/readyz")
    assert response.status_code == 503
    assert response.json()["ready"] is False
    assert "tickler migrate" in response.json()["checks"]["database"]
