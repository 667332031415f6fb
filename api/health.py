"""/livez: the process runs. /readyz: it can do its work: database, schema and broker are there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from prometheus_client import make_asgi_app
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from config.kafka import KafkaSettings
from db import migrate

Check = Callable[[], Awaitable[str | None]]
_SECONDS = 3


def routes(checks: dict[str, Check], told: dict[str, Check] | None = None) -> list[Route]:
    """Each check answers None or what is wrong, in words. `told` ones are shown but do not decide."""

    async def livez(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        every = {**checks, **(told or {})}
        found = dict(zip(every, await asyncio.gather(*(_run(check) for check in every.values())), strict=True))
        ready = not any(found[name] for name in checks)
        body = {"ready": ready, "checks": {name: problem or "ok" for name, problem in found.items()}}
        return JSONResponse(body, status_code=200 if ready else 503)

    return [Route("/livez", livez), Route("/readyz", readyz)]


async def _run(check: Check) -> str | None:
    try:
        async with asyncio.timeout(_SECONDS):
            return await check()
    except TimeoutError:
        return f"no answer within {_SECONDS} s"
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is: not ready, and why
        return type(error).__name__


def database(engine: AsyncEngine) -> Check:
    """The database answers, and its schema is the one this release works with."""

    async def check() -> str | None:
        async with engine.connect() as connection:
            revision = await migrate.current(connection)
        if revision == migrate.head():
            return None
        return f"schema is at {revision or 'nothing'}, this release needs {migrate.head()}: run tickler migrate"

    return check


def broker(ping: Callable[[KafkaSettings], Awaitable[None]], settings: KafkaSettings) -> Check:
    """A broker answers. How to ask one is the workers' matter, hence `ping`."""

    async def check() -> str | None:
        await ping(settings)
        return None

    return check


def metrics() -> ASGIApp:
    """What a process without a gateway has counted, for Prometheus."""
    return cast("ASGIApp", make_asgi_app())
