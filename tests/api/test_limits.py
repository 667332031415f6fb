"""One request's limits: each has its code, its setting, and lets the largest allowed through."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from gateway import Gateway, code_of, running_gateway
from graphql import get_introspection_query
from sqlalchemy import text
from support import Client, Stack, eventually

LOCK = text("SELECT 1 FROM tasks WHERE id = :id FOR UPDATE")
TASK = "id title description priority dueDate tags { id name } reminders { id remindAt } recurrence { rule text }"


@pytest.fixture(scope="module")
async def gateway(stack: Stack) -> AsyncIterator[Gateway]:
    async with running_gateway(stack) as running:
        yield running


def nested(levels: int) -> str:
    """A document with this many levels of fields."""
    inner = "parentTask { " * (levels - 3) + "id" + " }" * (levels - 3)
    return f"{{ tasks {{ nodes {{ {inner} }} }} }}"


def aliased(count: int) -> str:
    return "{ viewer { " + " ".join(f"a{n}: id" for n in range(count)) + " } }"


def rooted(count: int) -> str:
    return "query {" + " ".join(f"a{n}: __typename" for n in range(count)) + "}"


def directed(count: int) -> str:
    return "{" + " ".join("... @include(if: true) { __typename }" for _ in range(count)) + "}"


def fragmented(count: int) -> str:
    spreads = "".join(f"...F{n} " for n in range(count))
    return f"{{ viewer {{ {spreads} }} }}" + "".join(f"fragment F{n} on User {{ a{n}: id }}" for n in range(count))


@pytest.mark.parametrize(
    ("setting", "document", "most", "code"),
    [
        ("max_depth", nested, 6, "TOO_DEEP"),
        ("max_aliases", aliased, 5, "TOO_MANY_ALIASES"),
        ("max_root_fields", rooted, 4, "TOO_MANY_ROOT_FIELDS"),
        ("max_directives", directed, 3, "TOO_MANY_DIRECTIVES"),
        ("max_fragments", fragmented, 3, "TOO_MANY_FRAGMENTS"),
    ],
)
async def test_a_limit_lets_its_number_through_and_one_more_not(
    stack: Stack, user: Client, setting: str, document: Any, most: int, code: str
) -> None:
    settings = {"max_cost": 100_000_000, "max_root_fields": 1_000, "max_directives": 1_000, setting: most}
    async with running_gateway(stack, **settings) as running:
        client = running.client(user)
        assert "errors" not in (await client.post(document(most))).json()
        for media_type, status in (("application/json", 200), ("application/graphql-response+json", 400)):
            refused = await client.post(document(most + 1), Accept=media_type)
            assert (refused.status_code, code_of(refused)) == (status, code)


async def test_more_tokens_than_allowed_are_not_parsed(stack: Stack) -> None:
    async with running_gateway(stack, max_tokens=100) as running:
        client = running.client()
        assert (await client.post("#\n" * 97 + "{ __typename }")).json()["data"]
        assert code_of(await client.post("#\n" * 98 + "{ __typename }")) == "TOO_MANY_TOKENS"


async def test_a_document_longer_than_allowed_is_not_read(stack: Stack) -> None:
    async with running_gateway(stack, max_document_characters=100) as running:
        client = running.client()
        assert (await client.post("{ __typename }".ljust(100))).json()["data"]
        assert code_of(await client.post("{ __typename }".ljust(101))) == "DOCUMENT_TOO_LONG"


async def test_a_body_longer_than_allowed_is_413_announced_or_not(stack: Stack) -> None:
    async with running_gateway(stack, max_body_bytes=1_000) as running:
        fits = b'{"query": "{ __typename }"}'.ljust(1_000)
        headers = {"Content-Type": "application/json"}
        assert (await running.http.post("/graphql", content=fits, headers=headers)).status_code == 200

        async def in_pieces() -> AsyncIterator[bytes]:
            yield fits
            yield b" "

        for content in (fits + b" ", in_pieces()):
            refused = await running.http.post("/graphql", content=content, headers=headers)
            assert (refused.status_code, code_of(refused)) == (413, "BODY_TOO_LARGE")
        refused = await running.http.get("/graphql", params={"query": "{ __typename }", "x": "y" * 1_000})
        assert (refused.status_code, code_of(refused)) == (414, "URI_TOO_LONG")


@pytest.mark.parametrize(
    ("document", "variables", "affordable"),
    [
        (f"{{ tasks(first: 100) {{ nodes {{ {TASK} parentTask {{ {TASK} }} nextTask {{ {TASK} }} }} }} }}", {}, True),
        ("{ tasks(first: 100) { nodes { activity(first: 100) { nodes { id at changes } } } } }", {}, True),
        ("{ tasks(first: 100) { nodes { activity(first: 100) { nodes { task { id title } } } } } }", {}, True),
        ("{ tasks { nodes { activity { nodes { task { activity { nodes { id } } } } } } } }", {}, False),
        (
            "{ tasks(last: 100) { edges { node { activity { nodes { task { activity { nodes { id } } } } } } } } }",
            {},
            False,
        ),
        ("{ tasks { nodes { reminders { task { reminders { task { reminders { id } } } } } } } }", {}, False),
    ],
)
async def test_pages_multiply_the_cost_of_what_is_in_them(
    gateway: Gateway, user: Client, document: str, variables: dict[str, Any], affordable: bool
) -> None:
    response = await gateway.client(user).post(document, variables)
    if affordable:
        assert "errors" not in response.json(), response.json()
    else:
        assert code_of(response) == "TOO_COSTLY"


NESTED_PAGES = """query($outer: Int, $inner: Int = 100) {
    tasks(first: $outer) { nodes { activity(first: $inner) { nodes { id eventId taskId eventType at changes } } } } }"""


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"outer": 10}, None),
        ({"outer": 100, "inner": 10}, None),
        ({"inner": 50}, None),  # the argument's own default, 50
        ({"outer": None, "inner": 50}, None),
        ({"outer": 100}, "TOO_COSTLY"),  # the variable's default
        ({"outer": 100, "inner": 100}, "TOO_COSTLY"),
        ({"outer": 10**9, "inner": 100}, "TOO_COSTLY"),
        ({"outer": "x", "inner": 100}, "TOO_COSTLY"),
        ({"outer": -1}, "INVALID"),
    ],
)
async def test_a_page_sized_by_a_variable_costs_what_the_variable_says(
    gateway: Gateway, user: Client, variables: dict[str, Any], code: str | None
) -> None:
    """The same document again and again: its validation is cached, its cost is not."""
    body = (await gateway.client(user).post(NESTED_PAGES, variables)).json()
    assert [error["extensions"]["code"] for error in body.get("errors", [])] == ([code] if code else [])


async def test_only_the_operation_that_is_executed_has_to_be_affordable(gateway: Gateway, user: Client) -> None:
    both = NESTED_PAGES.replace("query(", "query Costly(") + " query Cheap { viewer { id } }"
    for name, errors in (("Cheap", []), ("Costly", ["TOO_COSTLY"])):
        sent = {"query": both, "operationName": name, "variables": {"outer": 100}}
        body = (
            await gateway.http.post("/graphql", json=sent, headers={"Authorization": f"Bearer {user.token}"})
        ).json()
        assert [error["extensions"]["code"] for error in body.get("errors", [])] == errors


async def test_the_introspection_of_tools_passes_and_a_deeper_one_does_not(gateway: Gateway) -> None:
    document = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    body = (await gateway.client().post(document)).json()
    assert "errors" not in body
    assert len(body["data"]["__schema"]["types"]) > 50
    deeper = "{ __schema { types { fields { type { fields { type { name } } } } } } }"
    assert code_of(await gateway.client().post(deeper)) == "TOO_DEEP"
    everything = "fields { name description args { name type { name kind } } type { name kind ofType { name kind } } }"
    again = " ".join(f"a{n}: types {{ name {everything} }}" for n in range(60))
    assert code_of(await gateway.client().post(f"{{ __schema {{ {again} }} }}")) == "TOO_COSTLY"


@pytest.mark.parametrize("levels", [0, 1, 2])
async def test_a_list_has_at_most_a_hundred_items_however_deep(gateway: Gateway, user: Client, levels: int) -> None:
    client = gateway.client(user)

    def where(ids: list[str]) -> dict[str, Any]:
        inner: dict[str, Any] = {"id": {"in": ids}}
        for _ in range(levels):
            inner = {"and": [inner]}
        return inner

    document = "query($w: TaskFilter) { tasks(filter: $w) { totalCount } }"
    hundred = [str(n) for n in range(1, 101)]
    assert "errors" not in (await client.post(document, {"w": where(hundred)})).json()
    refused = await client.post(document, {"w": where([*hundred, "101"])})
    assert (refused.status_code, code_of(refused)) == (400, "LIST_TOO_LONG")
    path = refused.json()["errors"][0]["extensions"]["path"]
    assert path == ["w", *["and", "0"] * levels, "id", "in"]
    literal = "{ tasks(filter: " + "{and: [" * levels + "{id: {in: [%s]}}" + "]}" * levels + ") { totalCount } }"
    assert "errors" not in (await client.post(literal % " ".join(hundred))).json()
    assert code_of(await client.post(literal % " ".join([*hundred, "101"]))) == "LIST_TOO_LONG"


async def test_a_request_that_takes_too_long_is_given_up_and_leaves_no_transaction(stack: Stack, user: Client) -> None:
    task = await user.create_task()
    async with (
        running_gateway(stack, request_seconds=0.5, statement_timeout_ms=450) as running,
        stack.engine.connect() as other,
    ):
        client = running.client(user)
        await other.execute(LOCK, {"id": int(task["id"])})
        document = "mutation($i: TaskRef!) { completeTask(input: $i) { task { id } errors { code } } }"
        response = await client.post(document, {"i": {"id": task["id"]}})
        body = response.json()
        assert [error["extensions"]["code"] for error in body["errors"]] == ["DEADLINE_EXCEEDED"]
        await _no_open_transaction(stack)
        await other.rollback()
        assert (await client.mutate("completeTask", "task { status }", id=task["id"]))["task"]["status"] == "COMPLETED"


async def test_the_deadline_cuts_what_no_statement_timeout_does(stack: Stack, user: Client) -> None:
    task = await user.create_task()
    async with (
        running_gateway(stack, request_seconds=0.5, statement_timeout_ms=400, longest_statement_ms=20_000) as running,
        stack.engine.connect() as other,
    ):
        client = running.client(user)
        await other.execute(LOCK, {"id": int(task["id"])})
        document = "mutation($i: TaskRef!) { completeTask(input: $i) { task { id } errors { code } } }"
        response = await client.post(document, {"i": {"id": task["id"]}})
        assert (response.status_code, code_of(response)) == (504, "DEADLINE_EXCEEDED")
        assert response.json()["errors"][0]["extensions"]["requestId"] == response.headers["x-request-id"]
        await _no_open_transaction(stack)
        await other.rollback()
        assert (await client.call("{ viewer { id } }"))["viewer"]["id"] == str(user.user_id)
    assert await stack.value("SELECT completed_at FROM tasks WHERE id = :id", id=int(task["id"])) is None


async def test_a_body_that_does_not_arrive_is_408(stack: Stack) -> None:
    async with running_gateway(stack, request_seconds=0.3, statement_timeout_ms=200) as running:
        status, body = await running.raw(
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        assert status == 408
        assert b"REQUEST_TIMEOUT" in body


async def _no_open_transaction(stack: Stack) -> None:
    """`one gateway` is the application name of a test's own gateway."""
    statement = """SELECT count(*) = 0 FROM pg_stat_activity
                    WHERE application_name = 'one gateway' AND datname = current_database()
                      AND (xact_start IS NOT NULL OR state <> 'idle')"""
    async with asyncio.timeout(10):
        await eventually(lambda: stack.value(statement), what="no transaction is open")
