"""Pure ASGI middleware: request ids, security headers, the caller's address and how often it may ask."""

import ipaddress
import re
import secrets

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import responses
from api.limits_rates import Rates
from api.requests import JSON
from domain.errors import RateLimited

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Pages with scripts bring a policy of their own; nothing else has anything to load.
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_UNCOUNTED = {"/livez", "/readyz", "/metrics"}


class RequestId:
    """Gives every request an id, the caller's own if it is a sound one, for logs, errors and the response."""

    def __init__(self, app: ASGIApp, *, hsts_seconds: int = 0) -> None:
        self._app = app
        headers = dict(_SECURITY_HEADERS)
        if hsts_seconds:
            headers["Strict-Transport-Security"] = f"max-age={hsts_seconds}; includeSubDomains"
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = sent if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                present = {name for name, _ in given}
                ours = [(name, value) for name, value in self._headers if name not in present]
                message = {**message, "headers": [*given, (b"x-request-id", request_id.encode()), *ours]}
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_headers)


class AddressRate:
    """Finds the caller's address and answers 429 when it asks too often. Probes are not counted."""

    def __init__(self, app: ASGIApp, *, rates: Rates, trusted_proxies: int) -> None:
        self._app, self._rates, self._trusted_proxies = app, rates, trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNCOUNTED:
            await self._app(scope, receive, send)
            return
        address = client_address(scope, self._trusted_proxies)
        scope.setdefault("state", {})["address"] = address
        try:
            await self._rates.address(address)
        except RateLimited as refusal:
            await responses.too_many(refusal, JSON)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def client_address(scope: Scope, trusted_proxies: int) -> str:
    """The caller's address: the socket's, or what the outermost trusted proxy wrote into X-Forwarded-For.

    Each proxy appends the address it was called from, so trusted ones are counted from the right; what stands left of
    them is the caller's own invention.
    """
    client = scope.get("client")
    socket: str = client[0] if client else "unknown"
    if not trusted_proxies:
        return socket
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if not hops:
        return socket
    return _plain(hops[-trusted_proxies] if len(hops) >= trusted_proxies else hops[0]) or socket


def _plain(hop: str) -> str | None:
    """The address of `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1` or `[2001:db8::1]:567`; None for anything else."""
    host = hop[1:].partition("]")[0] if hop.startswith("[") else hop
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None
