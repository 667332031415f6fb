"""The gateway: one Starlette app out of its doors."""

from collections.abc import Callable
from pathlib import Path

from prometheus_fastapi_instrumentator import Instrumentator
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api import graphiql, health
from api.auth import Authenticator
from api.door import GraphQLDoor
from api.graphql.cursors import Cursors
from api.graphql.schema import build_schema
from api.health import Check
from api.middleware import RequestId
from config.settings import Settings
from db.engine import Sessions


def create_app(
    settings: Settings,
    sessions: Sessions,
    *,
    checks: dict[str, Check],
    told: dict[str, Check] | None = None,
    graphiql_bundle: Callable[[], Path | None],
) -> Starlette:
    """`checks` decide whether /readyz says ready; `told` are shown there as well."""
    door = GraphQLDoor(build_schema(), sessions, Authenticator(settings), Cursors(settings.secret.get_secret_value()))

    async def graphql(request: Request) -> Response:
        return await door(request)

    every_method = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
    routes: list[BaseRoute] = [
        Route("/graphql", graphql, methods=every_method),
        *graphiql.routes(graphiql_bundle),
        *health.routes(checks, told),
        Route("/", _home),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(RequestId)])
    Instrumentator(excluded_handlers=["/livez", "/readyz", "/metrics"], should_group_status_codes=False).instrument(
        app
    ).expose(app, include_in_schema=False)
    return app


async def _home(_request: Request) -> Response:
    return RedirectResponse("/graphiql")
