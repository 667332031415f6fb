"""POST /reminder-cron: the safety sweep, asked for by the cron binding of the Dapr sidecar and by nobody else.

Every replica's sidecar asks; the database settles who does it. The binding's name is its path (dapr/components).
"""

import asyncio
import secrets

from prometheus_client import Counter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from config import logs
from config.settings import Settings
from db.engine import Sessions
from domain.sweep import Swept, sweep

_log = logs.get("api.reminder_cron")
PATH = "/reminder-cron"
BATCH = 500
# Below what the sidecar waits (dapr/resiliency.yaml). What is left is for the next time.
SWEEP_SECONDS = 45.0
# The binding sends none.
_LARGEST_BODY = 16_384
_sweeps = Counter(
    "tickler_reminder_sweeps_total",
    "Sweeps that the cron binding asked for: something was handled, nothing was there, another replica had it, "
    "it was not done in time, it failed.",
    ["result"],
)


def routes(settings: Settings, sessions: Sessions) -> list[Route]:
    """Without APP_API_TOKEN there is no such route."""
    if settings.app_api_token is None:
        return []
    token = settings.app_api_token.get_secret_value().encode()

    async def reminder_cron(request: Request) -> Response:
        refusal = await _refusal(request, token)
        if refusal is not None:
            return refusal
        # The sidecar asks with OPTIONS, once, whether this is here.
        return Response(status_code=204) if request.method == "OPTIONS" else await _sweep(sessions)

    return [Route(PATH, reminder_cron, methods=["POST", "OPTIONS"])]


async def _refusal(request: Request, token: bytes) -> Response | None:
    """Why the request is not the sidecar's."""
    if "origin" in request.headers:
        return PlainTextResponse("not for pages\n", 403)
    shown = request.headers.getlist("dapr-api-token")
    # Headers come as latin-1, whatever they are.
    if len(shown) != 1 or not secrets.compare_digest(shown[0].encode("latin-1"), token):
        return PlainTextResponse("for the Dapr sidecar only\n", 401)
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > _LARGEST_BODY:
                return PlainTextResponse("nobody reads such a body\n", 413)
    except ClientDisconnect:
        return Response(status_code=400)
    return None


async def _sweep(sessions: Sessions) -> Response:
    try:
        result, swept = await _swept(sessions)
    except Exception:  # noqa: BLE001 - the sidecar is told, the log has it all, the next sweep tries again
        _sweeps.labels("failed").inc()
        _log.exception("the sweep failed")
        return PlainTextResponse("the sweep failed\n", 500)
    _sweeps.labels(result).inc()
    if swept.total:
        # With a scheduler that runs there is nothing to find.
        _log.warning("the sweep found work", result=result, reminders=swept.reminders, overdue=swept.overdue)
    return Response(status_code=204)


async def _swept(sessions: Sessions) -> tuple[str, Swept]:
    """How it went, and what was handled: batch by batch, each a transaction, until nothing is left."""
    total = Swept(0, 0)
    try:
        async with asyncio.timeout(SWEEP_SECONDS):
            while True:
                async with sessions.begin() as session:
                    found = await sweep(session, limit=BATCH)
                if found is None:
                    return "busy", total
                total += found
                if not found.total:
                    return "done" if total.total else "nothing", total
    except TimeoutError:
        return "late", total
