"""The client of the Dapr sidecar: Dapr's SDK over gRPC, for every room that has something to ask of it.

The SDK (and gRPC) is loaded when it is first needed: a process without a sidecar does without it.
"""

import asyncio
import threading
from typing import TYPE_CHECKING, TypeAlias

from config.dapr import DaprSettings

if TYPE_CHECKING:
    from dapr.aio.clients.grpc.client import DaprGrpcClientAsync

    Client: TypeAlias = DaprGrpcClientAsync

_PROBE_SECONDS = 2.0
# The SDK takes the address it probes from settings of the whole process.
_PROBE = threading.Lock()


class SidecarAway(Exception):
    """No sidecar answers, or it has not got its components yet."""


async def connect(settings: DaprSettings) -> "Client":
    """A client of a sidecar that is ready. Raises SidecarAway when there is none.

    Its channel reconnects by itself but later and later: who sees a call fail should close it and connect anew.
    """
    await _probe(settings)
    try:
        return await asyncio.to_thread(_made, settings, asyncio.get_running_loop())
    except TimeoutError as error:
        raise SidecarAway(_away(settings, "it went away")) from error


async def _probe(settings: DaprSettings) -> None:
    """Raises SidecarAway unless its components are there.

    The SDK would ask the same, once a second for a minute, and write to standard output how that goes.
    """
    import aiohttp  # noqa: PLC0415 - as above

    address = f"http://{settings.dapr_runtime_host}:{settings.dapr_http_port}/v1.0/healthz/outbound"
    timeout = aiohttp.ClientTimeout(total=_PROBE_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(address) as answer:
            if answer.ok:
                return
            problem = f"it answers {answer.status}"
    except (aiohttp.ClientError, TimeoutError) as error:
        problem = f"{type(error).__name__}: {error}"
    raise SidecarAway(_away(settings, problem))


def _away(settings: DaprSettings, problem: str) -> str:
    return f"no Dapr sidecar at {settings.dapr_runtime_host}:{settings.dapr_http_port} ({problem})"


def _made(settings: DaprSettings, loop: asyncio.AbstractEventLoop) -> "Client":
    """Runs in a thread: the SDK's constructor blocks while it asks whether the sidecar is there."""
    from dapr.aio.clients.grpc.client import DaprGrpcClientAsync  # noqa: PLC0415 - as above
    from dapr.aio.clients.grpc.interceptors import DaprClientInterceptorAsync  # noqa: PLC0415
    from dapr.conf import settings as of_the_process  # noqa: PLC0415

    token = settings.dapr_api_token
    shown = [("dapr-api-token", token.get_secret_value())] if token else []
    # A channel belongs to the loop that its thread has.
    asyncio.set_event_loop(loop)
    try:
        with _PROBE:
            vars(of_the_process).update(
                DAPR_RUNTIME_HOST=settings.dapr_runtime_host,
                DAPR_HTTP_PORT=settings.dapr_http_port,
                DAPR_HEALTH_TIMEOUT=_PROBE_SECONDS,
            )
            return DaprGrpcClientAsync(
                f"{settings.dapr_runtime_host}:{settings.dapr_grpc_port}",
                interceptors=[DaprClientInterceptorAsync(shown)] if shown else None,
            )
    finally:
        asyncio.set_event_loop(None)
