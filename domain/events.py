"""The events: what each says, which topic carries it, who acts on it. docs: graph/events.asyncapi.yaml.

An event is written into the outbox in the transaction of the change it tells of. Its bytes are fixed there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from db import outbox
from db.base import JsonObject
from domain import trace
from domain.values import parse_id, rfc3339_micros

TASK_EVENTS = "task-events"
REMINDERS = "reminders"
TASK_UPDATES = "task-updates"
DEAD_LETTERS = "dead-letters"

_NAMESPACE = UUID("b54adc00-67f9-5bd9-8e5f-0c1a6a0b7a3e")


class EventType(StrEnum):
    TASK_CREATED = "task.created"
    TASK_UPDATED = "task.updated"
    TASK_COMPLETED = "task.completed"
    TASK_DELETED = "task.deleted"
    TASK_REOPENED = "task.reopened"
    TASK_SKIPPED = "task.skipped"
    TASK_RESTORED = "task.restored"
    TASK_OVERDUE = "task.overdue"
    REMINDER_SCHEDULED = "reminder.scheduled"
    REMINDER_DUE = "reminder.due"
    REMINDER_CANCELLED = "reminder.cancelled"


# What happened to a task, on task-events; task.overdue is news for its user, on reminders.
TASK_TYPES = frozenset(kind for kind in EventType if kind.startswith("task.")) - {EventType.TASK_OVERDUE}


@dataclass(frozen=True, slots=True)
class Consumer:
    """One consumer group: the topic it reads, the types it acts on. Other types it leaves alone."""

    name: str
    topic: str
    types: frozenset[EventType]


CONSUMERS = {
    consumer.name: consumer
    for consumer in (
        Consumer("reminders", TASK_EVENTS, TASK_TYPES),
        Consumer("recurrence", TASK_EVENTS, frozenset({EventType.TASK_COMPLETED, EventType.TASK_SKIPPED})),
        Consumer("audit", TASK_EVENTS, TASK_TYPES),
        Consumer("updates", TASK_EVENTS, TASK_TYPES),
        Consumer("notifications", REMINDERS, frozenset({EventType.REMINDER_DUE, EventType.TASK_OVERDUE})),
    )
}


def expected_work() -> list[tuple[str, str]]:
    """Every (event type, consumer) whose work has to be recorded in the inbox; what the reconciler looks for."""
    return [(kind.value, consumer.name) for consumer in CONSUMERS.values() for kind in sorted(consumer.types)]


@dataclass(frozen=True, slots=True)
class Event:
    """A record as a consumer sees it. `data` is what the event says about its subject."""

    id: UUID
    type: str
    at: datetime
    user_id: int
    task_id: int
    data: JsonObject
    traceparent: str | None


def task_overdue_id(task_id: int, due_date: datetime) -> UUID:
    """Once per task and due date."""
    return uuid5(_NAMESPACE, f"task.overdue/{task_id}/{rfc3339_micros(due_date)}")


class BadRecordError(ValueError):
    """The bytes are not an event of this contract."""


def reminder_due_id(reminder_id: int, remind_at: datetime) -> UUID:
    """The same reminder at the same instant is the same event, however often it is fired."""
    return uuid5(_NAMESPACE, f"reminder.due/{reminder_id}/{rfc3339_micros(remind_at)}")


def outgoing(
    kind: str,
    *,
    topic: str,
    user_id: int,
    task_id: int,
    at: datetime,
    data: Mapping[str, Any],
    event_id: UUID | None = None,
) -> outbox.Outgoing:
    """A CloudEvents 1.0 object (JSON format, section 3), keyed by task so that the order of a task's events holds."""
    identity = event_id or uuid4()
    instant = rfc3339_micros(at)
    envelope = {
        "specversion": "1.0",
        "id": str(identity),
        "source": "tickler",
        "type": str(kind),
        "subject": f"task/{task_id}",
        "time": instant,
        "datacontenttype": "application/json",
        "traceparent": trace.current(str(kind)),
        "data": {
            "event_id": str(identity),
            "event_type": str(kind),
            "timestamp": instant,
            "user_id": str(user_id),
            "task_id": task_id,
            "data": data,
        },
    }
    return outbox.Outgoing(identity, str(kind), topic, str(task_id), orjson.dumps(envelope))


async def emit(session: AsyncSession, events: Sequence[outbox.Outgoing]) -> None:
    """Puts events into the outbox of this transaction."""
    await outbox.put(session, events)


def parse(value: bytes | None) -> Event:
    """The event in a record's bytes. Unknown fields are ignored. Raises BadRecordError saying what is wrong."""
    return _event(*_opened(value))


def read(value: bytes | None, types: Collection[str]) -> Event | None:
    """The event in a record's bytes if it is of one of the types; None for others, whatever else they say."""
    envelope, body = _opened(value)
    return _event(envelope, body) if _text(body, "event_type") in types else None


def _event(envelope: JsonObject, body: JsonObject) -> Event:
    version = envelope.get("specversion")
    if not isinstance(version, str) or not version.startswith("1."):
        raise BadRecordError(f"not CloudEvents 1.x: specversion is {str(version)[:20]!r}")
    try:
        return Event(
            id=UUID(_text(body, "event_id")),
            type=_text(body, "event_type"),
            at=_instant(_text(body, "timestamp")),
            user_id=_number(parse_id(_text(body, "user_id")), "user_id"),
            task_id=_number(body.get("task_id"), "task_id"),
            data=_object(body, "data"),
            traceparent=envelope.get("traceparent") if isinstance(envelope.get("traceparent"), str) else None,
        )
    except BadRecordError:
        raise
    except ValueError as error:
        raise BadRecordError(str(error)) from error


def event_id_of(value: bytes | None) -> UUID | None:
    """The id in a record, however damaged that is otherwise: what is dead must not be published again."""
    try:
        return UUID(_text(_opened(value)[1], "event_id"))
    except ValueError:
        return None


def event_type_of(value: bytes | None) -> str | None:
    """The type in a record, however damaged that is otherwise."""
    try:
        return _text(_opened(value)[1], "event_type")
    except ValueError:
        return None


def _opened(value: bytes | None) -> tuple[JsonObject, JsonObject]:
    """The envelope and the plan's event object in it."""
    if value is None:
        raise BadRecordError("the record has no value")
    try:
        envelope = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise BadRecordError(f"not JSON: {error}") from error
    body = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(body, dict):
        raise BadRecordError("not a CloudEvents object with data")
    return envelope, body


def _text(body: JsonObject, field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str):
        raise BadRecordError(f"data.{field} is missing or not text")
    return value


def _object(body: JsonObject, field: str) -> JsonObject:
    value = body.get(field)
    if not isinstance(value, dict):
        raise BadRecordError(f"data.{field} is missing or not an object")
    return value


def _number(value: object, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
        raise BadRecordError(f"data.{field} is not a positive number")
    return value


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise BadRecordError("data.timestamp has no offset")
    return instant
