"""Many requests: by user, by address, by account; what is told, and what is not."""

import time
from typing import Any

import pytest
from gateway import Gateway, code_of, running_gateway
from limits.aio.storage.base import SlidingWindowCounterSupport, Storage
from support import PASSWORD, Client, Stack, stack_settings

from api.limits_memory import ProcessStorage
from api.limits_rates import Rates, account, network
from api.middleware import client_address
from config.settings import SettingsError
from domain.errors import RateLimited

SIGN_IN = "mutation($i: SignInInput!) { signIn(input: $i) { token errors { code message path } } }"
SIGN_UP = "mutation($i: SignUpInput!) { signUp(input: $i) { token errors { code message path } } }"


async def sign_in(gateway: Gateway, email: str, password: str = PASSWORD, **headers: str) -> dict[str, Any]:
    response = await gateway.client().post(SIGN_IN, {"i": {"email": email, "password": password}}, **headers)
    payload: dict[str, Any] = response.json()["data"]["signIn"]
    return payload


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["errors"]]


async def test_a_user_who_asks_too_often_is_answered_429(stack: Stack, user: Client) -> None:
    other = await stack.user()
    async with running_gateway(stack, rate_user="3/hour") as gateway:
        mine, others = gateway.client(user), gateway.client(other)
        for _ in range(3):
            assert (await mine.post("{ viewer { id } }")).status_code == 200
        refused = await mine.post("{ viewer { id } }")
        assert (refused.status_code, code_of(refused)) == (429, "RATE_LIMITED")
        assert 1 <= int(refused.headers["retry-after"]) <= 7_200
        assert (await others.post("{ viewer { id } }")).status_code == 200


async def test_an_address_that_asks_too_often_is_answered_429_but_for_probes(stack: Stack) -> None:
    async with running_gateway(stack, rate_address="3/hour") as gateway:
        for _ in range(3):
            assert (await gateway.http.get("/graphql", params={"query": "{ __typename }"})).status_code == 200
        for path in ("/graphql", "/graphiql"):
            refused = await gateway.http.get(path)
            assert (refused.status_code, code_of(refused)) == (429, "RATE_LIMITED")
            assert int(refused.headers["retry-after"]) >= 1
            assert refused.headers["x-request-id"]
        assert (await gateway.http.get("/livez")).status_code == 200


async def test_only_a_trusted_proxy_says_where_a_request_comes_from(stack: Stack) -> None:
    for trusted, expected in ((0, [200, 429]), (1, [200, 200])):
        async with running_gateway(stack, rate_address="1/hour", trusted_proxies=trusted) as gateway:
            answers = [
                await gateway.client().post("{ __typename }", **{"X-Forwarded-For": f"10.0.0.{n}"}) for n in (1, 2)
            ]
            assert [answer.status_code for answer in answers] == expected


@pytest.mark.parametrize(
    ("forwarded", "trusted", "address"),
    [
        (None, 1, "192.0.2.1"),
        ("198.51.100.7", 0, "192.0.2.1"),
        ("198.51.100.7", 1, "198.51.100.7"),
        ("10.9.9.9, 198.51.100.7", 1, "198.51.100.7"),
        ("10.9.9.9, 198.51.100.7, 203.0.113.5", 2, "198.51.100.7"),
        ("198.51.100.7", 2, "198.51.100.7"),
        ("198.51.100.7:1234", 1, "198.51.100.7"),
        ("[2001:db8::1]:1234", 1, "2001:db8::1"),
        ("nonsense", 1, "192.0.2.1"),
        (" , ", 1, "192.0.2.1"),
    ],
)
def test_the_address_is_counted_from_the_right(forwarded: str | None, trusted: int, address: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded is not None else []
    assert client_address({"type": "http", "client": ("192.0.2.1", 1), "headers": headers}, trusted) == address


def test_one_subscriber_of_ipv6_is_one_address() -> None:
    assert network("2001:db8:0:1::5") == network("2001:db8:0:1:ffff::9") != network("2001:db8:0:2::5")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") == "192.0.2.1"


async def test_too_many_sign_ins_of_an_account_are_refused_in_the_payload(stack: Stack, user: Client) -> None:
    other = await stack.user()
    async with running_gateway(stack, rate_sign_in_account="2/hour") as gateway:
        for _ in range(2):
            assert (await sign_in(gateway, user.email))["token"]
        refused = await sign_in(gateway, f" {user.email.upper()} ")
        assert (refused["token"], codes(refused)) == (None, ["RATE_LIMITED"])
        assert (await sign_in(gateway, other.email))["token"]


async def test_too_many_sign_ins_of_an_address_are_refused_whatever_the_account(stack: Stack, user: Client) -> None:
    async with running_gateway(stack, rate_sign_in_address="2/hour") as gateway:
        for n in range(2):
            assert codes(await sign_in(gateway, f"nobody{n}@example.com")) == ["UNAUTHENTICATED"]
        assert codes(await sign_in(gateway, user.email)) == ["RATE_LIMITED"]


async def test_aliases_are_no_way_around(stack: Stack, user: Client) -> None:
    async with running_gateway(stack, rate_sign_in_account="3/hour") as gateway:
        fields = " ".join(f"a{n}: signIn(input: $i) {{ errors {{ code }} }}" for n in range(10))
        document = f"mutation($i: SignInInput!) {{ {fields} }}"
        body = (await gateway.client().post(document, {"i": {"email": user.email, "password": "wrong" * 3}})).json()
        found = [payload["errors"][0]["code"] for payload in body["data"].values()]
        assert found == ["UNAUTHENTICATED"] * 3 + ["RATE_LIMITED"] * 7


async def test_failed_sign_ins_lock_an_account_whether_it_exists_or_not(stack: Stack, user: Client) -> None:
    async with running_gateway(stack, rate_sign_in_failures="3/hour") as gateway:
        told = []
        for email in (user.email, "nobody-at-all@example.com"):
            answers = [await sign_in(gateway, email, "wrong" * 3) for _ in range(5)]
            assert [codes(answer)[0] for answer in answers] == ["UNAUTHENTICATED"] * 3 + ["RATE_LIMITED"] * 2
            told.append([error["message"].partition(" in ")[0] for answer in answers for error in answer["errors"]])
            # Locked is locked: the right password opens nothing either, and says nothing.
            assert codes(await sign_in(gateway, email, PASSWORD)) == ["RATE_LIMITED"]
        assert told[0] == told[1]


async def test_a_success_forgets_the_failures_before_it(stack: Stack, user: Client) -> None:
    async with running_gateway(stack, rate_sign_in_failures="3/hour") as gateway:
        for _ in range(3):
            assert codes(await sign_in(gateway, user.email, "wrong" * 3)) == ["UNAUTHENTICATED"]
            assert codes(await sign_in(gateway, user.email, "wrong" * 3)) == ["UNAUTHENTICATED"]
            assert (await sign_in(gateway, user.email))["token"]


async def test_deleting_an_account_is_no_way_to_guess_its_password(stack: Stack, user: Client) -> None:
    async with running_gateway(stack, rate_sign_in_failures="2/hour") as gateway:
        document = 'mutation { deleteAccount(password: "not the password") { errors { code } } }'
        found = [(await gateway.client(user).call(document))["deleteAccount"]["errors"][0]["code"] for _ in range(3)]
        assert found == ["UNAUTHENTICATED", "UNAUTHENTICATED", "RATE_LIMITED"]


@pytest.mark.parametrize(("setting", "same_email"), [("rate_sign_up_address", False), ("rate_sign_up_account", True)])
async def test_too_many_sign_ups_are_refused_in_the_payload(stack: Stack, setting: str, same_email: bool) -> None:
    async with running_gateway(stack, **{setting: "2/hour"}) as gateway:
        found = []
        for n in range(3):
            email = f"many-{setting}-{0 if same_email else n}@example.com"
            given = {"email": email, "password": PASSWORD, "name": "x"}
            payload = (await gateway.client().call(SIGN_UP, i=given))["signUp"]
            found.append(codes(payload))
        assert found == [[], ["ALREADY_EXISTS"] if same_email else [], ["RATE_LIMITED"]]


class BrokenStorage(Storage, SlidingWindowCounterSupport):
    """A shared storage whose server is away."""

    STORAGE_SCHEME = ["async+broken"]  # noqa: RUF012 - the library's declaration

    @property
    def base_exceptions(self) -> type[Exception]:
        return ConnectionError

    async def _fail(self, *_: Any) -> Any:
        raise ConnectionError

    incr = get = get_expiry = check = reset = clear = _fail
    acquire_sliding_window_entry = get_sliding_window = clear_sliding_window = _fail


async def test_without_its_shared_storage_each_process_counts_for_itself() -> None:
    rates = Rates(stack_settings("postgresql://x", "x", rate_storage="async+broken://", rate_user="2/hour"))
    await rates.user(1)
    await rates.user(1)
    with pytest.raises(RateLimited):
        await rates.user(1)
    await rates.signed_in("a@example.com")


@pytest.mark.parametrize("url", ["redis://localhost", "nothing://", "async+nothing://"])
def test_a_storage_that_cannot_be_used_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="TICKLER_RATE_STORAGE"):
        Rates(stack_settings("postgresql://x", "x", rate_storage=url))


def test_a_redis_is_asked_only_when_it_is_needed() -> None:
    assert Rates(stack_settings("postgresql://x", "x", rate_storage="async+redis://localhost:1"))


async def test_memory_is_bounded_however_many_addresses_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = ProcessStorage(most_keys=2_000)
    for n in range(10_000):
        await storage.incr(f"key {n}", 60)
    assert len(storage._counters) <= 2_000  # noqa: SLF001 - memory is what this is about
    assert await storage.get("key 9999") == 1
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 61)
    await storage.incr("another", 60)
    assert await storage.get("key 9999") == 0
    assert len(storage._counters) == 1  # noqa: SLF001


def test_an_account_has_one_key_in_any_case() -> None:
    assert account(" Ann@Example.com ") == account("ann@example.COM") != account("bob@example.com")
    assert "ann" not in account("ann@example.com")
