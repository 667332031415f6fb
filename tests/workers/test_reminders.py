"""The reminders consumer: a batch of events leaves what they leave one after the other."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord
from pipeline import NOW, Place, open_place

from domain import reminder_changes
from domain.events import CONSUMERS
from domain.values import rfc3339
from workers.batch import Batch
from workers.run import WORK

DUE = NOW + timedelta(days=3)


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


async def changed_often(place: Place) -> list[ConsumerRecord]:
    """The events of tasks with every kind of change that moves, makes or cancels reminders."""
    actor = await place.user()
    for _ in range(2):
        moved = await place.create(actor, "Moved", due_date=DUE, reminder_minutes=[5, 10])
        done = await place.create(actor, "Done", due_date=DUE, reminder_minutes=[5])
        gone = await place.create(actor, "Gone", due_date=DUE, reminder_minutes=[15])
        await place.create(actor, "Without", due_date=DUE)
        snoozed = await place.create(actor, "With one at a fixed time", due_date=DUE)
        await place.do(
            reminder_changes.add_reminder,
            actor,
            str(snoozed.id),
            at=DUE - timedelta(hours=7),
            minutes_before=None,
            idempotency_key=None,
            now=NOW,
        )
        await place.update(actor, moved, {"due_date": DUE + timedelta(days=1)})
        await place.update(actor, moved, {"reminder_minutes": [10, 20]})
        await place.complete(actor, done.id)
        await place.reopen(actor, done.id)
        await place.complete(actor, snoozed.id)
        await place.reopen(actor, snoozed.id)
        await place.delete(actor, gone.id)
    return [record for record in await place.records() if record.topic == "task-events"]


async def left(place: Place) -> tuple[list[Any], list[Any]]:
    """The reminders, and what was told of each task's, in its order."""
    rows = await place.rows(
        """SELECT task_id, minutes_before, remind_at, cancelled_at IS NULL AS stands FROM reminders
            ORDER BY task_id, minutes_before, remind_at, id"""
    )
    told = await place.rows("SELECT key, value FROM outbox WHERE topic = 'reminders' ORDER BY key, id")
    events = [orjson.loads(row["value"])["data"] for row in told]
    return rows, [
        (each["task_id"], each["event_type"], each["data"]["minutes_before"], each["data"]["remind_at"])
        for each in events
    ]


async def begun_again(place: Place) -> None:
    """As it was before the consumer: without what it has written. Reminders at fixed times are a person's."""
    await place.run("DELETE FROM reminders WHERE minutes_before IS NOT NULL")
    await place.run("UPDATE reminders SET cancelled_at = NULL")
    await place.run("DELETE FROM inbox")
    await place.run("DELETE FROM outbox WHERE topic = 'reminders'")


async def test_a_batch_leaves_what_its_events_leave_one_by_one(place: Place) -> None:
    records = await changed_often(place)
    await begun_again(place)
    for record in sorted(records, key=lambda record: orjson.loads(record.value)["data"]["task_id"]):
        await place.worker("reminders").work_off([record])
    one_by_one = await left(place)
    await begun_again(place)
    # Not work_off(): that goes on one by one where a batch fails.
    await Batch(CONSUMERS["reminders"], WORK["reminders"], place.sessions).together(records)
    assert await left(place) == one_by_one
    assert one_by_one[0]
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


async def test_a_batch_whose_events_are_reversed_leaves_the_same_reminders(place: Place) -> None:
    """As after a broker that lost its data: the reconciler publishes what is missing, whatever came since."""
    records = await changed_often(place)
    standing: list[list[Any]] = []
    for given in (records, records[::-1]):
        await begun_again(place)
        await Batch(CONSUMERS["reminders"], WORK["reminders"], place.sessions).together(given)
        rows, told = await left(place)
        standing.append([row for row in rows if row["stands"]])
        # What was told last of each reminder is what has become of it.
        last = {(task_id, minutes, at): kind for task_id, kind, minutes, at in told if minutes is not None}
        derived = [row for row in rows if row["minutes_before"] is not None]
        for row in derived:
            kind = last[row["task_id"], row["minutes_before"], rfc3339(row["remind_at"])]
            assert kind == ("reminder.scheduled" if row["stands"] else "reminder.cancelled")
    assert standing[0] == standing[1]
    assert len(standing[0]) == 8


async def test_what_is_told_of_a_reminder_belongs_to_the_trace_of_its_event(place: Place) -> None:
    actor = await place.user()
    for title in ("One", "Two"):
        await place.create(actor, title, due_date=DUE, reminder_minutes=[5])
    records = await place.records()
    await place.worker("reminders").work_off(records)
    traces = {
        body["data"]["task_id"]: body["traceparent"].split("-")[1]
        for body in (orjson.loads(record.value) for record in records)
    }
    told = await place.rows("SELECT value FROM outbox WHERE topic = 'reminders'")
    bodies = [orjson.loads(row["value"]) for row in told]
    assert len(bodies) == len(set(traces.values())) == 2
    assert all(body["traceparent"].split("-")[1] == traces[body["data"]["task_id"]] for body in bodies)
