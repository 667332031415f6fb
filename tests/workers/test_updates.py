"""task-updates: each task as it last was, in its order, and nothing once it is gone for good."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord
from pipeline import NOW, Place, open_place
from support import eventually

from db.tasks import Priority, Task
from domain import reminder_changes, tags, task_status, updates, users
from domain.actors import Actor
from domain.events import expected_work, parse
from domain.recurrence import Pattern
from domain.recurring import RecurrenceSpec
from domain.tasks import NewTask, create_task
from workers import janitor

MONTH_LATER = NOW + timedelta(days=31)


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


async def told(place: Place) -> list[dict[str, Any] | None]:
    """What is on its way to the topic, in its order: snapshots, and None for a tombstone."""
    rows = await place.rows("SELECT key, value FROM outbox WHERE topic = 'task-updates' ORDER BY id")
    bodies = [(row["key"], orjson.loads(row["value"])["data"] if row["value"] else None) for row in rows]
    assert all(body is None or key == str(body["task_id"]) for key, body in bodies)
    return [None if body is None else {**body["data"], "key": key} for key, body in bodies]


async def keys(place: Place) -> list[str]:
    return await place.column("SELECT key FROM outbox WHERE topic = 'task-updates' AND value IS NULL ORDER BY id")


async def test_a_snapshot_says_all_that_a_user_sees_of_the_task(place: Place) -> None:
    actor = await place.user("Europe/Berlin")
    due = datetime.fromisoformat("2026-02-01T09:30:00+01:00")
    task = await place.create(
        actor,
        "Pay rent",
        description="by standing order",
        priority=Priority.HIGH,
        due_date=due,
        reminder_minutes=[30, 5],
        tag_names=["home", "Money"],
        recurrence=RecurrenceSpec(pattern=Pattern.MONTHLY),
    )
    at = due - timedelta(days=2)
    await place.do(
        reminder_changes.add_reminder,
        actor,
        str(task.id),
        at=at,
        minutes_before=None,
        idempotency_key=None,
        now=NOW,
    )
    await place.worker("updates").work_off((await place.records())[-1:])
    (found,) = await told(place)
    assert found == {
        "key": str(task.id),
        "id": task.id,
        "user_id": str(actor.user_id),
        "title": "Pay rent",
        "description": "by standing order",
        "status": "open",
        "priority": "high",
        "due_date": "2026-02-01T08:30:00Z",
        "all_day": False,
        "time_zone": "Europe/Berlin",
        "reminder_minutes": [5, 30],
        "reminders": ["2026-01-30T08:30:00Z"],
        "tags": ["home", "Money"],
        "is_recurring": True,
        "recurrence_rule": task.recurrence_rule,
        "recurrence_pattern": "monthly",
        "recurrence_interval": 1,
        "recurrence_end_date": None,
        "recurrence_anchor": "next_slot",
        "scheduled_for": "2026-02-01T09:30:00",
        "occurrence": 1,
        "parent_task_id": None,
        "series_id": task.id,
        "version": 2,
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-05T09:00:00Z",
        "completed_at": None,
        "deleted_at": None,
    }


async def test_a_snapshot_is_an_event_like_the_others_in_the_trace_of_its_cause(place: Place) -> None:
    actor = await place.user()
    await place.create(actor)
    cause = (await place.records())[0]
    await place.worker("updates").work_off([cause])
    value = await place.value("SELECT value FROM outbox WHERE topic = 'task-updates'")
    envelope, before = orjson.loads(value), orjson.loads(cause.value)
    assert envelope["type"] == envelope["data"]["event_type"] == "task.snapshot"
    assert envelope["id"] == envelope["data"]["event_id"] != before["id"]
    assert envelope["traceparent"][:35] == before["traceparent"][:35]
    same = ("specversion", "source", "subject", "time", "datacontenttype")
    assert {name: envelope[name] for name in same} == {name: before[name] for name in same}
    assert envelope.keys() == before.keys()
    assert envelope["data"].keys() == before["data"].keys()


async def test_events_of_a_batch_lead_to_one_snapshot_of_each_task_and_repeated_ones_to_none(place: Place) -> None:
    actor = await place.user()
    one, other = await place.create(actor, "One"), await place.create(actor, "Other")
    for number in range(3):
        await place.rename(actor, one, f"One {number}")
    records = await place.records()
    await place.worker("updates").work_off([*records, records[0]])
    await place.worker("updates").work_off(records)
    assert sorted((each["id"], each["title"], each["version"]) for each in await told(place) if each) == [
        (one.id, "One 2", 4),
        (other.id, "Other", 1),
    ]
    # The same event is the same snapshot, also where the inbox does not know it any more.
    await place.run("DELETE FROM inbox")
    await place.worker("updates").work_off(records)
    assert len(await told(place)) == 2


async def test_events_that_come_late_or_out_of_order_never_take_a_version_back(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor)
    for number in range(5):
        await place.rename(actor, task, f"Title {number}")
    records = await place.records()
    for record in reversed(records):
        await place.worker("updates").work_off([record])
    assert [each["version"] for each in await told(place) if each] == [6] * 6


async def test_with_changes_and_several_members_at_once_versions_only_grow(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor)
    changing = asyncio.create_task(renamed(place, actor, task, times=30))
    handed = 0
    while not changing.done() or handed < len(await place.records()):
        records = await place.records()
        new, handed = records[handed:], len(records)
        await asyncio.gather(*(place.worker("updates").work_off([each]) for each in new))
    await changing
    versions = [each["version"] for each in await told(place) if each]
    assert versions == sorted(versions)
    assert versions[-1] == 31


async def renamed(place: Place, actor: Actor, task: Task, *, times: int) -> None:
    for number in range(times):
        await place.rename(actor, task, f"Title {number}")


async def work_off(place: Place, records: Sequence[ConsumerRecord]) -> None:
    await place.worker("updates").work_off(records)


async def test_a_purged_task_leaves_a_tombstone_and_nothing_follows_it(place: Place) -> None:
    actor = await place.user()
    gone = await place.create(actor, "Gone")
    await place.create(actor, "Kept")
    await work_off(place, await place.records())
    await place.delete(actor, gone.id)
    assert await place.do(task_status.purge_trash, limit=10, now=MONTH_LATER) == 1
    await work_off(place, await place.records())
    await janitor.run_once(place.sessions, at=MONTH_LATER + timedelta(days=31))
    assert [each and each["title"] for each in await told(place)] == ["Gone", "Kept", None]
    assert await keys(place) == [str(gone.id)]


async def test_a_successor_that_is_taken_back_leaves_a_tombstone(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor, due_date=NOW, recurrence=RecurrenceSpec(pattern=Pattern.DAILY))
    await place.complete(actor, task.id)
    await place.worker("recurrence").work_off(await place.records())
    successor = await place.value("SELECT id FROM tasks WHERE parent_task_id = :id", id=task.id)
    await work_off(place, await place.records())
    await place.reopen(actor, task.id)
    await work_off(place, await place.records())
    assert await keys(place) == [str(successor)]
    assert [each and each["id"] for each in await told(place)] == [task.id, successor, None, task.id]


async def test_an_account_that_is_deleted_leaves_the_tombstones_of_all_its_tasks(place: Place) -> None:
    actor, other = await place.user(), await place.user()
    mine = [await place.create(actor) for _ in range(3)]
    await place.delete(actor, mine[0].id)
    theirs = await place.create(other)
    records = await place.records()
    await place.do(users.delete_account, actor)
    await work_off(place, records)
    assert await keys(place) == [str(task.id) for task in mine]
    assert [each["id"] for each in await told(place) if each] == [theirs.id]


async def test_a_task_made_while_the_account_is_deleted_has_its_tombstone_too(place: Place) -> None:
    actor = await place.user()
    await place.create(actor)
    async with place.sessions() as session:
        task = await create_task(session, actor, NewTask("Late"), now=NOW)
        deleting = asyncio.create_task(place.do(users.delete_account, actor))
        await blocked(place)
        await session.commit()
        await deleting
    assert sorted(await keys(place)) == sorted(map(str, range(task.id - 1, task.id + 1)))


async def blocked(place: Place) -> None:
    """Waits until a statement waits for a lock."""
    waits = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    await eventually(lambda: place.value(waits), what="a statement that waits for a lock")


@pytest.mark.parametrize("first", ["snapshot", "purge"])
async def test_a_snapshot_and_a_purge_at_once_end_with_the_tombstone(place: Place, first: str) -> None:
    actor = await place.user()
    task = await place.create(actor)
    await place.delete(actor, task.id)
    records = await place.records()
    async with place.sessions() as session:
        if first == "purge":
            await task_status.purge_trash(session, limit=10, now=MONTH_LATER)
            other = asyncio.create_task(work_off(place, records))
        else:
            await updates.tell(session, [parse(records[0].value)])
            other = asyncio.create_task(place.do(users.delete_account, actor))
        await blocked(place)
        await session.commit()
        await other
    found = await told(place)
    assert found[-1] is None
    assert found.count(None) == 1
    assert len(found) == (1 if first == "purge" else 2)


async def test_a_task_that_is_gone_is_done_with(place: Place) -> None:
    actor = await place.user()
    await place.create(actor)
    records = await place.records()
    await place.run("DELETE FROM tasks")
    await work_off(place, records)
    assert await told(place) == []
    assert await place.column("SELECT consumer FROM inbox") == ["updates"]


async def test_changing_a_tag_leads_to_new_snapshots_of_all_that_carry_it(place: Place) -> None:
    actor = await place.user()
    for number in range(2):
        await place.create(actor, f"Task {number}", tag_names=["old"])
    await work_off(place, await place.records())
    tag_id = await place.value("SELECT id FROM tags")
    await place.do(tags.update_tag, actor, str(tag_id), {"name": "new"}, now=NOW)
    await work_off(place, await place.records())
    assert [each["tags"] for each in await told(place) if each] == [["old"]] * 2 + [["new"]] * 2


def test_the_reconciler_looks_after_the_consumer_and_not_after_what_it_writes() -> None:
    work = expected_work()
    assert {kind for kind, name in work if name == "updates"} == {kind for kind, name in work if name == "audit"}
    assert not {updates.SNAPSHOT, updates.TOMBSTONE} & {kind for kind, _ in work}


async def test_every_task_can_be_told_again_without_a_change(place: Place) -> None:
    actor = await place.user()
    made = [await place.create(actor, f"Task {number}") for number in range(5)]
    await place.delete(actor, made[0].id)
    after: int | None = 0
    batches = 0
    while after is not None:
        after = await place.do(updates.tell_all, after_id=after, limit=2, now=NOW)
        batches += 1
    assert batches == 4  # two, two, one, none
    found = [body for body in await told(place) if body is not None]
    assert [(each["id"], each["version"]) for each in found] == [(made[0].id, 2), *((each.id, 1) for each in made[1:])]
