"""Overdue tasks: when one becomes so, and telling its user once per task and due date."""

from datetime import datetime, timedelta

from sqlalchemy import ARRAY, BigInteger, any_, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import clock
from db.outbox import Outgoing
from db.tasks import Task, TaskStatus
from domain.events import REMINDERS, EventType, emit, outgoing, task_overdue_id
from domain.recurrence import midnight, to_instant, to_local
from domain.values import rfc3339, zone


def overdue_instant(due_date: datetime | None, *, all_day: bool, time_zone: str) -> datetime | None:
    """When a task's time is over: at its due date, or for an all-day task when that day ends in its zone."""
    if due_date is None or not all_day:
        return due_date
    place = zone(time_zone)
    return to_instant(midnight(to_local(due_date, place)) + timedelta(days=1), place)


def news(due_date: datetime | None, *, all_day: bool, time_zone: str, now: datetime) -> datetime | None:
    """When the user is to be told that it is overdue; None for what is past already when it is set."""
    instant = overdue_instant(due_date, all_day=all_day, time_zone=time_zone)
    return instant if instant is not None and instant > now else None


def instant_of(task: Task) -> datetime | None:
    return overdue_instant(task.due_date, all_day=task.all_day, time_zone=task.time_zone)


def is_overdue(task: Task, now: datetime) -> bool:
    """Open and past its time. The list filter in domain.task_lists says the same in SQL."""
    instant = instant_of(task)
    return task.status == TaskStatus.OPEN and instant is not None and instant <= now


def watch(task: Task, *, now: datetime) -> None:
    """Notes when the task's user is to be told."""
    task.overdue_at = news(task.due_date, all_day=task.all_day, time_zone=task.time_zone, now=now)


async def tell_overdue(session: AsyncSession, *, limit: int, at: datetime | None = None) -> int:
    """Tells of tasks that have become overdue, at most `limit`. `at` stands for the database's clock.

    Returns how many rows were handled.
    """
    moment = clock.moment(at)
    rows = await session.execute(
        select(Task.id, Task.user_id, Task.title, Task.due_date, Task.all_day, Task.status, Task.deleted_at, moment)
        .where(Task.overdue_at <= moment)
        .order_by(Task.overdue_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    handled: list[int] = []
    events: list[Outgoing] = []
    for task_id, user_id, title, due_date, all_day, status, deleted_at, now in rows:
        handled.append(task_id)
        if status is TaskStatus.OPEN and deleted_at is None and due_date is not None:
            data = {"title": title, "due_at": rfc3339(due_date), "all_day": all_day}
            events.append(
                outgoing(
                    EventType.TASK_OVERDUE,
                    topic=REMINDERS,
                    user_id=user_id,
                    task_id=task_id,
                    at=now,
                    data=data,
                    event_id=task_overdue_id(task_id, due_date),
                )
            )
    if handled:
        await session.execute(
            update(Task)
            .where(Task.id == any_(literal(handled, ARRAY(BigInteger))))
            .values(overdue_at=None)
            .execution_options(synchronize_session=False)
        )
    await emit(session, events)
    return len(handled)


async def seconds_until_overdue(session: AsyncSession) -> float | None:
    """Seconds until the next task becomes overdue by the database's clock; None when there is none."""
    seconds = await session.scalar(
        select(func.extract("epoch", Task.overdue_at - func.clock_timestamp()))
        .where(Task.overdue_at.is_not(None))
        .order_by(Task.overdue_at)
        .limit(1)
    )
    return None if seconds is None else float(seconds)
