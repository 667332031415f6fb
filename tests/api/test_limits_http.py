"""What HTTP adds: negotiation, ids, headers for browsers, CORS, and a schema that does not tell."""

import httpx
import pytest
from gateway import code_of, running_gateway
from support import Client, Stack

JSON, GRAPHQL = "application/json", "application/graphql-response+json"
ORIGIN = "https://tasks.example.org"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON};q=0.9, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"*/*, {GRAPHQL};q=0", JSON),
        (f"{JSON};q=0, */*", GRAPHQL),
        ("application/*", JSON),
        ("text/html, */*;q=0.1", JSON),
        (GRAPHQL.upper(), GRAPHQL),
    ],
)
async def test_the_answer_is_in_the_media_type_that_is_preferred(
    anonymous: Client, accept: str, media_type: str
) -> None:
    response = await anonymous.post("{ __typename }", Accept=accept)
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


async def test_mutations_need_post_and_subscriptions_are_not_there(anonymous: Client) -> None:
    refused = await anonymous.http.get("/graphql", params={"query": "mutation { __typename }"})
    assert (refused.status_code, code_of(refused), refused.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "POST")
    refused = await anonymous.http.put("/graphql")
    assert (refused.status_code, code_of(refused), refused.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "GET, POST")
    refused = await anonymous.post("subscription { __typename }")
    assert "no subscriptions" in refused.json()["errors"][0]["message"]


async def test_every_answer_has_an_id_the_callers_own_if_it_is_a_sound_one(anonymous: Client) -> None:
    assert (await anonymous.post("{ __typename }", **{"X-Request-Id": "mine-1"})).headers["x-request-id"] == "mine-1"
    for unsound in ("a b", "x" * 65, "<script>"):
        given = (await anonymous.post("{ __typename }", **{"X-Request-Id": unsound})).headers["x-request-id"]
        assert len(given) == 16


async def test_what_nobody_expected_is_masked_and_named_by_the_requests_id(
    stack: Stack, user: Client, empty_database: str
) -> None:
    async with running_gateway(stack, database_url=empty_database) as gateway:
        response = await gateway.client(user).post("{ viewer { id } }", **{"X-Request-Id": "mine-2"})
        assert (response.status_code, code_of(response)) == (500, "INTERNAL")
        [error] = response.json()["errors"]
        assert error["extensions"]["requestId"] == "mine-2"
        assert error["message"] == f"Something went wrong here; the error has the id {error['extensions']['id']}."
        assert (await gateway.client().post("{ __typename }")).status_code == 200


@pytest.mark.parametrize("path", ["/graphql", "/livez", "/nothing", "/graphiql", "/"])
async def test_every_answer_tells_browsers_to_trust_nothing(anonymous: Client, path: str) -> None:
    headers = (await anonymous.http.get(path)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "strict-transport-security" not in headers
    assert "server" not in headers


async def test_transport_security_is_announced_when_it_is_set(stack: Stack) -> None:
    async with running_gateway(stack, hsts_seconds=31_536_000) as gateway:
        headers = (await gateway.http.get("/livez")).headers
        assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def _preflight(http: httpx.AsyncClient, origin: str) -> httpx.Request:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return http.build_request("OPTIONS", "/graphql", headers=asked)


async def test_no_other_origin_may_ask_unless_it_is_named(stack: Stack, anonymous: Client) -> None:
    refused = await anonymous.http.send(_preflight(anonymous.http, ORIGIN))
    assert refused.status_code == 405
    assert not [name for name in refused.headers if name.startswith("access-control")]
    async with running_gateway(stack, cors_origins=f"{ORIGIN}, http://localhost:3000") as gateway:
        allowed = await gateway.http.send(_preflight(gateway.http, ORIGIN))
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == ORIGIN
        assert "authorization" in allowed.headers["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in allowed.headers
        other = await gateway.http.send(_preflight(gateway.http, "https://evil.example.org"))
        assert "access-control-allow-origin" not in other.headers
        response = await gateway.client().post("{ __typename }", Origin=ORIGIN)
        assert response.headers["access-control-allow-origin"] == ORIGIN


async def test_a_refusal_can_be_read_by_an_origin_that_is_named(stack: Stack) -> None:
    async with running_gateway(stack, cors_origins=ORIGIN, rate_address="1/hour") as gateway:
        await gateway.client().post("{ __typename }")
        refused = await gateway.client().post("{ __typename }", Origin=ORIGIN)
        assert refused.status_code == 429
        assert refused.headers["access-control-allow-origin"] == ORIGIN
        assert "Retry-After" in refused.headers["access-control-expose-headers"]


async def test_a_schema_that_does_not_tell_makes_no_suggestions_either(stack: Stack, user: Client) -> None:
    mistakes = (
        ("{ viewr { id } }", {}),
        ("{ tasks(frist: 1) { totalCount } }", {}),
        ("query($w: TaskFiltr) { tasks(filter: $w) { totalCount } }", {}),
        ("query($w: TaskFilter) { tasks(filter: $w) { totalCount } }", {"w": {"titel": {"eq": "x"}}}),
        ("query($w: TaskFilter) { tasks(filter: $w) { totalCount } }", {"w": {"status": {"eq": "OPNE"}}}),
    )
    async with running_gateway(stack, introspection=False) as gateway:
        for document in ("{ __schema { types { name } } }", '{ __type(name: "Task") { name } }'):
            body = (await gateway.client().post(document)).json()
            assert {error["extensions"]["code"] for error in body.pop("errors")} == {"GRAPHQL_VALIDATION_FAILED"}
            assert body == {}
        assert (await gateway.client().post("{ __typename }")).json() == {"data": {"__typename": "Query"}}
        for document, variables in mistakes:
            assert "Did you mean" in (await user.post(document, variables)).text
            assert "Did you mean" not in (await gateway.client(user).post(document, variables)).text
