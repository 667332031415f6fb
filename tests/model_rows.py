"""The rows of a database and the model's tasks in one form, to be compared; and consumers' work on given events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from model import Model
from model_task import TASK, Event
from pipeline import Place
from sqlalchemy.ext.asyncio import AsyncSession

from db import inbox
from domain import events
from domain.values import rfc3339
from workers.batch import Together
from workers.run import WORK

TASKS = """SELECT id, title, due_date, time_zone, all_day, reminder_minutes, scheduled_for, occurrence, parent_task_id,
    status, deleted_at IS NOT NULL AS deleted, version, completed_at, overdue_at, is_recurring, recurrence_anchor
    FROM tasks ORDER BY id"""
REMINDERS = """SELECT id, task_id, remind_at, minutes_before, snoozed_minutes, snoozed_from,
    CASE WHEN sent THEN 'sent' WHEN cancelled_at IS NULL THEN 'pending' ELSE 'cancelled' END AS state
    FROM reminders ORDER BY task_id, id"""


async def stored(place: Place) -> dict[str, Any]:
    return {
        "tasks": [tuple(row.values()) for row in await place.rows(TASKS)],
        "reminders": [tuple(row.values()) for row in await place.rows(REMINDERS)],
        "notifications": sorted(map(str, [tuple(r.values()) for r in await place.rows(
            "SELECT kind, task_id FROM notifications"
        )])),
        "audited": [await place.value("SELECT count(*) FROM audit_log")],
    }  # fmt: skip


def said(model: Model, stored: dict[str, Any]) -> dict[str, Any]:
    """What has to be stored. A reminder that is new takes the id that it has there."""
    tasks = [
        (
            task.id, task.title, task.due, task.zone, task.all_day, task.minutes, task.slot, task.number, task.parent,
            task.status, task.deleted, task.version, task.completed_at, task.overdue_at, task.series is not None,
            task.series.anchor if task.series else None,
        )
        for _, task in sorted(model.tasks.items())
    ]  # fmt: skip
    reminders = []
    for task_id, task in sorted(model.tasks.items()):
        ids = [row[0] for row in stored["reminders"] if row[1] == task_id]
        for each, number in zip(task.reminders, ids, strict=False):
            each.id = each.id or number
        reminders += [
            (each.id, task_id, each.at, each.minutes, *(each.stands_for or (None, None)), each.state)
            for each in task.reminders
        ]
    return {
        "tasks": tasks,
        "reminders": reminders,
        "notifications": sorted(map(str, model.notifications)),
        "audited": [model.audited],
    }


def flat(rows: dict[str, Any]) -> set[str]:
    return {f"{kind} {row}" for kind, found in rows.items() for row in enumerate(found)}


def told(event: Event) -> tuple[Any, ...]:
    says = rfc3339(event.says) if isinstance(event.says, datetime) else event.says
    return event.topic, event.type, event.task, event.at, says


async def outbox_after(place: Place, seen: int) -> tuple[int, list[tuple[tuple[Any, ...], events.Event]]]:
    """The events since, each with what it tells; and up to where that is."""
    rows = await place.rows(
        "SELECT id, topic, key, value FROM outbox WHERE id > :seen AND topic <> 'task-updates' ORDER BY id", seen=seen
    )
    found = []
    for row in rows:
        event = events.parse(row["value"])
        data = orjson.loads(row["value"])["data"]["data"]
        assert row["key"] == str(event.task_id)
        says = "due_at" if event.type == "task.overdue" else "version" if row["topic"] == TASK else "remind_at"
        found.append(((row["topic"], event.type, event.task_id, event.at, data[says]), event))
    return max([seen, *(row["id"] for row in rows)]), found


async def work(session: AsyncSession, consumer: str, given: Sequence[events.Event]) -> int:
    """What the consumer does with events it is given, in one transaction. Returns how many were new to it."""
    fresh = await inbox.record(session, consumer, [event.id for event in given])
    new = [event for event in given if event.id in fresh]
    todo = WORK[consumer]
    if isinstance(todo, Together):
        await todo.work(session, new)
    else:
        for event in new:
            await todo(session, event)
    return len(new)
