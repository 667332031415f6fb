"""Tasks: made and changed by a person. Each change is told in the outbox, in the same transaction.

Completing, skipping, deleting and their undoing are in domain/task_status.py, many at once in domain/task_bulk.py.

Every use-case locks the task first: the order of its events is the order of its changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import task_writes
from db import tasks as rows
from db.tasks import Priority, Task, TaskStatus
from domain import idempotency, overdue, recurring, reminders, tags
from domain.actors import Actor
from domain.errors import Conflict, Invalid, NotFound
from domain.events import EventType
from domain.recurrence import midnight, to_instant, to_local
from domain.recurring import RecurrenceSpec
from domain.task_events import tell
from domain.values import EARLIEST_YEAR, LATEST_YEAR, clean_text, parse_id, zone


@dataclass(frozen=True, slots=True)
class NewTask:
    title: str
    description: str = ""
    priority: Priority = Priority.NONE
    due_date: datetime | None = None
    all_day: bool = False
    time_zone: str | None = None
    reminder_minutes: Sequence[int] = ()
    recurrence: RecurrenceSpec | None = None
    tag_ids: Sequence[str] = ()
    tag_names: Sequence[str] = ()
    idempotency_key: UUID | None = field(default=None)


class TaskChanges(TypedDict, total=False):
    """What updateTask changes: a missing key keeps what is there, None clears it where it can be empty."""

    title: str | None
    description: str | None
    priority: Priority | None
    due_date: datetime | None
    all_day: bool | None
    time_zone: str | None
    reminder_minutes: Sequence[int] | None
    recurrence: RecurrenceSpec | None
    tag_ids: Sequence[str] | None
    tag_names: Sequence[str] | None


async def load(session: AsyncSession, actor: Actor, task_id: str) -> Task | None:
    """The actor's task, in the trash or not; None for a missing and for a stranger's one alike."""
    number = parse_id(task_id)
    return await rows.find_owned(session, actor.user_id, number) if number else None


async def parents_and_successors(
    session: AsyncSession, actor: Actor, tasks: Sequence[Task], *, successors: bool
) -> dict[int, Task]:
    """For each task the one it was spawned from, or with `successors` the one spawned from it, by the task's id."""
    if successors:
        found = await session.scalars(
            select(Task).where(Task.user_id == actor.user_id, Task.parent_task_id.in_([t.id for t in tasks]))
        )
        return {task.parent_task_id: task for task in found if task.parent_task_id is not None}
    parent_ids = {task.parent_task_id for task in tasks} - {None}
    found = await session.scalars(select(Task).where(Task.user_id == actor.user_id, Task.id.in_(parent_ids)))
    by_id = {task.id: task for task in found}
    return {t.id: by_id[t.parent_task_id] for t in tasks if t.parent_task_id in by_id}


async def by_ids(session: AsyncSession, actor: Actor, task_ids: Sequence[int]) -> dict[int, Task]:
    found = await session.scalars(select(Task).where(Task.user_id == actor.user_id, Task.id.in_(task_ids)))
    return {task.id: task for task in found}


async def create_task(session: AsyncSession, actor: Actor, new: NewTask, *, now: datetime) -> Task:
    """Makes a task. With an idempotency key seen within 24 hours, returns what the first call made instead."""
    earlier = await idempotency.claim(session, actor, "createTask", new.idempotency_key, now=now)
    if earlier is not None:
        return await _made_earlier(session, actor, earlier)
    task = Task(
        user_id=actor.user_id,
        title=_clean_title(new.title),
        description=_clean_description(new.description),
        status=TaskStatus.OPEN,
        priority=new.priority,
        due_date=None,
        all_day=new.all_day,
        time_zone=new.time_zone or actor.time_zone,
        reminder_minutes=reminders.clean_minutes(new.reminder_minutes, has_due_date=new.due_date is not None),
        version=1,
        occurrence=1,
        created_at=now,
        updated_at=now,
    )
    task.due_date = clean_due_date(new.due_date, all_day=new.all_day, time_zone=task.time_zone)
    overdue.watch(task, now=now)
    recurring.put_on_task(task, new.recurrence)
    tag_ids = await tags.resolve(session, actor, ids=new.tag_ids, names=new.tag_names)
    names = await task_writes.insert(session, task, tag_ids)
    await idempotency.settle(session, actor, "createTask", new.idempotency_key, task.id)
    await tell(session, EventType.TASK_CREATED, task, changes={}, now=now, tags=names)
    return task


async def update_task(
    session: AsyncSession,
    actor: Actor,
    task_id: str,
    changes: TaskChanges,
    *,
    expected_version: int | None,
    now: datetime,
) -> Task:
    """Changes what is named. A moved due date leaves the series where it is; a new rule counts from here on."""
    task = await lock(session, actor, task_id, expected_version)
    refuse_in_trash(task)
    before, overdue_before = _state(task), overdue.instant_of(task)
    tags_before = tags_after = await task_writes.tag_names(session, task.id)
    _apply_plain(task, changes)
    _apply_dates(task, changes)
    if overdue.instant_of(task) != overdue_before:
        overdue.watch(task, now=now)
    _apply_reminders(task, changes)
    if "recurrence" in changes:
        recurring.put_on_task(task, changes["recurrence"])
        if task.is_recurring and task.series_id is None:
            task.series_id = task.id
    elif task.is_recurring and task.due_date is None:
        raise Invalid("a recurring task needs a due date; end the recurrence first, or with it", ["due_date"])
    elif task.time_zone != before["time_zone"]:
        recurring.keep_in_zone(task)
    if "tag_ids" in changes or "tag_names" in changes:
        tag_ids = await tags.resolve(
            session, actor, ids=changes.get("tag_ids") or (), names=changes.get("tag_names") or ()
        )
        tags_after = await task_writes.put_tags(session, task.id, tag_ids)
    difference = _difference(before, _state(task))
    if tags_before != tags_after:
        difference["tags"] = [tags_before, tags_after]
    if difference:
        await changed(session, EventType.TASK_UPDATED, task, difference, now=now)
    return task


async def _made_earlier(session: AsyncSession, actor: Actor, task_id: int) -> Task:
    task = await rows.find_owned(session, actor.user_id, task_id)
    if task is None:
        raise Conflict("what this key made has been deleted since", ["idempotency_key"])
    return task


async def lock(
    session: AsyncSession, actor: Actor, task_id: str, expected_version: int | None, *, field: str = "id"
) -> Task:
    """The actor's task, which nobody else changes before this transaction ends."""
    number = parse_id(task_id)
    task = await rows.find_owned(session, actor.user_id, number, lock=True) if number else None
    if task is None:
        raise NotFound("there is no such task", [field])
    expect(task, expected_version)
    return task


def expect(task: Task, version: int | None) -> None:
    if version is not None and version != task.version:
        raise Conflict(
            f"the task has been changed meanwhile: it is at version {task.version}, not {version}",
            ["expected_version"],
        )


def refuse_in_trash(task: Task, *, field: str = "id") -> None:
    if task.deleted_at is not None:
        raise Conflict("the task is in the trash; restore it first", [field])


async def changed(
    session: AsyncSession, kind: EventType, task: Task, changes: dict[str, list[Any]], *, now: datetime
) -> None:
    task.version += 1
    task.updated_at = now
    names = await task_writes.save(session, task)
    await tell(session, kind, task, changes=changes, now=now, tags=names)


def _apply_plain(task: Task, changes: TaskChanges) -> None:
    if "title" in changes:
        task.title = _clean_title(changes["title"] or "")
    if "description" in changes:
        task.description = _clean_description(changes["description"] or "")
    if "priority" in changes:
        if changes["priority"] is None:
            raise Invalid("cannot be empty; NONE is the lowest priority", ["priority"])
        task.priority = changes["priority"]


def _apply_reminders(task: Task, changes: TaskChanges) -> None:
    if "reminder_minutes" in changes:
        minutes = changes["reminder_minutes"] or ()
    else:
        # Without a due date there is nothing left to be counted from.
        minutes = task.reminder_minutes if task.due_date is not None else ()
    task.reminder_minutes = reminders.clean_minutes(minutes, has_due_date=task.due_date is not None)


def _apply_dates(task: Task, changes: TaskChanges) -> None:
    all_day = changes.get("all_day", task.all_day)
    time_zone = changes.get("time_zone", task.time_zone)
    if all_day is None:
        raise Invalid("cannot be empty", ["all_day"])
    if time_zone is None:
        raise Invalid("cannot be empty", ["time_zone"])
    due_date = changes.get("due_date", task.due_date)
    if "due_date" not in changes and task.all_day and due_date is not None and time_zone != task.time_zone:
        # An all-day task stays on its day when its zone changes.
        due_date = to_instant(to_local(due_date, zone(task.time_zone)), zone(time_zone))
    task.all_day = all_day
    task.time_zone = time_zone
    if all_day and task.scheduled_for is not None:
        task.scheduled_for = midnight(task.scheduled_for)
    if {"due_date", "all_day", "time_zone"} & changes.keys():
        task.due_date = clean_due_date(due_date, all_day=all_day, time_zone=time_zone)


def clean_due_date(due_date: datetime | None, *, all_day: bool, time_zone: str) -> datetime | None:
    """The instant to store: as given, or for an all-day task the start of that day in its zone."""
    place = zone(time_zone)
    if due_date is None:
        if all_day:
            raise Invalid("needs a due date", ["all_day"])
        return None
    if not EARLIEST_YEAR <= due_date.year <= LATEST_YEAR:
        raise Invalid(f"must lie in the years {EARLIEST_YEAR} to {LATEST_YEAR}", ["due_date"])
    if not all_day:
        return due_date
    return to_instant(midnight(to_local(due_date, place)), place)


def _clean_title(title: str) -> str:
    return clean_text(title, field="title", shortest=1, longest=200)


def _clean_description(description: str) -> str:
    return clean_text(description, field="description", longest=1000)


_TOLD = (
    "title", "description", "priority", "due_date", "all_day", "time_zone", "reminder_minutes", "recurrence_rule",
    "recurrence_anchor", "scheduled_for", "occurrence",
)  # fmt: skip


def _state(task: Task) -> dict[str, Any]:
    return {column: getattr(task, column) for column in _TOLD}


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {column: [before[column], after[column]] for column in _TOLD if before[column] != after[column]}
