"""The topic task-updates: each task as it last was, by its id, and nothing (a tombstone) once it is gone for good.

It is compacted, so that who begins reading it finds every task that was made or changed since there is this consumer.
Snapshots are read and written under the task's lock, tombstones are written under it too: their order in the outbox is
that of the task, and nothing follows a tombstone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import ARRAY, BigInteger, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.outbox import Outgoing
from db.reminders import Reminder
from db.tasks import Task, lock_all_for_work, lock_all_of_user
from db.users import lock as lock_user
from domain import tags, trace
from domain.events import TASK_UPDATES, Event, emit, outgoing
from domain.task_events import plain
from domain.values import rfc3339

SNAPSHOT = "task.snapshot"
TOMBSTONE = "task.tombstone"
_NAMESPACE = UUID("0b6a7c55-8a0f-5f0e-a6c4-3d1f6b0c9e42")
_COLUMNS = (
    "id", "user_id", "title", "description", "status", "priority", "due_date", "all_day", "time_zone",
    "reminder_minutes", "is_recurring", "recurrence_rule", "recurrence_pattern", "recurrence_interval",
    "recurrence_end_date", "recurrence_anchor", "scheduled_for", "occurrence", "parent_task_id", "series_id", "version",
    "created_at", "updated_at", "completed_at", "deleted_at",
)  # fmt: skip


async def tell(session: AsyncSession, events: Sequence[Event]) -> None:
    """Puts the tasks of these events, as they now are, into the outbox: each once, in the trace of its last event.

    A task that is gone has left its tombstone when it went.
    """
    last = {event.task_id: event for event in events}
    snapshots: list[Outgoing] = []
    for task, data in await _read(session, list(last)):
        event = last[task.id]
        trace.begin(event.traceparent)
        snapshots.append(_outgoing(task, data, at=event.at, event_id=uuid5(_NAMESPACE, f"{SNAPSHOT}/{event.id}")))
    await emit(session, snapshots)


async def tell_all(session: AsyncSession, *, after_id: int, limit: int, now: datetime) -> int | None:
    """Puts the next `limit` tasks after this id into the outbox, whether they have changed or not: for a topic that is
    new, or has lost what it held. Returns the last one's id; None when there were no more.
    """
    wanted = select(Task.id).where(Task.id > after_id).order_by(Task.id).limit(limit)
    ids = list(await session.scalars(wanted))
    found = await _read(session, ids)
    await emit(session, [_outgoing(task, data, at=now, event_id=uuid4()) for task, data in found])
    return ids[-1] if ids else None


async def _read(session: AsyncSession, task_ids: Sequence[int]) -> list[tuple[Task, dict[str, Any]]]:
    """The tasks that there are of these, locked, with their snapshots."""
    tasks = await lock_all_for_work(session, task_ids)
    names = await tags.of_tasks(session, list(tasks))
    reminders = await _at_fixed_times(session, list(tasks))
    return [
        (
            task,
            snapshot(
                task,
                tag_names=[tag.name for tag in names.get(task_id, [])],
                reminders=reminders.get(task_id, []),
            ),
        )
        for task_id, task in tasks.items()
    ]


def snapshot(task: Task, *, tag_names: Sequence[str], reminders: Sequence[str]) -> dict[str, Any]:
    """All of a task that changes with its version. `reminders` are those at fixed times, whether they have fired or
    not; the others follow from the due date and the minutes.
    """
    values = {column: plain(getattr(task, column)) for column in _COLUMNS}
    return values | {"user_id": str(task.user_id), "tags": tag_names, "reminders": reminders}


async def tell_gone(session: AsyncSession, task_ids: Sequence[int]) -> None:
    """Puts the tombstones of tasks that are about to be removed into the outbox. Lock the tasks before."""
    await emit(
        session,
        [
            Outgoing(uuid5(_NAMESPACE, f"{TOMBSTONE}/{task_id}"), TOMBSTONE, TASK_UPDATES, str(task_id), None)
            for task_id in task_ids
        ],
    )


async def tell_all_gone(session: AsyncSession, user_id: int) -> None:
    """The tombstones of all of a user's tasks, before the account is removed with them."""
    await lock_all_of_user(session, user_id)
    # From here on there can be no new one; what was made since the first look is found by the second.
    await lock_user(session, user_id)
    await tell_gone(session, await lock_all_of_user(session, user_id))


def _outgoing(task: Task, data: Mapping[str, Any], *, at: datetime, event_id: UUID) -> Outgoing:
    return outgoing(
        SNAPSHOT, topic=TASK_UPDATES, user_id=task.user_id, task_id=task.id, at=at, data=data, event_id=event_id
    )


async def _at_fixed_times(session: AsyncSession, task_ids: Sequence[int]) -> dict[int, list[str]]:
    wanted = literal(list(task_ids), ARRAY(BigInteger))
    rows = await session.execute(
        select(Reminder.task_id, Reminder.remind_at)
        .where(Reminder.task_id == any_(wanted), Reminder.minutes_before.is_(None))
        .order_by(Reminder.remind_at)
    )
    found: dict[int, list[str]] = {}
    for task_id, remind_at in rows:
        found.setdefault(task_id, []).append(rfc3339(remind_at))
    return found
