"""The scheduler: fires reminders when their instant comes. Several may run; none fires what another has claimed."""

from db.engine import Sessions
from db.reminders import DOORBELL
from domain import reminders
from workers import metrics
from workers.doorbell import Doorbell
from workers.loop import IDLE_SECONDS, forever

BATCH = 500


async def run_once(sessions: Sessions) -> int:
    """Fires one batch of due reminders. Returns how many."""
    async with sessions.begin() as session:
        count = await reminders.fire_due(session, limit=BATCH)
    metrics.fired.inc(count)
    return count


async def run(sessions: Sessions, doorbell: Doorbell) -> None:
    async def wait() -> None:
        async with sessions.begin() as session:
            until_due = await reminders.seconds_until_due(session)
        seconds = IDLE_SECONDS if until_due is None else min(until_due, IDLE_SECONDS)
        if seconds > 0:
            await doorbell.wait(DOORBELL, seconds)

    await forever("scheduler", lambda: run_once(sessions), wait)
