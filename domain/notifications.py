"""Notifications: what a user is told, made once per event, read and marked as read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.notifications import New, Notification, put
from db.tasks import Task, TaskStatus, find_all
from domain.actors import Actor
from domain.errors import Invalid, NotFound
from domain.events import Event, EventType
from domain.recurrence import to_local
from domain.values import parse_id, zone

# Below this a reminder counts as on time and does not speak of being late.
LATE_AFTER_SECONDS = 60
MOST_AT_ONCE = 100


class NotificationKind(StrEnum):
    REMINDER_DUE = "reminder_due"
    TASK_OVERDUE = "task_overdue"
    RECURRENCE_SPAWNED = "recurrence_spawned"


@dataclass(frozen=True, slots=True)
class NotificationPage:
    rows: list[Notification]
    has_next: bool


async def tell(session: AsyncSession, events: Sequence[Event]) -> None:
    """The notifications of events of the reminders topic, all in one statement."""
    tasks = await find_all(session, [event.task_id for event in events])
    found = ((event, tasks[event.task_id]) for event in events if event.task_id in tasks)
    told = (
        _overdue(event, task) if event.type == EventType.TASK_OVERDUE else _due(event, task) for event, task in found
    )
    await put(session, [new for new in told if new is not None])


async def tell_spawned(session: AsyncSession, task: Task, *, event_id: UUID) -> None:
    """The notification that a series has gone on."""
    body = f"Next: {due_text(task)[4:]}"
    await put(session, [_new(NotificationKind.RECURRENCE_SPAWNED, task, body=body, event_id=event_id)])


def _due(event: Event, task: Task) -> New:
    late = event.data.get("late_by_seconds")
    body = due_text(task) + (late_text(late) if isinstance(late, int | float) else "")
    return _new(NotificationKind.REMINDER_DUE, task, body=body, event_id=event.id)


def _overdue(event: Event, task: Task) -> New | None:
    """None when the task has been done since."""
    if task.status is not TaskStatus.OPEN or task.deleted_at is not None:
        return None
    body = f"Overdue: {due_text(task)[:1].lower()}{due_text(task)[1:]}"
    return _new(NotificationKind.TASK_OVERDUE, task, body=body, event_id=event.id)


def _new(kind: NotificationKind, task: Task, *, body: str, event_id: UUID) -> New:
    return New(task.user_id, task.id, kind.value, task.title, body, event_id)


def due_text(task: Task) -> str:
    """When the task is due, in words and in its zone, e.g. `Due Sun 25 Jan 2026, 15:00`."""
    if task.due_date is None:
        return "Due date removed"
    local = to_local(task.due_date, zone(task.time_zone))
    day = f"{local:%a} {local.day} {local:%b %Y}"
    return f"Due {day}" if task.all_day else f"Due {day}, {local:%H:%M}"


def late_text(seconds: float) -> str:
    if seconds < LATE_AFTER_SECONDS:
        return ""
    minutes = round(seconds / 60)
    hour, day = 60, 24 * 60
    if minutes < 2 * hour:
        span = f"{minutes} min"
    elif minutes < 2 * day:
        span = f"{round(minutes / hour)} h"
    else:
        span = f"{round(minutes / day)} days"
    return f" (this reminder is {span} late)"


async def page(
    session: AsyncSession, actor: Actor, *, unread_only: bool, first: int, after_id: int | None
) -> NotificationPage:
    """The actor's notifications, newest first."""
    query = select(Notification).where(Notification.user_id == actor.user_id)
    if unread_only:
        query = query.where(Notification.read_at.is_(None))
    if after_id is not None:
        query = query.where(Notification.id < after_id)
    rows = list(await session.scalars(query.order_by(Notification.id.desc()).limit(first + 1)))
    return NotificationPage(rows[:first], len(rows) > first)


async def count(session: AsyncSession, actor: Actor, *, unread_only: bool) -> int:
    query = select(func.count()).select_from(Notification).where(Notification.user_id == actor.user_id)
    if unread_only:
        query = query.where(Notification.read_at.is_(None))
    return await session.scalar(query) or 0


async def mark_read(
    session: AsyncSession, actor: Actor, *, ids: Sequence[str] | None, everything: bool, now: datetime
) -> int:
    """Marks the named notifications, or all, as read. Returns how many were not before."""
    if (ids is None) == (not everything):
        raise Invalid("give exactly one of ids and all", ["ids"])
    mine = Notification.user_id == actor.user_id
    unread = update(Notification).where(mine, Notification.read_at.is_(None)).values(read_at=now)
    if ids is not None:
        numbers = {parse_id(each) or -1 for each in ids}
        if len(numbers) > MOST_AT_ONCE:
            raise Invalid(f"must name at most {MOST_AT_ONCE}", ["ids"])
        owned = await session.scalar(select(func.count()).where(mine, Notification.id.in_(numbers)))
        if owned != len(numbers):
            raise NotFound("there is no such notification", ["ids"])
        unread = unread.where(Notification.id.in_(numbers))
    return len((await session.scalars(unread.returning(Notification.id))).all())
