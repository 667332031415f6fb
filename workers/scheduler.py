"""The scheduler: fires reminders when their instant comes, and tells when a task becomes overdue.

It sleeps until the next such instant; a row that is written or moved rings the doorbell. Several may run: none fires
what another has claimed.
"""

from dataclasses import dataclass

from db.engine import Sessions, reading
from db.reminders import DOORBELL
from domain import overdue, reminders
from workers import metrics
from workers.doorbell import Doorbell
from workers.loop import IDLE_SECONDS, forever

BATCH = 500
# Rows that are due but locked by somebody else are looked at again after this, not at once.
SHORTEST_PAUSE_SECONDS = 0.005
# With a doorbell that works it need not look more often; only a clock that is set could make a difference.
LISTENING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Ahead:
    """Seconds until the next reminder and the next overdue task, negative when late; None when there is none."""

    reminder: float | None
    overdue: float | None

    def within(self, seconds: float) -> float:
        """Seconds until the first of them, `seconds` at most."""
        return min([seconds, *(each for each in (self.reminder, self.overdue) if each is not None)])


async def look(sessions: Sessions) -> Ahead:
    async with reading(sessions)() as session:
        return Ahead(await reminders.seconds_until_due(session), await overdue.seconds_until_overdue(session))


async def work(sessions: Sessions, ahead: Ahead) -> int:
    """Fires one batch of due reminders, tells of one batch of overdue tasks. Returns how many rows were handled."""
    handled = 0
    if ahead.reminder is not None and ahead.reminder <= 0:
        async with sessions.begin() as session:
            fired = await reminders.fire_due(session, limit=BATCH)
        handled += fired.handled
        metrics.fired.inc(len(fired.late_by))
        for seconds in fired.late_by:
            metrics.lateness.observe(seconds)
    if ahead.overdue is not None and ahead.overdue <= 0:
        async with sessions.begin() as session:
            handled += await overdue.tell_overdue(session, limit=BATCH)
    return handled


async def run_once(sessions: Sessions) -> int:
    """One batch of each of what is due. Returns how many rows were handled."""
    return await work(sessions, await look(sessions))


async def run(sessions: Sessions, doorbell: Doorbell) -> None:
    ahead = Ahead(None, None)

    async def once() -> int:
        nonlocal ahead
        ahead = await look(sessions)
        return await work(sessions, ahead)

    async def wait() -> None:
        longest = LISTENING_SECONDS if doorbell.is_heard else IDLE_SECONDS
        await doorbell.wait(DOORBELL, max(ahead.within(longest), SHORTEST_PAUSE_SECONDS))

    await forever("scheduler", once, wait)
