"""Counters of one process for the `limits` library, in constant time and bounded memory.

The library's own memory storage walks all of its keys at every hit, which many addresses would make slow.
"""

import time
from typing import Final

from limits.aio.storage.base import SlidingWindowCounterSupport, Storage
from limits.storage.base import TimestampedSlidingWindow

MOST_KEYS: Final = 200_000


class ProcessStorage(Storage, SlidingWindowCounterSupport, TimestampedSlidingWindow):
    """Each key has a count and the instant it ends. Ended ones are swept whenever the number of keys has doubled."""

    STORAGE_SCHEME = ["async+process"]  # noqa: RUF012 - the library's declaration

    def __init__(self, uri: str | None = None, *, most_keys: int = MOST_KEYS) -> None:
        super().__init__(uri)
        self._counters: dict[str, tuple[int, float]] = {}
        self._most_keys = most_keys
        self._sweep_at = 1_000

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = time.time()
        count, ends = self._counters.get(key, (0, 0.0))
        if ends <= now:
            self._make_room(now)
            count, ends = 0, now + expiry
        self._counters[key] = count + amount, ends
        return count + amount

    async def get(self, key: str) -> int:
        return self._count(key, time.time())

    async def get_expiry(self, key: str) -> float:
        now = time.time()
        return max(now, self._counters.get(key, (0, now))[1])

    async def check(self) -> bool:
        return True

    async def reset(self) -> int | None:
        had = len(self._counters)
        self._counters.clear()
        return had

    async def clear(self, key: str) -> None:
        self._counters.pop(key, None)

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        previous, previous_ends_in, current, _ = await self.get_sliding_window(key, expiry)
        if int(previous * previous_ends_in / expiry + current) + amount > limit:
            return False
        await self.incr(self.sliding_window_keys(key, expiry, time.time())[1], 2 * expiry, amount)
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Counts of the last and this window, each with the seconds until it no longer matters."""
        now = time.time()
        previous_key, current_key = self.sliding_window_keys(key, expiry, now)
        left = expiry - now % expiry
        return self._count(previous_key, now), left, self._count(current_key, now), left + expiry

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        for window in self.sliding_window_keys(key, expiry, time.time()):
            await self.clear(window)

    def _count(self, key: str, now: float) -> int:
        count, ends = self._counters.get(key, (0, 0.0))
        return count if ends > now else 0

    def _make_room(self, now: float) -> None:
        if len(self._counters) < self._sweep_at:
            return
        self._counters = {key: value for key, value in self._counters.items() if value[1] > now}
        while len(self._counters) >= self._most_keys:
            del self._counters[next(iter(self._counters))]
        self._sweep_at = min(max(1_000, 2 * len(self._counters)), self._most_keys)
