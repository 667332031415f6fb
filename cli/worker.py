"""`tickler worker`: workers as a process of their own, with its probes."""

import asyncio
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import Mount

from api import health
from cli import serving
from config.settings import Settings
from db.engine import make_engine, make_sessions
from workers import broker
from workers.run import Workers


async def run(settings: Settings, names: Sequence[str]) -> None:
    """Works until cancelled. Raises StartError when it cannot start as things are."""
    bound = serving.listen(settings.worker_host, settings.worker_port)
    engine = make_engine(
        settings.database_url,
        application_name=f"tickler {' '.join(names)}"[:63],
        pool_size=settings.database_pool_size,
        statement_timeout_ms=settings.statement_timeout_ms,
    )
    try:
        await serving.check_database(engine)
        await serving.check_broker(settings)
        workers = Workers(names, settings, make_sessions(engine))
        checks = {
            "database": health.database(engine),
            "broker": health.broker(broker.ping, settings),
            "workers": workers.check,
        }
        probes = Starlette(routes=[*health.routes(checks), Mount("/metrics", health.metrics())])
        async with asyncio.TaskGroup() as group:
            group.create_task(workers.run())
            group.create_task(serving.serve(probes, bound))
    finally:
        await engine.dispose()
