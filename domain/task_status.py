"""A task's way through its states: completed, reopened, skipped, into the trash and back, and out of it for good."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.notifications import Notification
from db.tasks import Task, TaskStatus
from domain import updates
from domain.actors import Actor
from domain.errors import Conflict, Invalid
from domain.events import EventType
from domain.notifications import NotificationKind
from domain.task_events import tell
from domain.tasks import changed, expect, lock, refuse_in_trash

TRASH_DAYS = 30


async def complete_task(
    session: AsyncSession, actor: Actor, task_id: str, *, expected_version: int | None, now: datetime
) -> Task:
    """Completes a task; the recurrence worker spawns the next occurrence. A completed one stays as it is."""
    task = await lock(session, actor, task_id, None)
    if task.status is TaskStatus.COMPLETED:
        return task
    expect(task, expected_version)
    refuse_in_trash(task)
    if task.status is TaskStatus.SKIPPED:
        raise Conflict("this occurrence was skipped; reopen it first", ["id"])
    return await _set_status(session, EventType.TASK_COMPLETED, task, TaskStatus.COMPLETED, now=now)


async def reopen_task(
    session: AsyncSession, actor: Actor, task_id: str, *, expected_version: int | None, now: datetime
) -> Task:
    """Opens a completed or skipped task again and takes back the occurrence spawned from it if nobody touched that."""
    task = await lock(session, actor, task_id, None)
    if task.status is TaskStatus.OPEN:
        return task
    expect(task, expected_version)
    refuse_in_trash(task)
    await _take_back_successor(session, task, now=now)
    return await _set_status(session, EventType.TASK_REOPENED, task, TaskStatus.OPEN, now=now)


async def delete_task(
    session: AsyncSession, actor: Actor, task_id: str, *, expected_version: int | None, now: datetime
) -> Task:
    """Moves a task into the trash. One that is there already stays as it is."""
    task = await lock(session, actor, task_id, None)
    if task.deleted_at is not None:
        return task
    expect(task, expected_version)
    task.deleted_at = now
    await changed(session, EventType.TASK_DELETED, task, {"deleted_at": [None, now]}, now=now)
    return task


async def _set_status(session: AsyncSession, kind: EventType, task: Task, status: TaskStatus, *, now: datetime) -> Task:
    changes = {"status": [task.status, status]}
    task.status = status
    task.completed_at = now if status is TaskStatus.COMPLETED else None
    await changed(session, kind, task, changes, now=now)
    return task


async def _take_back_successor(session: AsyncSession, task: Task, *, now: datetime) -> None:
    successor = await session.scalar(select(Task).where(Task.parent_task_id == task.id).with_for_update())
    untouched = successor is not None and successor.version == 1 and successor.status is TaskStatus.OPEN
    if successor is None or not untouched:
        return
    # What told of it would now speak of a task that is not there.
    await session.execute(
        delete(Notification).where(
            Notification.task_id == successor.id,
            Notification.kind == NotificationKind.RECURRENCE_SPAWNED.value,
        )
    )
    await tell(session, EventType.TASK_DELETED, successor, changes={"taken_back": [False, True]}, now=now)
    await updates.tell_gone(session, [successor.id])
    await session.delete(successor)
    await session.flush()


async def skip_task(
    session: AsyncSession, actor: Actor, task_id: str, *, expected_version: int | None, now: datetime
) -> Task:
    """Leaves this occurrence of a recurring task out; the recurrence worker spawns the next."""
    task = await lock(session, actor, task_id, None)
    if task.status is TaskStatus.SKIPPED:
        return task
    expect(task, expected_version)
    refuse_in_trash(task)
    if not task.is_recurring:
        raise Invalid("only an occurrence of a recurring task can be skipped", ["id"])
    if task.status is TaskStatus.COMPLETED:
        raise Conflict("this occurrence is completed; reopen it first", ["id"])
    return await _set_status(session, EventType.TASK_SKIPPED, task, TaskStatus.SKIPPED, now=now)


async def restore_task(
    session: AsyncSession, actor: Actor, task_id: str, *, expected_version: int | None, now: datetime
) -> Task:
    """Takes a task out of the trash; reminders that are still to come are set again. Elsewhere it changes nothing."""
    task = await lock(session, actor, task_id, None)
    if task.deleted_at is None:
        return task
    expect(task, expected_version)
    changes = {"deleted_at": [task.deleted_at, None]}
    task.deleted_at = None
    await changed(session, EventType.TASK_RESTORED, task, changes, now=now)
    return task


async def purge_trash(session: AsyncSession, *, limit: int, now: datetime) -> int:
    """Removes for good what has lain in the trash for 30 days. Returns how many; the history keeps their events."""
    old = await session.scalars(
        select(Task)
        .where(Task.deleted_at < now - timedelta(days=TRASH_DAYS))
        .order_by(Task.deleted_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    tasks: Sequence[Task] = old.all()
    for task in tasks:
        await tell(session, EventType.TASK_DELETED, task, changes={"purged": [False, True]}, now=now)
    await updates.tell_gone(session, [task.id for task in tasks])
    await session.execute(delete(Task).where(Task.id.in_([task.id for task in tasks])))
    return len(tasks)
