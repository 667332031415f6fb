"""The topic task-updates: each task as it last was, by its id, and nothing (a tombstone) once it is gone for good.

It is compacted, so that who begins reading it finds every task that was made or changed since there is this consumer.
Snapshots are read and written under the task's lock, tombstones are written under it too: their order in the outbox is
that of the task, and nothing follows a tombstone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from asyncpg import Record
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.direct import run
from db.fetch import Statement
from db.outbox import Outgoing
from db.tasks import Priority, Task, lock_all_of_user
from db.users import lock as lock_user
from domain import trace
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
    for data in await _read(session, list(last)):
        event = last[data["id"]]
        trace.begin(event.traceparent)
        snapshots.append(_outgoing(data, at=event.at, event_id=uuid5(_NAMESPACE, f"{SNAPSHOT}/{event.id}")))
    await emit(session, snapshots)


async def tell_all(session: AsyncSession, *, after_id: int, limit: int, now: datetime) -> int | None:
    """Puts the next `limit` tasks after this id into the outbox, whether they have changed or not: for a topic that is
    new, or has lost what it held. Returns the last one's id; None when there were no more.
    """
    wanted = select(Task.id).where(Task.id > after_id).order_by(Task.id).limit(limit)
    ids = list(await session.scalars(wanted))
    found = await _read(session, ids)
    await emit(session, [_outgoing(data, at=now, event_id=uuid4()) for data in found])
    return ids[-1] if ids else None


# Locked in the order of their ids, as everywhere, and only against changes: what refers to them need not wait.
_LOCK = Statement(
    text(f"""
        SELECT {", ".join(_COLUMNS)} FROM tasks
         WHERE id = ANY(CAST(:task_ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
    """)  # noqa: S608 - our own columns
)
# What tasks carry as they are now, which a statement sees that begins once they are locked.
_CARRIED = Statement(
    text("""
        SELECT task_id,
               ARRAY(SELECT tags.name FROM task_tags JOIN tags ON tags.id = task_tags.tag_id
                      WHERE task_tags.task_id = told.task_id ORDER BY lower(tags.name), tags.id) AS tags,
               ARRAY(SELECT remind_at FROM reminders
                      WHERE reminders.task_id = told.task_id AND minutes_before IS NULL ORDER BY remind_at) AS reminders
          FROM unnest(CAST(:task_ids AS bigint[])) AS told(task_id)
    """)
)


async def _read(session: AsyncSession, task_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The snapshots of the tasks that there are of these, which are locked."""
    tasks = await run(session, _LOCK, task_ids=sorted(set(task_ids)))
    carried = await run(session, _CARRIED, task_ids=[task["id"] for task in tasks]) if tasks else []
    return [snapshot(task, carries) for task, carries in zip(tasks, carried, strict=True)]


def snapshot(task: Record, carries: Record) -> dict[str, Any]:
    """All of a task that changes with its version. Its reminders are those at fixed times, whether they have fired or
    not; the others follow from the due date and the minutes.
    """
    return {
        **{column: plain(value) for column, value in task.items()},
        "user_id": str(task["user_id"]),
        "priority": plain(Priority(task["priority"])),
        "tags": carries["tags"],
        "reminders": [rfc3339(remind_at) for remind_at in carries["reminders"]],
    }


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


def _outgoing(data: Mapping[str, Any], *, at: datetime, event_id: UUID) -> Outgoing:
    user_id, task_id = int(data["user_id"]), data["id"]
    return outgoing(SNAPSHOT, topic=TASK_UPDATES, user_id=user_id, task_id=task_id, at=at, data=data, event_id=event_id)
