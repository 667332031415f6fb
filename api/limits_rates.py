"""How often: per user and per address for all requests, stricter for signing in and up, and the lock of an account.

Counts are kept in this process, or in a storage that all replicas share. While that one fails, each counts for itself.
"""

import asyncio
import hashlib
import ipaddress
import math
import time
from typing import Final

from limits import RateLimitItem
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from api.limits_memory import ProcessStorage
from config import logs
from config.settings import GatewaySettings, SettingsError
from domain.errors import RateLimited

_log = logs.get("api.rates")
# A shared storage answers in this time, or is left alone for that long.
_PATIENCE, _PAUSE = 0.25, 5.0


class _Counters:
    """Two ways to count in one storage: a sliding window, and one that begins with the first hit and can be cleared."""

    def __init__(self, storage: Storage) -> None:
        self.sliding: Final[RateLimiter] = SlidingWindowCounterRateLimiter(storage)
        self.fixed: Final[RateLimiter] = FixedWindowRateLimiter(storage)


class Rates:
    """Takes one from a rate, or raises RateLimited saying when to come again."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._own = _Counters(ProcessStorage())
        shared = _shared_storage(settings.rate_storage)
        self._shared = _Counters(shared) if shared else None
        self._paused_until = 0.0

    async def address(self, address: str) -> None:
        await self._take(self._settings.rate_address, "address", network(address))

    async def user(self, user_id: int) -> None:
        await self._take(self._settings.rate_user, "user", str(user_id))

    async def chat(self, user_id: int) -> None:
        await self._take(self._settings.rate_chat, "chat", str(user_id))

    async def sign_up(self, address: str, email: str) -> None:
        await self._take(self._settings.rate_sign_up_address, "sign-up/address", network(address))
        await self._take(self._settings.rate_sign_up_account, "sign-up/account", account(email))

    async def sign_in(self, address: str, email: str) -> None:
        """Counts a try as failed until signed_in says otherwise: tries at the same time cannot slip through."""
        await self._take(self._settings.rate_sign_in_address, "sign-in/address", network(address))
        await self._take(self._settings.rate_sign_in_account, "sign-in/account", account(email))
        await self._take(self._settings.rate_sign_in_failures, "sign-in/failed", account(email), fixed=True)

    async def signed_in(self, email: str) -> None:
        """Forgets the failed tries of an account."""
        item, key = self._settings.rate_sign_in_failures, account(email)
        await self._own.fixed.clear(item, "sign-in/failed", key)
        if self._shared is not None and time.monotonic() >= self._paused_until:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._shared.fixed.clear(item, "sign-in/failed", key)
            except Exception as error:  # noqa: BLE001 - whatever a client library raises
                self._pause(error)

    async def _take(self, item: RateLimitItem, name: str, key: str, *, fixed: bool = False) -> None:
        wait = await self._wait(item, name, key, fixed=fixed)
        if wait is not None:
            raise RateLimited(f"too many requests; try again in {wait} s", retry_after=wait)

    async def _wait(self, item: RateLimitItem, name: str, key: str, *, fixed: bool) -> int | None:
        """None if there was one to take, else the seconds until there is."""
        if self._shared is not None and time.monotonic() >= self._paused_until:
            try:
                async with asyncio.timeout(_PATIENCE):
                    return await _hit(self._shared.fixed if fixed else self._shared.sliding, item, name, key)
            except Exception as error:  # noqa: BLE001 - whatever a client library raises
                self._pause(error)
        return await _hit(self._own.fixed if fixed else self._own.sliding, item, name, key)

    def _pause(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + _PAUSE
        _log.warning("the storage of rates fails; this process counts for itself", exc_info=error)


async def _hit(limiter: RateLimiter, item: RateLimitItem, name: str, key: str) -> int | None:
    if await limiter.hit(item, name, key):
        return None
    stats = await limiter.get_window_stats(item, name, key)
    return max(1, math.ceil(stats.reset_time - time.time()))


def network(address: str) -> str:
    """What counts as one address: of IPv6 the /64, which is the least that one subscriber has (RFC 6177)."""
    if ":" not in address:
        return address

    parsed = ipaddress.IPv6Address(address.partition("%")[0])
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False).network_address)


def account(email: str) -> str:
    """The key of an account, known or not: a hash, so that the storage holds no addresses."""
    return hashlib.blake2b(email.strip().casefold().encode(errors="replace"), digest_size=16).hexdigest()


def _shared_storage(url: str) -> Storage | None:
    if url in {"memory://", "async+memory://"}:
        return None
    try:
        # Redis through its own client library; the option is unknown to other storages.
        options = {"implementation": "redispy"} if url.startswith("async+redis") else {}
        storage = storage_from_string(url, **options)
    except (ConfigurationError, TypeError, ValueError) as error:
        raise SettingsError(f"TICKLER_RATE_STORAGE cannot be used: {error}") from error
    if not isinstance(storage, Storage):
        raise SettingsError("TICKLER_RATE_STORAGE has to begin with async+, such as async+redis://host:6379")
    return storage
