"""Who is calling: a session token of ours (HS256), or a token of an external issuer checked against its JWKS."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import jwt
from sqlalchemy.ext.asyncio import AsyncSession

from config.settings import Settings
from db.engine import Sessions, reading
from db.users import TokenHolder, User
from domain import api_tokens, users
from domain.actors import Actor
from domain.errors import Unauthenticated

_ISSUER: Final = "tickler"
_EXPIRED: Final = "the token has expired; sign in again"
_NOT_VALID: Final = "the token is not valid; sign in again"
_EXTERNAL_ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "EdDSA", "PS256"]


@dataclass(frozen=True, slots=True)
class Session:
    """A token and the instant it ends."""

    token: str
    expires_at: datetime


class Authenticator:
    """Issues and verifies tokens. Holds the keys: the secret, and the cached keys of an external issuer."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.secret.get_secret_value()
        self._claims = lru_cache(maxsize=4096)(self._verify)
        self._lifetime = timedelta(hours=settings.session_hours)
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._jwks = jwt.PyJWKClient(settings.jwks_url, cache_keys=True, timeout=5) if settings.jwks_url else None

    def issue(self, user: User, *, now: datetime) -> Session:
        expires_at = (now + self._lifetime).replace(microsecond=0)
        claims = {
            "iss": _ISSUER,
            "sub": str(user.id),
            "iat": now.timestamp(),
            "exp": int(expires_at.timestamp()),
        }
        return Session(jwt.encode(claims, self._secret, algorithm="HS256"), expires_at)

    async def actor(self, sessions: Sessions, header: str | None) -> Actor:
        """The caller of an Authorization header. Raises Unauthenticated, saying why, for anything but a valid token."""
        token = bearer(header)
        if token.startswith(api_tokens.PREFIX):
            return await _api_token_actor(sessions, token)
        try:
            if self._jwks is not None and jwt.get_unverified_header(token).get("alg") != "HS256":
                return await self._external(sessions, token)
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated(_EXPIRED) from error
        except jwt.PyJWTError as error:
            raise Unauthenticated(_NOT_VALID) from error
        return await self.session_actor(sessions, token)

    async def session_actor(self, sessions: Sessions, token: str) -> Actor:
        """The caller of a session token of ours, and of no other kind of token. Raises Unauthenticated."""
        try:
            claims = self._claims(token)
        except jwt.PyJWTError as error:
            raise Unauthenticated(_NOT_VALID) from error
        if claims["exp"] <= datetime.now(UTC).timestamp():
            raise Unauthenticated(_EXPIRED)
        async with reading(sessions)() as session:
            user = await _user_of_session(session, claims)
        return Actor(user.id, user.time_zone)

    def _verify(self, token: str) -> dict[str, Any]:
        """What a session token of ours says. It is remembered, for it stays the same; its end is checked each time."""
        claims: dict[str, Any] = jwt.decode(
            token,
            self._secret,
            algorithms=["HS256"],
            issuer=_ISSUER,
            options={"require": ["exp", "iat", "sub"], "verify_exp": False},
        )
        return claims

    async def _external(self, sessions: Sessions, token: str) -> Actor:
        claims = await asyncio.to_thread(self._verify_external, token)
        now = datetime.now(UTC)
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is False:
            raise Unauthenticated("the token names no verified e-mail address")
        async with sessions.begin() as session:
            user = await users.by_subject(
                session,
                issuer=claims["iss"],
                subject=claims["sub"],
                email=email,
                name=str(claims.get("name") or ""),
                now=now,
            )
            _refuse_signed_out(user, claims)
        return Actor(user.id, user.time_zone)

    def _verify_external(self, token: str) -> dict[str, Any]:
        assert self._jwks is not None  # noqa: S101 - only called when it is set
        key = self._jwks.get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=_EXTERNAL_ALGORITHMS,
            issuer=self._issuer,
            audience=self._audience,
            options={"require": ["exp", "iat", "sub", "iss"], "verify_aud": self._audience is not None},
        )
        return claims


def bearer(header: str | None) -> str:
    """The token of `Authorization: Bearer …` (RFC 6750, section 2.1)."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("this operation needs a token: send Authorization: Bearer and the token of signIn")
    return token.strip()


async def _api_token_actor(sessions: Sessions, token: str) -> Actor:
    async with sessions.begin() as session:
        user = await api_tokens.find_user(session, token, now=datetime.now(UTC))
    if user is None:
        raise Unauthenticated("the API token is not valid, has ended or was revoked")
    return Actor(user.id, user.time_zone)


async def _user_of_session(session: AsyncSession, claims: dict[str, Any]) -> TokenHolder:
    subject = claims["sub"]
    user = await users.token_holder(session, int(subject)) if subject.isdecimal() else None
    if user is None:
        raise Unauthenticated("the account of this token is gone")
    _refuse_signed_out(user, claims)
    return user


def _refuse_signed_out(user: User | TokenHolder, claims: dict[str, Any]) -> None:
    if user.tokens_valid_from is not None and claims["iat"] < user.tokens_valid_from.timestamp():
        raise Unauthenticated("this session has been signed out; sign in again")
