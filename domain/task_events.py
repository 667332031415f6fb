"""What a task event says: the task's state after the change, and what the change was."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum, IntEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db import task_writes
from db.outbox import Outgoing
from db.tasks import Task
from domain.events import TASK_EVENTS, EventType, emit, outgoing
from domain.values import rfc3339

Changes = Mapping[str, Sequence[Any]]


async def tell(
    session: AsyncSession,
    kind: EventType,
    task: Task,
    *,
    changes: Changes,
    now: datetime,
    tags: Sequence[str] | None = None,
) -> None:
    """Puts the event of one task's change into the outbox, in this transaction. Looks for its tags if need be."""
    names = await task_writes.tag_names(session, task.id) if tags is None else tags
    await emit(session, [build(kind, task, tags=names, changes=changes, now=now)])


def build(kind: EventType, task: Task, *, tags: Sequence[str], changes: Changes, now: datetime) -> Outgoing:
    data = {
        "title": task.title,
        "status": task.status.value,
        "priority": task.priority.name.lower(),
        "due_date": plain(task.due_date),
        "all_day": task.all_day,
        "time_zone": task.time_zone,
        "reminder_minutes": task.reminder_minutes,
        "recurrence_rule": task.recurrence_rule,
        "parent_task_id": task.parent_task_id,
        "tags": tags,
        "version": task.version,
        "changes": {field: [plain(value) for value in pair] for field, pair in changes.items()},
    }
    return outgoing(kind, topic=TASK_EVENTS, user_id=task.user_id, task_id=task.id, at=now, data=data)


def plain(value: Any) -> Any:
    """A column's value as events write it: enums in lower case, instants in UTC with Z."""
    match value:
        case IntEnum():
            return value.name.lower()
        case Enum():
            return value.value
        case datetime() if value.tzinfo is not None:
            return rfc3339(value)
        case date():
            return value.isoformat()
        case _:
            return value
