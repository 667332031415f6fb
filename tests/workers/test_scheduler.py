"""The scheduler: every due reminder fires once, also after an outage and with several schedulers, and no other does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from explained import statements
from pipeline import Place, open_place
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from support import eventually

from db.reminders import DOORBELL
from db.tasks import lock_for_work
from domain import overdue, reminders
from domain.actors import Actor
from domain.events import reminder_due_id
from workers import scheduler
from workers.doorbell import Doorbell

# Longer than any outage here: none of these tasks is overdue, which the scheduler would tell as well.
DAYS = 7
DUE = "SELECT event_id, key, value FROM outbox WHERE event_type = 'reminder.due' ORDER BY id"


async def answer(value: bool) -> bool:
    return value


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


async def due_events(place: Place) -> list[dict[str, Any]]:
    return [orjson.loads(row["value"])["data"] | {"id": row["event_id"]} for row in await place.rows(DUE)]


async def task_with_reminder(place: Place, actor: Actor, *, remind_at: datetime) -> int:
    """A task made long before and due a week after its reminder, which the reminders worker has derived."""
    made, due = remind_at - timedelta(days=30), remind_at + timedelta(days=DAYS)
    task = await place.create(actor, "Call the bank", now=made, due_date=due, reminder_minutes=[DAYS * 24 * 60])
    await place.worker("reminders").work_off(await place.records())
    return task.id


async def test_a_reminder_of_an_outage_fires_once_and_says_how_late_it_is(place: Place) -> None:
    actor = await place.user("Europe/Berlin")
    remind_at = datetime.now(UTC) - timedelta(hours=3)
    task_id = await task_with_reminder(place, actor, remind_at=remind_at)
    assert [await scheduler.run_once(place.sessions) for _ in range(3)] == [1, 0, 0]
    (event,) = await due_events(place)
    assert (event["task_id"], event["user_id"]) == (task_id, str(actor.user_id))
    fired = await place.value("SELECT sent_at FROM reminders WHERE sent")
    assert abs(event["data"]["late_by_seconds"] - (fired - remind_at).total_seconds()) < 1
    assert event["data"]["minutes_before"] == DAYS * 24 * 60
    await place.worker("notifications").work_off(await place.records())
    (told,) = await place.rows("SELECT user_id, task_id, kind, title, body FROM notifications")
    assert told["body"].endswith(" (this reminder is 3 h late)")
    assert (told["user_id"], told["task_id"], told["kind"]) == (actor.user_id, task_id, "reminder_due")
    assert told["title"] == "Call the bank"


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (timedelta(seconds=20), ""),
        (timedelta(minutes=5), " (this reminder is 5 min late)"),
        (timedelta(days=3), " (this reminder is 3 days late)"),
    ],
)
async def test_how_late_is_said_in_fitting_words(place: Place, late: timedelta, words: str) -> None:
    await task_with_reminder(place, await place.user(), remind_at=datetime.now(UTC) - late)
    await scheduler.run_once(place.sessions)
    await place.worker("notifications").work_off(await place.records())
    body = await place.value("SELECT body FROM notifications")
    assert body[body.find(" (this") :] == words if words else "late" not in body


async def test_three_schedulers_at_once_fire_each_of_2000_reminders_once(place: Place) -> None:
    actor = await place.user()
    task_id = await task_with_reminder(place, actor, remind_at=datetime.now(UTC) + timedelta(days=1))
    await place.run(
        "INSERT INTO reminders (task_id, user_id, remind_at)"
        " SELECT :task, :user, now() - interval '1 second' * n FROM generate_series(1, 2000) AS n",
        task=task_id,
        user=actor.user_id,
    )

    async def run() -> int:
        total = 0
        while count := await scheduler.run_once(place.sessions):
            total += count
        return total

    counts = await asyncio.gather(run(), run(), run())
    # One that finds all rows claimed by others may be done early; the others do the rest.
    assert sum(counts) == 2000
    fired = [event["data"]["reminder_id"] for event in await due_events(place)]
    sent = await place.column("SELECT id FROM reminders WHERE sent")
    assert len(fired) == 2000
    assert sorted(fired) == sorted(sent)


async def test_what_another_scheduler_has_claimed_is_not_waited_for(place: Place) -> None:
    actor = await place.user()
    for minutes in (1, 2):
        await task_with_reminder(place, actor, remind_at=datetime.now(UTC) - timedelta(minutes=minutes))
    async with place.sessions.begin() as hung:
        assert (await reminders.fire_due(hung, limit=1)).handled == 1
        assert await asyncio.wait_for(scheduler.run_once(place.sessions), 5) == 1
        assert len(await due_events(place)) == 1
    assert len(await due_events(place)) == 2


async def test_two_schedulers_do_not_tell_of_one_task_at_once(place: Place) -> None:
    """Else the event that was numbered later may be there first: consumers would see them out of order."""
    actor = await place.user()
    await task_with_reminder(place, actor, remind_at=datetime.now(UTC) - timedelta(minutes=1))
    await place.run("UPDATE tasks SET overdue_at = now() - interval '1 minute'")

    async def firing(session: AsyncSession) -> int:
        return (await reminders.fire_due(session, limit=10)).handled

    async def telling(session: AsyncSession) -> int:
        return await overdue.tell_overdue(session, limit=10)

    for first, second in ((firing, telling), (telling, firing)):
        async with place.sessions() as one, place.sessions() as other:
            assert await first(one) == 1
            assert await asyncio.wait_for(second(other), 5) == 0
    # Both have given up; neither event is lost.
    assert await scheduler.run_once(place.sessions) == 2


async def test_a_scheduler_that_is_killed_before_its_commit_has_fired_nothing(place: Place) -> None:
    await task_with_reminder(place, await place.user(), remind_at=datetime.now(UTC) - timedelta(minutes=1))
    with contextlib.suppress(ConnectionResetError):
        async with place.sessions.begin() as session:
            assert (await reminders.fire_due(session, limit=10)).handled == 1
            raise ConnectionResetError
    assert await due_events(place) == []
    assert await scheduler.run_once(place.sessions) == 1
    assert len(await due_events(place)) == 1


@pytest.mark.parametrize("ending", ["complete", "delete", "purge"])
async def test_the_reminder_of_a_task_that_is_done_or_gone_does_not_fire(place: Place, ending: str) -> None:
    actor = await place.user()
    task_id = await task_with_reminder(place, actor, remind_at=datetime.now(UTC) - timedelta(minutes=1))
    # The reminders worker is behind and has not heard of it.
    if ending == "purge":
        await place.run("DELETE FROM tasks")
    else:
        await (place.complete if ending == "complete" else place.delete)(actor, task_id)
    await scheduler.run_once(place.sessions)
    assert await scheduler.run_once(place.sessions) == 0
    assert await due_events(place) == []
    assert await place.value("SELECT count(*) FROM reminders WHERE sent OR cancelled_at IS NULL") == 0


async def test_a_skipped_occurrence_does_not_remind(place: Place) -> None:
    actor = await place.user()
    task_id = await task_with_reminder(place, actor, remind_at=datetime.now(UTC) - timedelta(minutes=1))
    await place.run("UPDATE tasks SET status = 'skipped' WHERE id = :id", id=task_id)
    await scheduler.run_once(place.sessions)
    assert await due_events(place) == []


async def test_a_reminder_that_is_not_due_yet_does_not_fire(place: Place) -> None:
    await task_with_reminder(place, await place.user(), remind_at=datetime.now(UTC) + timedelta(minutes=1))
    assert await scheduler.run_once(place.sessions) == 0
    assert await place.column("SELECT sent FROM reminders WHERE cancelled_at IS NULL") == [False]


async def test_the_same_reminder_at_the_same_instant_is_the_same_event(place: Place) -> None:
    await task_with_reminder(place, await place.user(), remind_at=datetime.now(UTC) - timedelta(minutes=1))
    # As when the database comes back from a backup of a moment before.
    unsent = "UPDATE reminders SET sent = false, sent_at = NULL"
    for _ in range(2):
        assert await scheduler.run_once(place.sessions) == 1
        await place.run(unsent)
    (event,) = await due_events(place)
    (row,) = await place.rows("SELECT id, remind_at FROM reminders")
    assert event["id"] == reminder_due_id(row["id"], row["remind_at"])
    # Snoozed, it is another one.
    await place.run("UPDATE reminders SET remind_at = remind_at + interval '1 second'")
    assert await scheduler.run_once(place.sessions) == 1
    assert len(await due_events(place)) == 2


async def test_reminders_that_are_not_due_are_not_even_looked_at(place: Place) -> None:
    """Else every look would read all pending reminders: of a million, for seconds."""
    actor = await place.user()
    task_id = await task_with_reminder(place, actor, remind_at=datetime.now(UTC) - timedelta(minutes=1))
    await place.run(
        "INSERT INTO reminders (task_id, user_id, remind_at)"
        " SELECT :task, :user, now() + interval '1 hour' * n FROM generate_series(1, 5000) AS n",
        task=task_id,
        user=actor.user_id,
    )
    await place.run("UPDATE tasks SET overdue_at = now() + interval '1 day'")
    await place.run("ANALYZE")
    async with place.sessions.begin() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        with statements(place.engine) as sent:
            assert (await reminders.fire_due(session, limit=500)).handled == 1
            await overdue.tell_overdue(session, limit=500)
        for index, condition, (statement, parameters) in (
            ("ix_reminders_pending", "(remind_at <= statement_timestamp())", sent[0]),
            ("ix_tasks_overdue", "(overdue_at <= statement_timestamp())", sent[-1]),
        ):
            connection = await session.connection()
            plan = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            lines = [line.strip() for line in plan.scalars()]
            assert any(index in line for line in lines), lines
            assert any(line.startswith("Index Cond") and condition in line for line in lines), lines


async def test_a_reminder_is_on_time_though_nobody_polls(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made, moved and wanted again: each rings."""
    monkeypatch.setattr(scheduler, "LISTENING_SECONDS", 600)
    actor = await place.user()
    doorbell = Doorbell(place.url, (DOORBELL,))
    running = [asyncio.create_task(scheduler.run(place.sessions, doorbell)), asyncio.create_task(doorbell.listen())]
    try:
        await eventually(lambda: answer(doorbell.is_heard), what="a doorbell that works")
        for number, change in enumerate(("made", "moved", "revived"), 1):
            remind_at = datetime.now(UTC) + timedelta(seconds=0.7)
            later = remind_at + timedelta(days=1)
            task_id = await task_with_reminder(place, actor, remind_at=remind_at if change == "made" else later)
            if change == "moved":
                move = "UPDATE reminders SET remind_at = :at WHERE task_id = :task"
                await place.run(move, at=remind_at, task=task_id)
            elif change == "revived":
                # As it is between a change of the due date and the reminders worker; nothing of this rings.
                await place.run("ALTER TABLE reminders DISABLE TRIGGER tickler_ring")
                cancel = "UPDATE reminders SET cancelled_at = now(), remind_at = :at WHERE task_id = :task"
                await place.run(cancel, at=remind_at, task=task_id)
                await place.run("ALTER TABLE reminders ENABLE TRIGGER tickler_ring")
                due = "UPDATE tasks SET due_date = due_date - interval '1 day' WHERE id = :task"
                await place.run(due, task=task_id)
                await place.rename(actor, await place.do(lock_for_work, task_id), "Call the bank today")
                await place.worker("reminders").work_off(await place.records())
            fired = f"SELECT count(*) = {number} FROM reminders WHERE sent"  # noqa: S608 - a number
            await eventually(lambda fired=fired: place.value(fired), what=change, seconds=5)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    lateness = await place.column("SELECT extract(epoch FROM sent_at - remind_at)::float FROM reminders WHERE sent")
    assert all(0 <= seconds < 0.5 for seconds in lateness), lateness


@pytest.mark.parametrize("listening", [True, False])
async def test_a_running_scheduler_fires_at_the_instant_not_at_the_next_poll(place: Place, listening: bool) -> None:
    doorbell = Doorbell(place.url, (DOORBELL,))
    running = [asyncio.create_task(scheduler.run(place.sessions, doorbell))]
    if listening:
        running.append(asyncio.create_task(doorbell.listen()))
    try:
        remind_at = datetime.now(UTC) + timedelta(seconds=1.3)
        await task_with_reminder(place, await place.user(), remind_at=remind_at)
        sent_at = await eventually(lambda: place.value("SELECT sent_at FROM reminders WHERE sent"), what="a firing")
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert 0 <= (sent_at - remind_at).total_seconds() < 0.5
