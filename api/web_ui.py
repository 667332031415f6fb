"""Serves the web UI from the export that cli/web_build.py made: no Node runs. Without one, / leads to GraphiQL."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from api import responses
from api.chat_stream import PATH as CHAT
from api.requests import JSON, BadRequest
from api.web_files import Export, File, load

_READ: Final = ("GET", "HEAD")
_NONE: Final = Export({}, None)


class WebUI:
    """The pages, and the files that they load. `export` gives the folder, or None while there is none.

    It is asked at every visit: the folder may be built while the gateway already answers.
    """

    def __init__(self, export: Callable[[], Path | None]) -> None:
        self._export = export
        self._loaded: tuple[Path | None, Export] = (None, _NONE)
        self._loading = asyncio.Lock()

    def routes(self) -> list[BaseRoute]:
        """Of the paths that mean something else, too, or that are there without an export."""
        return [Route("/", self._home), Route(CHAT, self._chat)]

    async def anything(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The app that answers where no route does."""
        await (await self._answer(Request(scope, receive)))(scope, receive, send)

    async def _home(self, request: Request) -> Response:
        file = (await self._current()).files.get("/")
        return RedirectResponse("/graphiql") if file is None else _sent(file, request)

    async def _chat(self, request: Request) -> Response:
        """The page; messages come by POST, to another route."""
        file = (await self._current()).files.get(CHAT)
        return _only("POST", "send a message by POST") if file is None else _sent(file, request)

    async def _answer(self, request: Request) -> Response:
        export, path, is_read = await self._current(), request.scope["path"], request.method in _READ
        file = export.files.get(path)
        if file is not None:
            return _sent(file, request) if is_read else _only(", ".join(_READ), "this is only read")
        if path.rstrip("/") in export.files:
            return RedirectResponse(path.rstrip("/"), 308)
        if export.not_found is not None and is_read and "text/html" in request.headers.get("accept", ""):
            return _sent(export.not_found, request, status=404)
        return responses.refuse(BadRequest("there is nothing at this address", status=404, code="NOT_FOUND"), JSON)

    async def _current(self) -> Export:
        folder = self._export()
        if folder is None or not _is_export(folder):
            return _NONE
        if self._loaded[0] != folder:
            async with self._loading:
                if self._loaded[0] != folder:
                    self._loaded = folder, await asyncio.to_thread(load, folder)
        return self._loaded[1]


def _is_export(folder: Path) -> bool:
    return (folder / "index.html").is_file()


def _only(methods: str, message: str) -> Response:
    refusal = BadRequest(message, status=405, code="METHOD_NOT_ALLOWED", headers={"Allow": methods})
    return responses.refuse(refusal, JSON)


def _sent(file: File, request: Request, *, status: int = 200) -> Response:
    packed = file.gzipped if _takes_gzip(request.headers.get("accept-encoding", "")) else None
    # Two encodings are two representations (RFC 9110, section 8.8.3.3).
    etag = f'"{file.etag}"' if packed is None else f'"{file.etag}-gzip"'
    headers = {**file.headers, "ETag": etag}
    if status == 200 and _has_it(request.headers.get("if-none-match", ""), etag):  # noqa: PLR2004 - OK
        return Response(status_code=304, headers=headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(
        file.body if packed is None else packed, status, headers={**headers, "Content-Type": file.content_type}
    )


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding names gzip, or everything, and not with the weight 0."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        name, _, weight = parameter.partition("=")
        try:
            weights[coding.strip()] = float(weight) if name.strip() == "q" else 1.0
        except ValueError:
            weights[coding.strip()] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _has_it(if_none_match: str, etag: str) -> bool:
    """Weakly compared, as RFC 9110, section 13.1.2, has it: a proxy that compresses makes tags weak."""
    return any(each.strip().removeprefix("W/") in {etag, "*"} for each in if_none_match.split(","))
