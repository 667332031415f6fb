"""Workers that come long after several changes do what they would have done in time, and no more."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pipeline import NOW, Place, open_place

from domain import reminder_changes, tasks
from domain.recurrence import Pattern
from domain.recurring import RecurrenceSpec

HOUR = timedelta(hours=1)


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


async def work(place: Place, name: str) -> None:
    await place.worker(name).work_off(await place.records())
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


async def pending(place: Place) -> list[Any]:
    return await place.column("SELECT remind_at FROM reminders WHERE NOT sent AND cancelled_at IS NULL ORDER BY 1")


async def test_an_earlier_event_makes_no_reminder_for_what_was_past_when_it_was_set(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor, now=NOW - 3 * HOUR)
    await place.update(actor, task, {"due_date": NOW + HOUR / 2, "reminder_minutes": [60, 10]})
    await work(place, "reminders")
    assert await pending(place) == [NOW + timedelta(minutes=20)]


async def test_an_earlier_event_brings_no_reminder_back_that_passed_while_its_task_was_done(place: Place) -> None:
    actor = await place.user()
    due = NOW - HOUR
    task = await place.create(actor, now=NOW - 4 * HOUR, due_date=due, reminder_minutes=[0])
    await work(place, "reminders")
    await place.complete(actor, task.id, now=NOW - 3 * HOUR)
    await work(place, "reminders")
    assert await pending(place) == []
    # Renamed while it was done, before the instant; reopened after it.
    await place.do(
        tasks.update_task, actor, str(task.id), {"title": "Renamed"},
        expected_version=None, now=NOW - 2 * HOUR,
    )  # fmt: skip
    await place.reopen(actor, task.id)
    await work(place, "reminders")
    assert await pending(place) == []


async def test_a_reminder_set_in_time_is_not_lost_to_a_later_change(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor, now=NOW - 2 * HOUR, due_date=NOW - HOUR, reminder_minutes=[0])
    await place.rename(actor, task, "Renamed")
    await work(place, "reminders")
    assert await pending(place) == [NOW - HOUR]


async def test_a_reminder_may_be_added_while_that_of_the_earlier_due_date_is_still_there(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor, due_date=NOW + HOUR, reminder_minutes=[10])
    await work(place, "reminders")
    await place.update(actor, task, {"due_date": NOW + 2 * HOUR})
    await place.do(
        reminder_changes.add_reminder, actor, str(task.id), at=None, minutes_before=10, idempotency_key=None, now=NOW
    )
    expected = [NOW + timedelta(minutes=110)]
    assert await pending(place) == expected
    await work(place, "reminders")
    assert await pending(place) == expected


async def test_an_earlier_completion_that_was_taken_back_does_not_place_the_successor(place: Place) -> None:
    actor = await place.user()
    start = datetime(2026, 1, 5, 18, tzinfo=UTC)
    task = await place.create(actor, due_date=start, recurrence=RecurrenceSpec(pattern=Pattern.DAILY))
    await place.complete(actor, task.id, now=start)
    await place.reopen(actor, task.id)
    await place.complete(actor, task.id, now=start + timedelta(days=9, hours=1))
    await work(place, "recurrence")
    dues = await place.column("SELECT due_date FROM tasks WHERE parent_task_id IS NOT NULL")
    assert dues == [start + timedelta(days=10)]
