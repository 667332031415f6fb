"""POST /reminder-cron: who is not the sidecar gets nothing done; who is has what is due fired, once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from gateway import Gateway, running_gateway
from pipeline import NOW, Place, open_place
from prometheus_client import REGISTRY
from sqlalchemy import text
from support import Stack, stack_settings

from api import reminder_cron
from api.reminder_cron import PATH
from domain import sweep

TOKEN = "what the sidecar shows, which is long"
ORIGIN = "https://tasks.example.org"


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database, pool_size=12) as place:
        yield place


@contextlib.asynccontextmanager
async def gateway(place: Place, **settings: Any) -> AsyncIterator[Gateway]:
    """A gateway with nothing behind it but the database."""
    stack = Stack(stack_settings(place.url, "nobody:1"), place.engine, place.sessions, "", workers=None)  # type: ignore[arg-type]  # there are none
    async with running_gateway(stack, **({"app_api_token": TOKEN} | settings)) as gateway:
        yield gateway


async def due(place: Place, count: int = 1) -> None:
    """Reminders that should have been fired, and a task that has become overdue."""
    actor = await place.user()
    later = NOW + timedelta(days=36_500)
    for _ in range(count):
        await place.create(actor, due_date=later, reminder_minutes=[5])
    await place.worker("reminders").work_off(await place.records())
    await place.run("UPDATE reminders SET remind_at = now() - interval '1 hour'")
    await place.run("UPDATE tasks SET overdue_at = now() - interval '1 hour'")


async def fired(place: Place) -> dict[str, int]:
    rows = await place.rows("SELECT event_type, count(*) FROM outbox GROUP BY event_type")
    return {row["event_type"]: row["count"] for row in rows if row["event_type"] in ("reminder.due", "task.overdue")}


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("tickler_reminder_sweeps_total", {"result": result}) or 0


async def test_the_sidecar_has_everything_due_fired_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminder_cron, "BATCH", 3)
    await due(place, 7)
    before = {result: counted(result) for result in ("done", "nothing")}
    async with gateway(place) as at:
        asked = await at.http.options(PATH, headers={"dapr-api-token": TOKEN})
        assert (asked.status_code, asked.content) == (204, b"")
        assert await fired(place) == {}
        for body in (b"", b"x" * 1000):
            response = await at.http.post(PATH, headers={"dapr-api-token": TOKEN}, content=body)
            assert (response.status_code, response.content) == (204, b"")
            assert await fired(place) == {"reminder.due": 7, "task.overdue": 7}
    assert {result: counted(result) - count for result, count in before.items()} == {"done": 1, "nothing": 1}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {}, 401),
        ("POST", {"dapr-api-token": ""}, 401),
        ("POST", {"dapr-api-token": "wrong"}, 401),
        ("POST", {"dapr-api-token": TOKEN[:-1]}, 401),
        ("POST", {"dapr-api-token": TOKEN + "x"}, 401),
        ("POST", {"dapr-api-token": "Ü☂".encode()}, 401),
        ("POST", [("dapr-api-token", TOKEN), ("dapr-api-token", TOKEN)], 401),
        ("POST", {"Authorization": f"Bearer {TOKEN}"}, 401),
        ("POST", {"dapr-api-token": TOKEN, "Origin": ORIGIN}, 403),
        ("OPTIONS", {}, 401),
        ("OPTIONS", {"dapr-api-token": "wrong"}, 401),
        ("GET", {"dapr-api-token": TOKEN}, 405),
        ("HEAD", {"dapr-api-token": TOKEN}, 405),
        ("PUT", {"dapr-api-token": TOKEN}, 405),
        ("DELETE", {"dapr-api-token": TOKEN}, 405),
    ],
)
async def test_a_forged_request_has_nothing_done(place: Place, method: str, headers: Any, status: int) -> None:
    await due(place)
    async with gateway(place, cors_origins=(ORIGIN,)) as at:
        response = await at.http.request(method, PATH, headers=headers)
    assert response.status_code == status
    assert TOKEN not in response.text
    assert await fired(place) == {}


async def test_a_page_is_not_allowed_to_show_the_token(place: Place) -> None:
    async with gateway(place, cors_origins=(ORIGIN,)) as at:
        asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        response = await at.http.options(PATH, headers={**asks, "Access-Control-Request-Headers": "dapr-api-token"})
    assert response.status_code == 400
    assert "dapr" not in response.headers["Access-Control-Allow-Headers"].lower()


async def test_a_large_body_is_not_read_to_its_end(place: Place) -> None:
    await due(place)
    async with gateway(place) as at:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\ndapr-api-token: {TOKEN}\r\nContent-Length: 100000000\r\n\r\n"
        status, _ = await at.raw(head.encode() + b"x" * 20_000)
    assert status == 413
    assert await fired(place) == {}


async def test_without_a_token_of_ours_there_is_no_such_place(place: Place) -> None:
    async with gateway(place, app_api_token=None) as at:
        for method in ("POST", "OPTIONS", "GET"):
            for headers in ({}, {"dapr-api-token": ""}, {"dapr-api-token": "None"}, {"dapr-api-token": TOKEN}):
                assert (await at.http.request(method, PATH, headers=headers)).status_code == 404


async def test_while_another_replica_sweeps_it_is_left_to_it(place: Place) -> None:
    await due(place)
    before = counted("busy")
    async with gateway(place) as at, place.sessions() as other:
        assert await sweep.sweep(other, limit=1) is not None
        await other.rollback()
        await other.execute(text(f"SELECT pg_advisory_xact_lock({sweep._SWEEP_LOCK})"))  # noqa: SLF001 - as another replica
        response = await at.http.post(PATH, headers={"dapr-api-token": TOKEN})
        assert response.status_code == 204
        assert await fired(place) == {}
        await other.rollback()
        assert (await at.http.post(PATH, headers={"dapr-api-token": TOKEN})).status_code == 204
    assert await fired(place) == {"reminder.due": 1, "task.overdue": 1}
    assert counted("busy") == before + 1


async def test_many_replicas_at_once_double_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminder_cron, "BATCH", 2)
    await due(place, 9)
    async with gateway(place) as one, gateway(place) as other:
        headers = {"dapr-api-token": TOKEN}
        for _ in range(3):
            answers = await asyncio.gather(
                *(at.http.post(PATH, headers=headers) for at in (one, other) for _ in range(4))
            )
            assert {answer.status_code for answer in answers} == {204}
    assert await fired(place) == {"reminder.due": 9, "task.overdue": 9}


async def test_a_sweep_is_bounded_in_time_and_a_failed_one_says_so(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"dapr-api-token": TOKEN}
    before = {result: counted(result) for result in ("late", "failed")}
    async with gateway(place) as at:
        monkeypatch.setattr(reminder_cron, "SWEEP_SECONDS", 0.2)
        async with place.sessions.begin() as session:
            await due(place)
            await session.execute(text("LOCK TABLE reminders IN ACCESS EXCLUSIVE MODE"))
            assert (await at.http.post(PATH, headers=headers)).status_code == 204
        monkeypatch.undo()
        await place.run("ALTER TABLE reminders RENAME TO elsewhere")
        response = await at.http.post(PATH, headers=headers)
        assert (response.status_code, response.text) == (500, "the sweep failed\n")
    assert {result: counted(result) - count for result, count in before.items()} == {"late": 1, "failed": 1}
