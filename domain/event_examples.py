"""One event of each type for the event contract: a monthly task's life. They are put together as real ones are."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson

from db.base import JsonObject
from domain.event_schemas import EVENTS
from domain.events import EventType, outgoing, reminder_due_id, task_overdue_id
from domain.updates import SNAPSHOT

_USER, _TASK, _REMINDER = 7, 123, 456
_BEGAN = datetime(2026, 1, 22, 10, tzinfo=UTC)
_DUE = datetime(2026, 1, 25, 14, tzinfo=UTC)
_NAMES = UUID("5c0f4a0e-3b1d-4a55-9a52-0d6f3a3f7c11")
_TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

_TASK_STATE: JsonObject = {
    "title": "Pay rent", "status": "open", "priority": "high", "due_date": "2026-01-25T14:00:00Z", "all_day": False,
    "time_zone": "Europe/Berlin", "reminder_minutes": [30], "recurrence_rule": "FREQ=MONTHLY", "parent_task_id": None,
    "tags": ["home"], "version": 1, "changes": {},
}  # fmt: skip
_SNAPSHOT: JsonObject = {
    "id": _TASK, "user_id": str(_USER), "title": "Pay rent", "description": "In cash", "status": "completed",
    "priority": "high", "due_date": "2026-01-25T14:00:00Z", "all_day": False, "time_zone": "Europe/Berlin",
    "reminder_minutes": [30], "is_recurring": True, "recurrence_rule": "FREQ=MONTHLY", "recurrence_pattern": "monthly",
    "recurrence_interval": 1, "recurrence_end_date": None, "recurrence_anchor": "next_slot",
    "scheduled_for": "2026-01-25T15:00:00", "occurrence": 1, "parent_task_id": None, "series_id": _TASK, "version": 7,
    "created_at": "2026-01-22T10:00:00Z", "updated_at": "2026-01-25T16:00:00Z",
    "completed_at": "2026-01-25T16:00:00Z", "deleted_at": None, "tags": ["home"], "reminders": [],
}  # fmt: skip
_REMINDER_STATE: JsonObject = {
    "reminder_id": _REMINDER, "title": "Pay rent", "due_at": "2026-01-25T14:00:00Z",
    "remind_at": "2026-01-25T13:30:00Z", "minutes_before": 30, "late_by_seconds": None,
}  # fmt: skip


def _task(version: int, changes: JsonObject, **fields: Any) -> JsonObject:
    return {**_TASK_STATE, **fields, "version": version, "changes": changes}


# What each says, and how long after the beginning.
_STORY: dict[str, tuple[timedelta, JsonObject]] = {
    EventType.TASK_CREATED: (timedelta(0), _task(1, {}, priority="none", tags=[])),
    EventType.REMINDER_SCHEDULED: (timedelta(0), _REMINDER_STATE),
    EventType.TASK_UPDATED: (timedelta(minutes=1), _task(2, {"priority": ["none", "high"], "tags": [[], ["home"]]})),
    EventType.TASK_DELETED: (
        timedelta(minutes=2),
        _task(3, {"deleted_at": [None, "2026-01-22T10:02:00Z"]}),
    ),
    EventType.REMINDER_CANCELLED: (timedelta(minutes=2), _REMINDER_STATE),
    EventType.TASK_RESTORED: (
        timedelta(minutes=3),
        _task(4, {"deleted_at": ["2026-01-22T10:02:00Z", None]}),
    ),
    EventType.REMINDER_DUE: (
        _DUE - timedelta(minutes=30) - _BEGAN + timedelta(milliseconds=4),
        {**_REMINDER_STATE, "late_by_seconds": 0.004},
    ),
    EventType.TASK_OVERDUE: (
        _DUE - _BEGAN + timedelta(milliseconds=3),
        {"title": "Pay rent", "due_at": "2026-01-25T14:00:00Z", "all_day": False},
    ),
    EventType.TASK_SKIPPED: (
        timedelta(days=3, hours=5),
        _task(5, {"status": ["open", "skipped"]}, status="skipped"),
    ),
    EventType.TASK_REOPENED: (timedelta(days=3, hours=5, minutes=1), _task(6, {"status": ["skipped", "open"]})),
    EventType.TASK_COMPLETED: (
        timedelta(days=3, hours=6),
        _task(7, {"status": ["open", "completed"]}, status="completed"),
    ),
    SNAPSHOT: (timedelta(days=3, hours=6), _SNAPSHOT),
}
_IDS: dict[str, UUID] = {
    EventType.REMINDER_DUE: reminder_due_id(_REMINDER, _DUE - timedelta(minutes=30)),
    EventType.TASK_OVERDUE: task_overdue_id(_TASK, _DUE),
}


def example(kind: str) -> JsonObject:
    """A whole record of this type."""
    after, data = _STORY[kind]
    event = outgoing(
        kind,
        topic=EVENTS[kind].topic,
        user_id=_USER,
        task_id=_TASK,
        at=_BEGAN + after,
        data=data,
        event_id=_IDS.get(kind) or uuid5(_NAMES, kind),
    )
    record: JsonObject = orjson.loads(event.value or b"")
    return {**record, "traceparent": _TRACEPARENT}
