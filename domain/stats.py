"""Numbers for a dashboard. Days are the viewer's own; what is in the trash does not count."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Date, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tasks import Priority, Task, TaskStatus
from domain.actors import Actor
from domain.errors import Invalid
from domain.recurrence import to_instant, to_local
from domain.task_filters import is_overdue
from domain.values import zone

MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Counts:
    open: int
    completed: int
    overdue: int
    due_today: int

    @property
    def completion_rate(self) -> float:
        """Completed / (open + completed), 0 when there is none."""
        total = self.open + self.completed
        return self.completed / total if total else 0.0


async def counts(session: AsyncSession, actor: Actor, *, now: datetime) -> Counts:
    begin, end = _day(actor, now, 0), _day(actor, now, 1)
    is_open = Task.status == TaskStatus.OPEN
    row = (
        await session.execute(
            select(
                func.count().filter(is_open),
                func.count().filter(Task.status == TaskStatus.COMPLETED),
                func.count().filter(is_overdue(now)),
                func.count().filter(and_(is_open, Task.due_date >= begin, Task.due_date < end)),
            ).where(Task.user_id == actor.user_id, Task.deleted_at.is_(None))
        )
    ).one()
    return Counts(*row)


async def completed_by_day(session: AsyncSession, actor: Actor, *, days: int, now: datetime) -> list[tuple[date, int]]:
    """How many were completed on each of the last days, today the last; days without any are there with 0."""
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"must be 1 to {MOST_DAYS}", ["days"])
    begin = _day(actor, now, 1 - days)
    local_day = cast(func.timezone(actor.time_zone, Task.completed_at), Date)
    rows = await session.execute(
        select(local_day, func.count())
        .where(Task.user_id == actor.user_id, Task.deleted_at.is_(None), Task.completed_at >= begin)
        .group_by(local_day)
    )
    found = dict(iter(rows))
    today = to_local(now, zone(actor.time_zone)).date()
    return [(day, found.get(day, 0)) for day in (today - timedelta(days=back) for back in range(days - 1, -1, -1))]


async def open_by_priority(session: AsyncSession, actor: Actor) -> list[tuple[Priority, int]]:
    """How many are open of each priority, the highest first; those without any are there with 0."""
    rows = await session.execute(
        select(Task.priority, func.count())
        .where(Task.user_id == actor.user_id, Task.deleted_at.is_(None), Task.status == TaskStatus.OPEN)
        .group_by(Task.priority)
    )
    found = dict(iter(rows))
    return [(priority, found.get(priority, 0)) for priority in sorted(Priority, reverse=True)]


def _day(actor: Actor, now: datetime, offset: int) -> datetime:
    """The instant at which the viewer's day begins, `offset` days from today."""
    place = zone(actor.time_zone)
    midnight = to_local(now, place).replace(hour=0, minute=0, second=0, microsecond=0)
    return to_instant(midnight + timedelta(days=offset), place)
