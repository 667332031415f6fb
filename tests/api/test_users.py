"""Signing up and in: an address is one account in every case, and a refusal tells nothing of who has one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support import PASSWORD, Client, Stack

VIEWER = "{ viewer { id email name timeZone channels createdAt } }"
AUTH = "token expiresAt user { id email name timeZone channels createdAt }"


def address(user: Client) -> str:
    """An address that nobody has."""
    return f"new-{user.user_id}@Example.com"


async def sign_up(client: Client, **given: Any) -> dict[str, Any]:
    return await client.mutate("signUp", AUTH, **{"password": PASSWORD, "name": "New", **given})


async def test_signing_up_signs_in(stack: Stack, user: Client, anonymous: Client) -> None:
    payload = await sign_up(anonymous, email=f" {address(user)} ", name=" New ", timeZone="Asia/Tokyo")
    assert payload["errors"] == []
    shown = payload["user"]
    assert shown == {
        **shown,
        "email": f"new-{user.user_id}@example.com",
        "name": "New",
        "timeZone": "Asia/Tokyo",
        "channels": ["IN_APP"],
    }
    anonymous.token = payload["token"]
    assert await anonymous.call(VIEWER) == {"viewer": shown}
    lifetime = datetime.fromisoformat(payload["expiresAt"]) - datetime.now(UTC)
    assert abs(lifetime - timedelta(hours=stack.settings.session_hours)) < timedelta(minutes=1)


async def test_the_zone_is_utc_where_none_is_given(user: Client, anonymous: Client) -> None:
    assert (await sign_up(anonymous, email=address(user)))["user"]["timeZone"] == "UTC"
    assert (await sign_up(anonymous, email=f"b{address(user)}", timeZone=None))["user"]["timeZone"] == "UTC"


async def test_signing_in_takes_the_address_in_any_case(user: Client, anonymous: Client) -> None:
    for email in (user.email, user.email.upper(), f"  {user.email.title()} "):
        payload = await anonymous.mutate("signIn", AUTH, email=email, password=PASSWORD)
        assert payload["errors"] == []
        assert payload["user"]["id"] == str(user.user_id)
        client = Client(anonymous.http, token=payload["token"])
        assert (await client.call("{ viewer { id } }"))["viewer"]["id"] == str(user.user_id)


async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(user: Client, anonymous: Client) -> None:
    refused = [
        await anonymous.mutate("signIn", AUTH, email=email, password=password)
        for email, password in (
            (user.email, "wrong"),
            (user.email, PASSWORD.upper()),
            (user.email, ""),
            (user.email, "x" * 100_000),
            (address(user), PASSWORD),
            ("", PASSWORD),
            ("' OR 1=1 --", PASSWORD),
        )
    ]
    error = {"code": "UNAUTHENTICATED", "message": "E-mail address or password is wrong", "path": []}
    assert refused == [{"token": None, "expiresAt": None, "user": None, "errors": [error]}] * len(refused)


async def test_an_address_has_one_account_whatever_its_case(stack: Stack, user: Client, anonymous: Client) -> None:
    count = await stack.value("SELECT count(*) FROM users")
    for email in (user.email, user.email.upper(), f" {user.email}"):
        payload = await sign_up(anonymous, email=email)
        assert payload["token"] is payload["user"] is None
        assert [(error["code"], error["path"]) for error in payload["errors"]] == [
            ("ALREADY_EXISTS", ["input", "email"])
        ]
    assert await stack.value("SELECT count(*) FROM users") == count


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "a b@example.com"}, "email"),
        ({"email": f"{'a' * 250}@example.com"}, "email"),
        ({"password": "x" * 9}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
    ],
)
async def test_a_bad_account_is_refused(
    stack: Stack, user: Client, anonymous: Client, given: dict[str, str], path: str
) -> None:
    count = await stack.value("SELECT count(*) FROM users")
    payload = await sign_up(anonymous, **{"email": address(user), **given})
    assert payload["token"] is payload["user"] is None
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID", ["input", path])]
    assert await stack.value("SELECT count(*) FROM users") == count


async def test_the_shortest_and_the_longest_password_sign_in(user: Client, anonymous: Client) -> None:
    for number, password in enumerate(("x" * 10, "ü" * 128)):
        email = f"{number}{address(user)}"
        await sign_up(anonymous, email=email, password=password)
        payload = await anonymous.mutate("signIn", "token", email=email, password=password)
        assert payload["token"]


async def test_a_password_is_nowhere_in_the_database(stack: Stack, user: Client) -> None:
    row = (await stack.rows("SELECT to_jsonb(users) AS user FROM users WHERE id = :id", id=user.user_id))[0]["user"]
    assert PASSWORD not in str(row)
    assert row["password_hash"].startswith("$argon2id$")
