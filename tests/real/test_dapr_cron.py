"""The cron binding of a real daprd: it alone has what is due fired, and only with the token that the gateway knows."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pipeline import NOW, Place
from prometheus_client import REGISTRY
from support import eventually, stack_settings

from api.app import create_app
from cli.real_daprd import sidecar
from cli.real_kafka import Node
from cli.serving import listen, serve

APP_TOKEN = "what the sidecar shows to the gateway"


@contextlib.asynccontextmanager
async def gateway(place: Place, brokers: str) -> AsyncIterator[int]:
    """Its port."""
    settings = stack_settings(place.url, brokers, app_api_token=APP_TOKEN)
    bound = listen("127.0.0.1", 0)
    app = create_app(settings, place.sessions, checks={}, graphiql_bundle=lambda: None, web_export=lambda: None)
    serving = asyncio.create_task(serve(app, bound))
    try:
        yield bound.getsockname()[1]
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        bound.close()


async def due(place: Place) -> None:
    actor = await place.user()
    await place.create(actor, due_date=NOW + timedelta(days=36_500), reminder_minutes=[5])
    await place.worker("reminders").work_off(await place.records())
    await place.run("UPDATE reminders SET remind_at = now() - interval '1 hour'")


async def fired(place: Place) -> int:
    count: int = await place.value("SELECT count(*) FROM outbox WHERE event_type = 'reminder.due'")
    return count


def refused() -> float:
    labels = {"handler": "/reminder-cron", "method": "POST", "status": "401"}
    return REGISTRY.get_sample_value("http_requests_total", labels) or 0


async def test_the_binding_has_what_is_due_fired_without_any_scheduler(
    place: Place, real_kafka: Node, tmp_path: Path
) -> None:
    await due(place)
    async with gateway(place, real_kafka.address) as port:
        with sidecar(
            tmp_path / "daprd",
            brokers=real_kafka.address,
            database_url=place.url,
            app_port=port,
            app_token=APP_TOKEN,
            schedule="@every 1s",
        ):
            await eventually(lambda: fired(place), what="a fired reminder")
            await due(place)

            async def both() -> bool:
                return await fired(place) == 2

            await eventually(both, what="the second one")


async def test_two_replicas_with_a_sidecar_each_double_nothing(place: Place, real_kafka: Node, tmp_path: Path) -> None:
    async with gateway(place, real_kafka.address) as one, gateway(place, real_kafka.address) as other:
        with contextlib.ExitStack() as sidecars:
            for name, port in (("one", one), ("other", other)):
                parts = sidecar(
                    tmp_path / name,
                    brokers=real_kafka.address,
                    database_url=place.url,
                    app_port=port,
                    app_token=APP_TOKEN,
                    schedule="@every 1s",
                )
                await asyncio.to_thread(sidecars.enter_context, parts)
            for count in (1, 2, 3):
                await due(place)

                async def is_fired(count: int = count) -> bool:
                    return await fired(place) >= count

                await eventually(is_fired, what=f"{count} fired reminders")
    assert await fired(place) == 3
    assert await place.value("SELECT count(*) FROM reminders WHERE NOT sent") == 0


@pytest.mark.parametrize("token", [None, "not the token of the gateway"])
async def test_a_sidecar_without_the_gateways_token_has_nothing_done(
    place: Place, real_kafka: Node, tmp_path: Path, token: str | None
) -> None:
    await due(place)
    before = refused()
    async with gateway(place, real_kafka.address) as port:
        with sidecar(
            tmp_path / "daprd",
            brokers=real_kafka.address,
            database_url=place.url,
            app_port=port,
            app_token=token,
            schedule="@every 1s",
        ):

            async def is_refused() -> bool:
                return refused() >= before + 2

            await eventually(is_refused, what="two refused calls")
    assert await fired(place) == 0
