"""The session of a browser: a cookie that no script can read, and that only our own pages can use.

A page says `Tickler-Session: cookie` with each request. A page elsewhere can send no header of this name without a
preflight that we do not answer, so a cookie that comes without it is left alone; neither does it count when the browser
names another origin. What is in the cookie is a session token of ours, as signIn gives it to others.
"""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Session
from api.requests import BadRequest
from config.settings import GatewaySettings

HEADER: Final = "tickler-session"
_ASKED: Final = "cookie"
# A browser takes a __Host- cookie only from this very host by https, so that no neighbour can plant one.
PLAIN, SECURE = "tickler-session", "__Host-tickler-session"
_OWN_SITES: Final = {"same-origin", "none"}


@dataclass(slots=True)
class SessionCookie:
    """The cookie of one request whose page asked for it: what came, if it counts, and what the answer sets."""

    is_secure: bool
    token: str | None
    _set: str | None = None

    def keep(self, session: Session, *, now: datetime) -> None:
        """The answer hands over this session."""
        self._set = self._written(session.token, max(0, int((session.expires_at - now).total_seconds())))

    def clear(self) -> None:
        """The answer takes the cookie away."""
        self._set = self._written("", 0)

    def ended(self) -> None:
        """What the cookie stood for is over; where the caller came by another way, the cookie is not touched."""
        if self.token is not None:
            self.clear()

    def put_on(self, response: Response) -> None:
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            self.ended()
        if self._set is not None:
            response.headers.append("Set-Cookie", self._set)

    def _written(self, value: str, seconds: int) -> str:
        name = SECURE if self.is_secure else PLAIN
        parts = [f"{name}={value}", f"Max-Age={seconds}", "Path=/", "HttpOnly", "SameSite=Strict"]
        return "; ".join([*parts, "Secure"] if self.is_secure else parts)


def session_cookie(request: Request, settings: GatewaySettings) -> SessionCookie | None:
    """The request's cookie, or None where its page does not ask for one. Raises BadRequest for a foreign page."""
    asked = request.headers.get(HEADER)
    if asked is None:
        return None
    if asked.strip().lower() != _ASKED:
        raise BadRequest(f"Tickler-Session has to be {_ASKED}")
    is_secure = _is_https(request, settings)
    if not _is_ours(request, settings, is_secure=is_secure):
        raise BadRequest("the session of another page is not used", status=403, code="FORBIDDEN_ORIGIN")
    # Whoever shows a token means that one.
    token = None if "authorization" in request.headers else request.cookies.get(SECURE if is_secure else PLAIN)
    return SessionCookie(is_secure, token or None)


def _is_ours(request: Request, settings: GatewaySettings, *, is_secure: bool) -> bool:
    if request.headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        return False
    origin = request.headers.get("origin")
    if origin is None or origin in settings.cors_origins or origin == settings.public_url:
        return True
    split = urlsplit(origin)
    # A proxy that ends TLS may not have told us: then https of the same host is as much our own.
    schemes = {"https"} if is_secure else {"http", "https"}
    return split.scheme in schemes and split.netloc == request.headers.get("host")


def _is_https(request: Request, settings: GatewaySettings) -> bool:
    """Whether the browser came by https: as the settings say, or the outermost trusted proxy."""
    if settings.public_url is not None and settings.public_url.startswith("https:"):
        return True
    return _forwarded_protocol(request.headers, settings.trusted_proxies) == "https"


def _forwarded_protocol(headers: Headers, trusted_proxies: int) -> str | None:
    """Proxies append or overwrite; what stands left of the trusted ones' words is the caller's own invention."""
    told = [part.strip().lower() for part in ",".join(headers.getlist("x-forwarded-proto")).split(",") if part.strip()]
    if not trusted_proxies or not told:
        return None
    return told[-trusted_proxies] if len(told) >= trusted_proxies else told[0]
