"""The one loop that all polling workers share: work while there is work, then wait for the doorbell or the clock."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from config import logs
from workers import metrics

_log = logs.get("workers.loop")
IDLE_SECONDS = 1.0
_LONGEST_BACKOFF_SECONDS = 10.0


async def forever(
    name: str,
    run_once: Callable[[], Awaitable[int]],
    wait: Callable[[], Awaitable[None]],
) -> None:
    """Runs `run_once` (which returns how much it did) again and again; after an idle round waits.

    A failed round is logged and tried again after a growing, jittered pause: the database or the broker may be away.
    """
    failures = 0
    metrics.failed.labels(name)
    while True:
        try:
            done = await run_once()
            failures = 0
            metrics.last_round.labels(name).set_to_current_time()
            if not done:
                await wait()
        except Exception as error:  # noqa: BLE001 - a loop outlives whatever a round meets
            failures += 1
            metrics.failed.labels(name).inc()
            pause = backoff(failures)
            _log.warning("round failed", loop=name, error=describe(error), failures=failures, pause=round(pause, 2))
            await asyncio.sleep(pause)


def backoff(failures: int, *, first: float = 0.1, longest: float = _LONGEST_BACKOFF_SECONDS) -> float:
    """Seconds to wait after so many failures in a row: doubling, bounded, with half of it random."""
    ceiling = min(longest, first * 2 ** min(failures - 1, 20))
    half: float = ceiling / 2
    return half + half * random.random()  # noqa: S311 - jitter


def describe(error: BaseException) -> str:
    """One line for a log; statements and their parameters, which may hold what users wrote, are left out."""
    cause = getattr(error, "orig", None) or error
    line = f"{type(cause).__name__}: {str(cause).splitlines()[0] if str(cause) else ''}"[:300]
    # What neither JSON nor a text column can hold.
    return line.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
