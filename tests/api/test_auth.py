"""Tokens: our own sessions, and those of an external issuer whose keys we fetch."""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from support import SECRET, Client, Stack, running_stack

VIEWER = "{ viewer { id email name timeZone } }"
ISSUER, AUDIENCE = "https://issuer.example", "tickler-tests"


def claims(**given: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    every = {"iat": now.timestamp(), "exp": (now + timedelta(hours=1)).timestamp(), **given}
    return {name: value for name, value in every.items() if value is not None}


async def refused(client: Client, token: str, word: str = "", *, scheme: str = "Bearer") -> None:
    """The answer to a caller who is nobody: 401, and nothing of it executed."""
    for document in (VIEWER, 'mutation { createTask(input: {title: "x"}) { task { id } } }'):
        response = await client.http.post(
            "/graphql",
            json={"query": document},
            headers={"Authorization": f"{scheme} {token}".encode("latin-1")} if token else {},
        )
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert word in error["message"]
        assert "data" not in response.json()


def none_token(payload: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, payload)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


async def test_a_token_opens_its_own_account(user: Client) -> None:
    assert (await user.call(VIEWER))["viewer"] == {
        "id": str(user.user_id),
        "email": user.email,
        "name": "User",
        "timeZone": "Europe/Berlin",
    }
    response = await user.post(VIEWER, Authorization=f"bearer   {user.token}")
    assert response.status_code == 200


async def test_a_missing_or_broken_token_is_refused(stack: Stack, user: Client, anonymous: Client) -> None:
    before = await stack.written(user)
    header, payload, signature = user.token.split(".")
    await refused(anonymous, "", "needs a token")
    await refused(anonymous, user.token, "needs a token", scheme="Basic")
    for broken in (
        "x",
        "a.b.c",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[::-1]}",
        f"{header}.{payload[:-2]}AA.{signature}",
        user.token + "A",
        "é",
    ):
        await refused(anonymous, broken, "not valid")
    assert await stack.written(user) == before


async def test_a_forged_or_expired_token_is_refused(user: Client, anonymous: Client) -> None:
    mine = {"iss": "tickler", "sub": str(user.user_id)}
    anonymous.token = jwt.encode(claims(**mine), SECRET, "HS256")
    assert (await anonymous.call(VIEWER))["viewer"]["id"] == str(user.user_id)
    for forged in (
        jwt.encode(claims(**mine), "some other secret that is long enough", "HS256"),
        jwt.encode(claims(**mine), SECRET * 2, "HS512"),
        none_token(claims(**mine)),
        jwt.encode(claims(**{**mine, "iss": "another"}), SECRET, "HS256"),
        jwt.encode(claims(**{**mine, "iss": None}), SECRET, "HS256"),
        *(jwt.encode(claims(**mine, **{name: None}), SECRET, "HS256") for name in ("exp", "iat")),
        jwt.encode(claims(iss="tickler"), SECRET, "HS256"),
    ):
        await refused(anonymous, forged, "not valid")
    past = datetime.now(UTC) - timedelta(seconds=1)
    await refused(anonymous, jwt.encode(claims(**mine, exp=past), SECRET, "HS256"), "expired")
    for nobody in ("0", "x", "999999999999", "-1"):
        await refused(anonymous, jwt.encode(claims(iss="tickler", sub=nobody), SECRET, "HS256"), "gone")


async def test_the_token_of_a_deleted_or_signed_out_user_is_refused(stack: Stack, user: Client) -> None:
    other = await stack.user()
    await stack.execute("DELETE FROM users WHERE id = :id", id=user.user_id)
    await refused(user, user.token, "gone")
    await stack.execute("UPDATE users SET tokens_valid_from = now() + interval '1 s' WHERE id = :id", id=other.user_id)
    await refused(other, other.token, "signed out")


async def test_an_operation_is_open_only_if_all_of_it_is(user: Client, anonymous: Client) -> None:
    body = (await anonymous.post("{ __schema { queryType { name } } __typename }")).json()
    assert body == {"data": {"__schema": {"queryType": {"name": "Query"}}, "__typename": "Query"}}
    sign_in = f'signIn(input: {{email: "{user.email}", password: "wrong"}}) {{ errors {{ code }} }}'
    for document in (
        f'mutation {{ {sign_in} createTag(input: {{name: "x"}}) {{ tag {{ id }} }} }}',
        "{ __typename ...F } fragment F on Query { ...G } fragment G on Query { tags { id } }",
        "{ __typename ... on Query { viewer { id } } }",
        "{ signIn: viewer { id } }",
    ):
        response = await anonymous.post(document)
        assert (response.status_code, response.json().get("data")) == (401, None)
    both = "query Open { __typename } query Closed { viewer { id } }"
    for name, status in (("Open", 200), ("Closed", 401)):
        response = await anonymous.http.post("/graphql", json={"query": both, "operationName": name})
        assert response.status_code == status


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def jwks_url(key: RSAPrivateKey) -> Iterator[str]:
    """Where an issuer of our own, on loopback, publishes its key under the id "one"."""
    published = {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "one", "use": "sig"}
    body = json.dumps({"keys": [published]}).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/keys"
        server.shutdown()
        thread.join()


@pytest.fixture
async def external(fresh_database: str, jwks_url: str) -> AsyncIterator[Stack]:
    """A stack that accepts that issuer's tokens."""
    more = {"jwks_url": jwks_url, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    async with running_stack(fresh_database, names=(), **more) as running:
        yield running


async def test_tokens_of_an_external_issuer(external: Stack, key: RSAPrivateKey) -> None:
    known = {"iss": ISSUER, "aud": AUDIENCE, "sub": "person|1", "email": "ann@example.com"}

    def token(signed_by: Any = key, algorithm: str = "RS256", kid: str | None = "one", **given: Any) -> str:
        return jwt.encode(claims(**{**known, **given}), signed_by, algorithm, headers={"kid": kid} if kid else {})

    ann = external.anonymous()
    other_key = generate_private_key(65537, 2048)
    public = key.public_key()
    past = datetime.now(UTC) - timedelta(minutes=1)
    for bad in (
        token(iss="https://other.example"),
        token(aud="another"),
        token(aud=None),
        token(sub=None),
        token(iat=None),
        token(other_key),
        token(kid="two"),
        token(kid=None),
        token(SECRET, "HS256"),
        jwt.encode(claims(**known), str(public.public_numbers().n), "HS256", headers={"kid": "one"}),
        none_token(claims(**known)),
        "x",
    ):
        await refused(ann, bad, "not valid")
    await refused(ann, token(exp=past), "expired")
    for unverified in ({"email_verified": False}, {"email": None}, {"email": 5}):
        await refused(ann, token(**unverified), "verified e-mail")
    assert await external.value("SELECT count(*) FROM users") == 0

    # The first sight of a valid token makes the account, once.
    ann.token = token(name="Ann", email_verified=True)
    viewers = await asyncio.gather(*(ann.call(VIEWER) for _ in range(5)))
    assert viewers == [{"viewer": {**viewers[0]["viewer"], "email": "ann@example.com", "name": "Ann"}}] * 5
    assert await external.value("SELECT count(*) FROM users") == 1
    await ann.create_task()
    ann.token = token(email="ann@elsewhere.example")
    assert (await ann.call("{ tasks { totalCount } }"))["tasks"]["totalCount"] == 1

    # An address belongs to the account that had it first; sessions of our own work beside all that.
    await refused(external.anonymous(), token(sub="person|2", email="ANN@example.com"), "another account")
    bob = await external.user()
    await refused(external.anonymous(), token(sub="person|3", email=bob.email), "another account")
    assert (await bob.call("{ tasks { totalCount } }"))["tasks"]["totalCount"] == 0
    refusal = await bob.mutate("signIn", "token", email="ann@example.com", password="")
    assert [error["code"] for error in refusal["errors"]] == ["UNAUTHENTICATED"]
    await external.execute("UPDATE users SET tokens_valid_from = now() + interval '1 s'")
    await refused(ann, ann.token, "signed out")
