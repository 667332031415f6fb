"""The frontend pod's server before a real daprd: pages, the session and the chat work through two sidecars."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pipeline import Place
from support import eventually, stack_settings
from visitor import ASKS, VIEWER, Browser, browser

from api.app import create_app
from cli import real_web
from cli.real_daprd import Sidecar, sidecar
from cli.real_kafka import Node
from cli.real_stack import free_port
from cli.serving import listen, serve

API_TOKEN = "what each sidecar asks of its callers"
APP_TOKEN = "what the API's sidecar shows to the gateway"
CREATE = "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } errors { message } } }"
_numbers = itertools.count(1)


@dataclass
class Pod:
    url: str
    api_sidecar: Sidecar
    gateway_port: int


@contextlib.asynccontextmanager
async def pod(place: Place, brokers: str, folder: Path, **settings: Any) -> AsyncIterator[Pod]:
    """A gateway and its sidecar; before them the pod: a sidecar and the web UI's server, all by HTTP on loopback."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    given = {"public_url": url, "app_api_token": APP_TOKEN, **settings}
    app = create_app(
        stack_settings(place.url, brokers, **given),
        place.sessions,
        checks={},
        graphiql_bundle=lambda: None,
        web_export=lambda: None,
    )
    bound = listen("127.0.0.1", 0)
    gateway_port = bound.getsockname()[1]
    serving = asyncio.create_task(serve(app, bound))
    try:
        with contextlib.ExitStack() as parts:
            api = await asyncio.to_thread(
                parts.enter_context,
                sidecar(
                    folder / "api",
                    brokers=brokers,
                    database_url=place.url,
                    app_id="tickler-api",
                    app_port=gateway_port,
                    api_token=API_TOKEN,
                    app_token=APP_TOKEN,
                ),
            )
            web = await asyncio.to_thread(
                parts.enter_context, real_web.sidecar(folder / "web", api=api, api_token=API_TOKEN)
            )
            environment = {"TICKLER_API_APP_ID": "tickler-api", **web.environment}
            address = await asyncio.to_thread(
                parts.enter_context, real_web.server(folder, port=port, environment=environment)
            )
            yield Pod(address, api, gateway_port)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        bound.close()


async def titles(visitor: Browser) -> list[str]:
    response = await visitor.post("{ tasks { nodes { title } } }")
    return [node["title"] for node in response.json()["data"]["tasks"]["nodes"]]


def email() -> str:
    return f"pod{next(_numbers)}@example.com"


async def test_pages_the_session_and_the_chat_work_through_the_sidecars(
    place: Place, real_kafka: Node, tmp_path: Path
) -> None:
    async with pod(place, real_kafka.address, tmp_path) as running, browser(running.url) as mine:
        page = await mine.request("GET", "/sign-in")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "script-src 'self' 'sha256-" in page.headers["content-security-policy"]

        own = {"Origin": running.url, "Sec-Fetch-Site": "same-origin"}
        payload = await mine.sign_up(email())
        assert (payload["token"], payload["errors"]) == (None, [])
        assert set(mine.cookies) == {"tickler-session"}
        assert mine.attributes is not None
        assert (mine.attributes["httponly"], mine.attributes["samesite"]) == ("True", "Strict")
        made = await mine.post(CREATE, {"input": {"title": "Buy milk"}}, **own)
        assert made.json()["data"]["createTask"]["errors"] == []
        assert await titles(mine) == ["Buy milk"]

        # What another page can make the browser send.
        for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            refused = await mine.post(CREATE, {"input": {"title": "x"}}, **foreign)
            assert refused.status_code == 403
            assert refused.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN_ORIGIN"
        mine.page.clear()
        assert (await mine.post(CREATE, {"input": {"title": "x"}}, **own)).status_code == 401
        mine.page |= ASKS
        assert await titles(mine) == ["Buy milk"]

        answer = await mine.request("POST", "/chat", json={"text": "add oat milk"}, headers=own)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "event: done" in answer.text
        assert sorted(await titles(mine)) == ["Buy milk", "oat milk"]

        assert (await mine.post("mutation { signOut { errors { code } } }", **own)).status_code == 200
        assert mine.cookies == {}
        assert await mine.viewer() is None


async def test_what_only_the_cluster_may_ask_for_is_not_there(place: Place, real_kafka: Node, tmp_path: Path) -> None:
    async with pod(place, real_kafka.address, tmp_path) as running, browser(running.url) as anybody:
        reached = await anybody.http.get(f"http://127.0.0.1:{running.gateway_port}/metrics")
        assert reached.status_code == 200
        for path in ("/metrics", "/graphql/..%2fmetrics", "/graphql/%2e%2e/metrics", "/graphql//../metrics"):
            assert (await anybody.request("GET", path)).status_code == 404, path
        for path in ("/reminder-cron", "/graphql/..%2freminder-cron", "/mcp/..%5creminder-cron"):
            response = await anybody.request("POST", path)
            assert response.status_code in {404, 405}, path
            assert "swept" not in response.text


@pytest.mark.parametrize("forwarded", ["https", "http"])
async def test_an_ingress_that_ends_tls_is_believed_past_the_sidecars(
    place: Place, real_kafka: Node, tmp_path: Path, forwarded: str
) -> None:
    # The ingress, and the API's sidecar: each writes a hop.
    async with (
        pod(place, real_kafka.address, tmp_path, trusted_proxies=2, rate_sign_in_address="2/minute") as running,
        browser(running.url) as mine,
        browser(running.url) as other,
    ):
        mine.page |= {"X-Forwarded-Proto": forwarded, "X-Forwarded-For": "198.51.100.7, 203.0.113.1"}
        other.page |= {"X-Forwarded-Proto": forwarded, "X-Forwarded-For": "198.51.100.7, 203.0.113.2"}
        payload = await mine.sign_up(email())
        assert payload["errors"] == []
        expected = "__Host-tickler-session" if forwarded == "https" else "tickler-session"
        assert set(mine.cookies) == {expected}
        assert await mine.viewer() == int(payload["user"]["id"])
        # Who calls is told apart by what the ingress wrote, not by what the caller did or by the sidecar's address.
        codes = [(await mine.sign_in("nobody@example.com", "wrong"))["errors"][0]["code"] for _ in range(3)]
        assert codes == ["UNAUTHENTICATED", "UNAUTHENTICATED", "RATE_LIMITED"]
        assert (await other.sign_in("nobody@example.com", "wrong"))["errors"][0]["code"] == "UNAUTHENTICATED"


async def test_a_sidecar_that_is_away_is_told_and_missed_by_nothing_once_it_is_back(
    place: Place, real_kafka: Node, tmp_path: Path
) -> None:
    async with pod(place, real_kafka.address, tmp_path) as running, browser(running.url) as mine:
        user = int((await mine.sign_up(email()))["user"]["id"])
        await asyncio.to_thread(running.api_sidecar.stop)
        away = await mine.post(VIEWER)
        # What the page takes for a server that cannot be reached.
        assert away.status_code in {502, 503}
        assert (await mine.request("GET", "/")).status_code == 200
        await asyncio.to_thread(running.api_sidecar.start)

        async def is_back() -> bool:
            response = await mine.post(VIEWER)
            return response.status_code == 200 and int(response.json()["data"]["viewer"]["id"]) == user

        await eventually(is_back, what="the same session")
