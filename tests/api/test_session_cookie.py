"""The session of a browser: its cookie is made, used by our own pages only, and taken away when it is over."""

import itertools
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from gateway import Gateway, running_gateway
from support import PASSWORD, SECRET, Client, Stack
from visitor import ASKS, SIGN_IN, VIEWER, Browser, browser

PLAIN, SECURE = "tickler-session", "__Host-tickler-session"
LIFE = 14 * 24 * 3600
_numbers = itertools.count(1)


@pytest.fixture
async def visitor(stack: Stack) -> AsyncIterator[Browser]:
    async with browser(stack.base_url) as new:
        yield new


@pytest.fixture
async def guest(stack: Stack, user: Client) -> AsyncIterator[tuple[Browser, Client]]:
    """A browser that has signed in, and the account as programs use it."""
    async with browser(stack.base_url) as new:
        assert (await new.sign_in(user.email))["errors"] == []
        yield new, user


def forged(user_id: int, secret: str = SECRET, **given: float) -> str:
    now = datetime.now(UTC)
    claims = {"iss": "tickler", "sub": str(user_id), "iat": now.timestamp(), "exp": now.timestamp() + 3600, **given}
    return jwt.encode(claims, secret, "HS256")


async def test_signing_up_and_in_set_a_cookie_that_scripts_cannot_read_and_no_token(visitor: Browser) -> None:
    email = f"cookie{next(_numbers)}@example.com"
    payload = await visitor.sign_up(email)
    assert (payload["token"], payload["errors"]) == (None, [])
    assert set(visitor.cookies) == {PLAIN}
    assert visitor.attributes is not None
    assert abs(int(visitor.attributes.pop("max-age")) - LIFE) <= 1
    assert visitor.attributes == {"path": "/", "httponly": "True", "samesite": "Strict"}
    assert await visitor.viewer() == int(payload["user"]["id"])
    assert visitor.attributes is None

    visitor.cookies.clear()
    again = await visitor.sign_in(email.upper())
    assert (again["token"], again["user"]) == (None, payload["user"])
    assert again["expiresAt"] is not None
    assert await visitor.viewer() == int(payload["user"]["id"])


async def test_without_the_header_a_token_is_given_and_no_cookie(visitor: Browser, user: Client) -> None:
    visitor.page.clear()
    payload = await visitor.sign_in(user.email)
    assert payload["token"].count(".") == 2
    assert (visitor.cookies, visitor.attributes) == ({}, None)


async def test_a_refused_sign_in_sets_nothing(visitor: Browser, user: Client) -> None:
    payload = await visitor.sign_in(user.email, "not the password")
    assert [error["code"] for error in payload["errors"]] == ["UNAUTHENTICATED"]
    assert (visitor.cookies, visitor.attributes) == ({}, None)


async def test_a_cookie_without_the_header_is_nobodys_and_stays(guest: tuple[Browser, Client], stack: Stack) -> None:
    """What a form of another page can send."""
    mine, user = guest
    before = await stack.written(user)
    mine.page.clear()
    for origin in (None, "https://evil.example", stack.base_url, "null"):
        headers = {} if origin is None else {"Origin": origin}
        response = await mine.post('mutation { createTask(input: {title: "x"}) { task { id } } }', **headers)
        assert response.status_code == 401
        assert (await mine.request("GET", "/graphql", params={"query": VIEWER}, headers=headers)).status_code == 401
        chat = await mine.request("POST", "/chat", json={"text": "add milk"}, headers=headers)
        assert chat.status_code == 401
        assert mine.attributes is None
    assert await stack.written(user) == before
    assert await mine.viewer(**ASKS) == user.user_id


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "anything"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "own"},
    ],
    ids=str,
)
async def test_a_foreign_page_is_refused_even_with_the_header(
    guest: tuple[Browser, Client], stack: Stack, headers: dict[str, str]
) -> None:
    mine, user = guest
    before = await stack.written(user)
    foreign = {name: stack.base_url if value == "own" else value for name, value in headers.items()}
    for response in (
        await mine.post('mutation { createTask(input: {title: "x"}) { task { id } } }', **foreign),
        await mine.post("mutation { signOut { errors { code } } }", **foreign),
        await mine.post(SIGN_IN, {"input": {"email": user.email, "password": PASSWORD}}, **foreign),
        await mine.request("GET", "/graphql", params={"query": VIEWER}, headers=foreign),
        await mine.request("POST", "/chat", json={"text": "add milk"}, headers=foreign),
    ):
        assert response.status_code == 403
        assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["FORBIDDEN_ORIGIN"]
        assert "set-cookie" not in response.headers
    assert await stack.written(user) == before


async def test_our_own_page_is_answered(guest: tuple[Browser, Client], stack: Stack) -> None:
    mine, user = guest
    for own in ({"Origin": stack.base_url}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert await mine.viewer(**own) == user.user_id
    got = await mine.request("GET", "/graphql", params={"query": VIEWER})
    assert got.json() == {"data": {"viewer": {"id": str(user.user_id)}}}


async def test_another_word_in_the_header_is_refused(guest: tuple[Browser, Client]) -> None:
    mine, _ = guest
    response = await mine.post(VIEWER, **{"Tickler-Session": "bearer"})
    assert response.status_code == 400
    assert "Tickler-Session" in response.json()["errors"][0]["message"]


async def test_the_chat_takes_the_cookie(guest: tuple[Browser, Client], stack: Stack) -> None:
    mine, user = guest
    response = await mine.request("POST", "/chat", json={"text": "add oat milk"})
    assert response.status_code == 200
    assert "event: done" in response.text
    assert await stack.value("SELECT title FROM tasks WHERE user_id = :id", id=user.user_id) == "oat milk"


async def test_assistants_do_not_get_in_by_the_cookie(guest: tuple[Browser, Client]) -> None:
    mine, user = guest
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"Accept": "application/json, text/event-stream"}
    response = await mine.request("POST", "/mcp", json=asked, headers=accept)
    assert response.status_code == 401
    assert mine.attributes is None
    response = await mine.request(
        "POST", "/mcp", json=asked, headers={**accept, "Authorization": f"Bearer {user.token}"}
    )
    assert response.status_code == 200


async def test_each_cookie_opens_its_own_account_and_a_token_wins(guest: tuple[Browser, Client], stack: Stack) -> None:
    mine, user = guest
    other = await stack.user()
    task = await other.create_task()
    document = "query($id: ID!) { task(id: $id) { id } }"
    assert (await mine.post(document, task)).json() == {"data": {"task": None}}

    bearer = {"Authorization": f"Bearer {other.token}"}
    assert await mine.viewer(**bearer) == other.user_id
    assert (await mine.post(document, task, **bearer)).json() == {"data": {"task": task}}
    # A token that is not good is not made good by the cookie, which is not to blame and stays.
    for bad in ("Bearer x", "Bearer", "Basic abc"):
        assert await mine.viewer(Authorization=bad) is None
        assert mine.attributes is None
    # The other account's sessions end; the one in the cookie is not touched.
    ended = await mine.post("mutation { signOutEverywhere { errors { code } } }", **bearer)
    assert ended.json()["data"]["signOutEverywhere"]["errors"] == []
    assert mine.attributes is None
    assert await mine.viewer() == user.user_id


async def test_signing_out_takes_the_cookie_away_with_or_without_a_session(
    guest: tuple[Browser, Client], visitor: Browser
) -> None:
    mine, user = guest
    document = "mutation { signOut { errors { code } } }"
    done = {"data": {"signOut": {"errors": []}}}
    assert (await mine.post(document)).json() == done
    assert mine.attributes == {"max-age": "0", "path": "/", "httponly": "True", "samesite": "Strict"}
    assert mine.cookies == {}
    assert await mine.viewer() is None
    assert (await visitor.post(document)).json() == done
    # A program has no cookie to lose.
    assert (await user.post(document)).headers.get("set-cookie") is None
    assert (await user.call(VIEWER))["viewer"]["id"] == str(user.user_id)


async def test_ending_every_session_and_the_account_takes_the_cookie_away(
    guest: tuple[Browser, Client], stack: Stack
) -> None:
    mine, user = guest
    old = dict(mine.cookies)
    payload = (await mine.post("mutation { signOutEverywhere { errors { code } } }")).json()["data"]
    assert payload["signOutEverywhere"]["errors"] == []
    assert mine.cookies == {}
    mine.cookies = old
    assert await mine.viewer() is None

    await mine.sign_in(user.email)
    delete = "mutation($password: String!) { deleteAccount(password: $password) { deletedId errors { code } } }"
    wrong = (await mine.post(delete, {"password": "not the password"})).json()["data"]["deleteAccount"]
    assert wrong["deletedId"] is None
    assert mine.attributes is None
    right = (await mine.post(delete, {"password": PASSWORD})).json()["data"]["deleteAccount"]
    assert right["deletedId"] == str(user.user_id)
    assert mine.cookies == {}
    assert await stack.value("SELECT count(*) FROM users WHERE id = :id", id=user.user_id) == 0


async def test_a_cookie_that_is_over_or_tampered_with_is_refused_and_taken_away(
    guest: tuple[Browser, Client], stack: Stack
) -> None:
    mine, user = guest
    good = mine.cookies[PLAIN]
    head, claims, signature = good.split(".")
    api_token = (await user.mutate("createApiToken", "token", name="script"))["token"]
    past = (datetime.now(UTC) - timedelta(seconds=1)).timestamp()
    bad = [
        "x",
        good + "A",
        f"{head}.{claims[:-2]}AA.{signature}",
        f"{head}.{claims}.",
        forged(user.user_id, "some other secret that is long enough"),
        forged(user.user_id, exp=past),
        forged(999_999_999),
        # Good as a bearer; a cookie holds sessions and nothing else.
        api_token,
    ]
    for value in bad:
        for path, body in (("/graphql", {"query": VIEWER}), ("/chat", {"text": "add milk"})):
            mine.cookies = {PLAIN: value}
            response = await mine.request("POST", path, json=body)
            assert response.status_code == 401, value
            assert mine.cookies == {}, value
    mine.cookies = {PLAIN: good}
    assert await mine.viewer() == user.user_id
    await stack.execute("UPDATE users SET tokens_valid_from = now() + interval '1 s' WHERE id = :id", id=user.user_id)
    assert await mine.viewer() is None
    assert mine.cookies == {}


async def test_an_open_operation_goes_on_with_a_cookie_that_is_over(visitor: Browser, user: Client) -> None:
    visitor.cookies = {PLAIN: "x"}
    assert (await visitor.sign_in(user.email))["errors"] == []
    assert await visitor.viewer() == user.user_id


@pytest.mark.parametrize(
    ("settings", "headers", "secure"),
    [
        ({"public_url": "https://tasks.example.org"}, {}, True),
        ({"public_url": "http://tasks.example.org"}, {}, False),
        ({"trusted_proxies": 1}, {"X-Forwarded-Proto": "https"}, True),
        ({"trusted_proxies": 1}, {"X-Forwarded-Proto": "http"}, False),
        ({"trusted_proxies": 1}, {"X-Forwarded-Proto": "https, http"}, False),
        ({"trusted_proxies": 2}, {"X-Forwarded-Proto": "http, https, http"}, True),
        ({"trusted_proxies": 2}, {"X-Forwarded-Proto": "HTTPS"}, True),
        ({"trusted_proxies": 1}, {}, False),
        # Without a proxy in front, the header is the caller's own invention.
        ({}, {"X-Forwarded-Proto": "https"}, False),
    ],
    ids=str,
)
async def test_by_https_the_cookie_is_for_https_and_this_host_only(
    stack: Stack, user: Client, settings: dict[str, object], headers: dict[str, str], secure: bool
) -> None:
    async with running_gateway(stack, **settings) as gateway, browser(gateway.base_url) as mine:
        mine.page |= headers
        await mine.sign_in(user.email)
        assert set(mine.cookies) == {SECURE if secure else PLAIN}
        assert mine.attributes is not None
        assert ("secure" in mine.attributes, "domain" in mine.attributes) == (secure, False)
        assert await mine.viewer() == user.user_id
        # A cookie of the other name, as a neighbour without TLS can plant it, is not looked at.
        mine.cookies = {PLAIN if secure else SECURE: next(iter(mine.cookies.values()))}
        assert await mine.viewer() is None
        assert mine.attributes is None


async def _viewer(gateway: Gateway, token: str, origin: str, name: str, host: str | None = None) -> int:
    headers = {**ASKS, "Origin": origin, "Cookie": f"{name}={token}", **({"Host": host} if host else {})}
    return (await gateway.http.post("/graphql", content=json.dumps({"query": VIEWER}), headers={
        **headers, "Content-Type": "application/json"
    })).status_code  # fmt: skip


async def test_which_pages_are_our_own_behind_a_proxy(stack: Stack, user: Client) -> None:
    settings = {"public_url": "https://tasks.example.org", "cors_origins": "https://app.example.org"}
    async with running_gateway(stack, **settings) as gateway:
        for origin, status in (
            ("https://tasks.example.org", 200),
            ("https://app.example.org", 200),
            ("http://tasks.example.org", 403),
            ("https://tasks.example.org.evil.example", 403),
            ("https://other.example.org", 403),
            # The same host, but not by https.
            (gateway.base_url, 403),
        ):
            assert await _viewer(gateway, user.token, origin, SECURE) == status, origin
    async with running_gateway(stack, cors_origins="*") as gateway:
        assert await _viewer(gateway, user.token, "https://evil.example", PLAIN) == 403
        # A proxy that ends TLS and passes the host on, but says nothing of it.
        assert await _viewer(gateway, user.token, "https://tasks.example.org", PLAIN, "tasks.example.org") == 200


async def test_no_preflight_allows_the_header(stack: Stack) -> None:
    async with running_gateway(stack, cors_origins="https://app.example.org") as gateway:
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "tickler-session"}
        for origin in ("https://app.example.org", "https://evil.example"):
            response = await gateway.http.options("/graphql", headers={"Origin": origin, **asked})
            assert response.status_code == 400
            assert "tickler-session" not in response.headers.get("access-control-allow-headers", "").lower()
            assert "access-control-allow-credentials" not in response.headers
