"""The scheduler: fires reminders when their instant comes, and tells when a task becomes overdue.

It sleeps until the next such instant; a row that is written or moved rings the doorbell. Several may run: none fires
what another has claimed.
"""

from db.engine import Sessions
from db.reminders import DOORBELL
from domain import overdue, reminders
from workers import metrics
from workers.doorbell import Doorbell
from workers.loop import IDLE_SECONDS, forever

BATCH = 500
# Rows that are due but locked by somebody else are looked at again after this, not at once.
SHORTEST_PAUSE_SECONDS = 0.005


async def run_once(sessions: Sessions) -> int:
    """Fires one batch of due reminders, tells of one batch of overdue tasks. Returns how many rows were handled."""
    async with sessions.begin() as session:
        fired = await reminders.fire_due(session, limit=BATCH)
    metrics.fired.inc(fired)
    async with sessions.begin() as session:
        return fired + await overdue.tell_overdue(session, limit=BATCH)


async def run(sessions: Sessions, doorbell: Doorbell) -> None:
    async def wait() -> None:
        async with sessions.begin() as session:
            next_ones = [await reminders.seconds_until_due(session), await overdue.seconds_until_overdue(session)]
        seconds = min([IDLE_SECONDS, *(each for each in next_ones if each is not None)])
        await doorbell.wait(DOORBELL, max(seconds, SHORTEST_PAUSE_SECONDS))

    await forever("scheduler", lambda: run_once(sessions), wait)
