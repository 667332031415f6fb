"""Serves GraphiQL at /graphiql from files that cli/graphiql_build.py made: no request leaves the machine."""

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

# Monaco places its lines with style attributes and writes its theme into <style> elements whose text changes
# with what is edited: no hash can name them, so inline styles (never scripts) are allowed. A worker obeys the
# policy of its own file, so the assets carry it too.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; "
    "worker-src 'self'; "
    "font-src 'self'; "
    "img-src 'self' data:; "
    "frame-ancestors 'none'; "
    "base-uri 'none'; "
    "form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
NOT_BUILT = "GraphiQL is not built: run `./task graphiql` with Node 20 or newer, then start Tickler again.\n"


def routes(bundle: Callable[[], Path | None]) -> list[BaseRoute]:
    """/graphiql and its assets. `bundle` gives the folder with index.html and assets/, or None while there is none.

    It is asked at every visit: the folder may be built while the gateway already answers. Until then /graphiql answers
    503 and says what to do.
    """

    async def index(_: Request) -> Response:
        folder = bundle()
        if folder is None:
            return PlainTextResponse(NOT_BUILT, status_code=503, headers={**HEADERS, "Cache-Control": "no-store"})
        page = (folder / "index.html").read_bytes()
        return Response(page, media_type="text/html", headers={**HEADERS, "Cache-Control": "no-cache"})

    return [Route("/graphiql", index), Mount("/graphiql/assets", _Assets(bundle))]


class _Assets:
    """Files whose names hold their hash, so that a browser may keep them for ever."""

    def __init__(self, bundle: Callable[[], Path | None]) -> None:
        self._bundle = bundle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        folder = self._bundle()
        files: ASGIApp = (
            _HashedFiles(directory=folder / "assets") if folder else PlainTextResponse(NOT_BUILT, 404, headers=HEADERS)
        )
        await files(scope, receive, send)


class _HashedFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update({**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"})
        return response
