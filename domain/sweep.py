"""The safety sweep: fires what the scheduler has left, whatever the reason. It has nothing to do while one runs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.overdue import tell_overdue
from domain.reminders import fire_due

# Held by the one who sweeps; the number is arbitrary but fixed.
_SWEEP_LOCK = 7_425_539


@dataclass(frozen=True, slots=True)
class Swept:
    """How many rows of each were handled."""

    reminders: int
    overdue: int

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(self.reminders + other.reminders, self.overdue + other.overdue)

    @property
    def total(self) -> int:
        return self.reminders + self.overdue


async def sweep(session: AsyncSession, *, limit: int, at: datetime | None = None) -> Swept | None:
    """Handles due reminders and overdue tasks, at most `limit` of each; None while somebody else does.

    The lock is the transaction's: it goes with it, however that ends. `at` stands for the database's clock.
    """
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(_SWEEP_LOCK))):
        return None
    fired = await fire_due(session, limit=limit, at=at)
    return Swept(fired.handled, await tell_overdue(session, limit=limit, at=at))
