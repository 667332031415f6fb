"""Reminders as a person sets them: added at an instant or before the due date, removed, snoozed."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.reminders import Reminder
from db.tasks import Task, TaskStatus
from domain import idempotency, reminders, tasks
from domain.actors import Actor
from domain.errors import Conflict, Invalid, LimitReached, NotFound
from domain.events import EventType, emit
from domain.reminders import MOST_MINUTES, MOST_PER_TASK, told
from domain.values import LATEST_YEAR, parse_id, rfc3339

MOST_ABSOLUTE = 20


async def add_reminder(
    session: AsyncSession,
    actor: Actor,
    task_id: str,
    *,
    at: datetime | None,
    minutes_before: int | None,
    idempotency_key: UUID | None,
    now: datetime,
) -> Reminder:
    """Adds one reminder; the same one again, or the same key again, gives the one that is there."""
    if (at is None) == (minutes_before is None):
        raise Invalid("give exactly one of at and minutesBefore", ["at"])
    earlier = await idempotency.claim(session, actor, "addReminder", idempotency_key, now=now)
    if earlier is not None:
        return await _load(session, actor, str(earlier), field="idempotency_key")
    task = await tasks.lock(session, actor, task_id, None, field="task_id")
    tasks.refuse_in_trash(task, field="task_id")
    if task.status is not TaskStatus.OPEN:
        raise Conflict("the task is not open", ["task_id"])
    instant = _future(at or _instant_before(task, minutes_before), now, "at" if at else "minutes_before")
    reminder = await _standing(session, task, instant, minutes_before)
    if reminder is None:
        reminder = await _insert(session, task, instant, minutes_before, now=now)
    await idempotency.settle(session, actor, "addReminder", idempotency_key, reminder.id)
    return reminder


async def remove_reminder(session: AsyncSession, actor: Actor, reminder_id: str, *, now: datetime) -> Task:
    """Takes a reminder away, and with it the minutes that it was derived from. Returns its task."""
    reminder, task = await _lock(session, actor, reminder_id)
    if reminder.sent:
        raise Conflict("the reminder has fired already", ["id"])
    minutes = reminder.minutes_before if reminder.minutes_before is not None else reminder.snoozed_minutes
    if minutes in task.reminder_minutes:
        task.reminder_minutes = [each for each in task.reminder_minutes if each != minutes]
    await emit(session, [told(EventType.REMINDER_CANCELLED, reminder, task, now=now)])
    await session.delete(reminder)
    changes = {"reminders": [rfc3339(reminder.remind_at), None]}
    await tasks.changed(session, EventType.TASK_UPDATED, task, changes, now=now)
    return task


async def snooze_reminder(
    session: AsyncSession,
    actor: Actor,
    reminder_id: str,
    *,
    until: datetime | None,
    minutes: int | None,
    now: datetime,
) -> Reminder:
    """Moves a reminder, fired or not, to a later instant. It keeps standing for the one it was derived for."""
    if (until is None) == (minutes is None):
        raise Invalid("give exactly one of until and minutes", ["until"])
    if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
        raise Invalid(f"must be 1 to {MOST_MINUTES}", ["minutes"])
    reminder, task = await _lock(session, actor, reminder_id)
    tasks.refuse_in_trash(task)
    if task.status is not TaskStatus.OPEN:
        raise Conflict("the task is not open", ["id"])
    instant = _future(until or now + timedelta(minutes=minutes or 0), now, "until")
    before = reminder.remind_at
    if reminder.minutes_before is not None:
        reminder.snoozed_minutes, reminder.snoozed_from = reminder.minutes_before, reminder.remind_at
    reminder.minutes_before = None
    reminder.remind_at = instant
    reminder.sent, reminder.sent_at, reminder.cancelled_at = False, None, None
    await session.flush()
    await emit(session, [told(EventType.REMINDER_SCHEDULED, reminder, task, now=now)])
    changes = {"reminders": [rfc3339(before), rfc3339(instant)]}
    await tasks.changed(session, EventType.TASK_UPDATED, task, changes, now=now)
    return reminder


def _instant_before(task: Task, minutes: int | None) -> datetime:
    cleaned = reminders.clean_minutes([minutes or 0], has_due_date=True, field="minutes_before")
    if task.due_date is None:
        raise Invalid("the task has no due date to be counted from", ["minutes_before"])
    found = reminders.instants(task.due_date, cleaned)
    if not found:
        raise Invalid("is too long before the due date", ["minutes_before"])
    return found[cleaned[0]]


def _future(instant: datetime, now: datetime, field: str) -> datetime:
    if instant <= now:
        raise Invalid("that instant is already past", [field])
    if instant.year > LATEST_YEAR:
        raise Invalid(f"must not lie after the year {LATEST_YEAR}", [field])
    return instant


async def _standing(
    session: AsyncSession, task: Task, instant: datetime, minutes_before: int | None
) -> Reminder | None:
    same = Reminder.minutes_before.is_(None) if minutes_before is None else Reminder.minutes_before == minutes_before
    return await session.scalar(
        select(Reminder).where(
            Reminder.task_id == task.id,
            Reminder.remind_at == instant,
            ~Reminder.sent,
            Reminder.cancelled_at.is_(None),
            same,
        )
    )


async def _insert(
    session: AsyncSession, task: Task, instant: datetime, minutes_before: int | None, *, now: datetime
) -> Reminder:
    if minutes_before is not None and minutes_before not in task.reminder_minutes:
        if len(task.reminder_minutes) >= MOST_PER_TASK:
            raise LimitReached(f"there can be at most {MOST_PER_TASK} reminders before the due date")
        task.reminder_minutes = sorted([*task.reminder_minutes, minutes_before])
    if minutes_before is None:
        pending = select(func.count()).where(
            Reminder.task_id == task.id, Reminder.minutes_before.is_(None), ~Reminder.sent
        )
        if (await session.scalar(pending) or 0) >= MOST_ABSOLUTE:
            raise LimitReached(f"there can be at most {MOST_ABSOLUTE} reminders at fixed times")
    if minutes_before is not None:
        # One of an earlier due date that the worker has not cancelled yet gives way: there is one at a time.
        await reminders.cancel_derived(session, task, minutes_before, now=now)
    reminder = Reminder(
        task_id=task.id,
        user_id=task.user_id,
        remind_at=instant,
        minutes_before=minutes_before,
        sent=False,
        created_at=now,
    )
    session.add(reminder)
    await session.flush()
    await emit(session, [told(EventType.REMINDER_SCHEDULED, reminder, task, now=now)])
    await tasks.changed(session, EventType.TASK_UPDATED, task, {"reminders": [None, rfc3339(instant)]}, now=now)
    return reminder


async def _load(session: AsyncSession, actor: Actor, reminder_id: str, *, field: str = "id") -> Reminder:
    number = parse_id(reminder_id)
    mine = select(Reminder).where(Reminder.id == number, Reminder.user_id == actor.user_id)
    reminder = await session.scalar(mine) if number else None
    if reminder is None:
        raise NotFound("there is no such reminder", [field])
    return reminder


async def _lock(session: AsyncSession, actor: Actor, reminder_id: str) -> tuple[Reminder, Task]:
    """The reminder and its task, both locked, the task first as everywhere."""
    found = await _load(session, actor, reminder_id)
    task = await tasks.lock(session, actor, str(found.task_id), None)
    reminder = await session.scalar(
        select(Reminder).where(Reminder.id == found.id).with_for_update().execution_options(populate_existing=True)
    )
    if reminder is None:
        raise NotFound("there is no such reminder", ["id"])
    return reminder, task
