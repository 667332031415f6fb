"""`tickler api`: the gateway as a process of its own."""

from api import health
from api.app import create_app
from cli import bundles, serving
from cli.graphiql_build import GRAPHIQL
from cli.web_build import WEB_UI
from config.settings import Settings
from db.engine import make_engine, make_sessions
from workers import broker


async def run(settings: Settings) -> None:
    """Serves until cancelled. Raises StartError when it cannot start as things are."""
    bound = serving.listen(settings.host, settings.port)
    engine = make_engine(
        settings.database_url,
        application_name="tickler api",
        pool_size=settings.database_pool_size,
        statement_timeout_ms=settings.statement_timeout_ms,
    )
    try:
        await serving.check_database(engine)
        await serving.check_broker(settings)
        # A broker that goes away later makes the gateway no less ready: events wait in the outbox.
        app_ = create_app(
            settings,
            make_sessions(engine),
            checks={"database": health.database(engine)},
            told={"broker": health.broker(broker.ping, settings)},
            graphiql_bundle=lambda: settings.graphiql or bundles.cached(GRAPHIQL),
            web_export=lambda: settings.web or bundles.cached(WEB_UI),
        )
        serving.settle()
        await serving.serve(app_, bound)
    finally:
        await engine.dispose()
