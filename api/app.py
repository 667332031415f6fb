"""The gateway: one Starlette app out of its doors."""

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api import chat_stream, graphiql, health, mcp, metrics, reminder_cron
from api.door import graphql_door
from api.health import Check
from api.limits_rates import Rates
from api.middleware import AddressRate, RequestId
from api.web_ui import WebUI
from config.settings import Settings
from db.engine import Sessions


def create_app(
    settings: Settings,
    sessions: Sessions,
    *,
    checks: dict[str, Check],
    told: dict[str, Check] | None = None,
    graphiql_bundle: Callable[[], Path | None],
    web_export: Callable[[], Path | None],
) -> Starlette:
    """`checks` decide whether /readyz says ready; `told` are shown there as well. Raises SettingsError."""
    rates = Rates(settings)
    door = graphql_door(settings, sessions, rates)
    web_ui = WebUI(web_export)

    async def graphql(request: Request) -> Response:
        return await door(request)

    every_method = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
    routes: list[BaseRoute] = [
        Route("/graphql", graphql, methods=every_method),
        *chat_stream.routes(door),
        *mcp.routes(settings, door),
        *graphiql.routes(graphiql_bundle),
        *health.routes(checks, told),
        *reminder_cron.routes(settings, sessions),
        *web_ui.routes(),
    ]
    app = Starlette(routes=routes, middleware=_middleware(settings, rates))
    # A redirect would repeat whatever Host the request claims.
    app.router.redirect_slashes = False
    app.router.default = web_ui.anything
    metrics.instrument(app)
    # For whoever serves the app, when that is over.
    app.state.close = door.chat.close
    return app


def _middleware(settings: Settings, rates: Rates) -> list[Middleware]:
    """Outermost first."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "X-Request-Id", "Traceparent", *mcp.HEADERS],
        expose_headers=["X-Request-Id", "Retry-After", mcp.SESSION],
    )
    return [
        Middleware(RequestId, hsts_seconds=settings.hsts_seconds),
        *([cors] if settings.cors_origins else []),
        Middleware(AddressRate, rates=rates, trusted_proxies=settings.trusted_proxies),
    ]
