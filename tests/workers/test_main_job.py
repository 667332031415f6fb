"""The main job through its real doors: a mutation, its event, what the workers make of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from support import Client, Stack, eventually

from domain.values import rfc3339


def soon(seconds: float) -> str:
    return rfc3339(datetime.now(UTC) + timedelta(seconds=seconds))


async def notifications(user: Client, kind: str) -> list[dict[str, Any]]:
    page = await user.call("{ notifications { nodes { kind title body task { id } } } }")
    return [node for node in page["notifications"]["nodes"] if node["kind"] == kind]


async def test_a_reminder_fires_once_at_its_instant_and_becomes_a_notification(stack: Stack, user: Client) -> None:
    task = await user.create_task(title="Tea", dueDate=soon(1.2), reminderMinutes=[0])
    found = await eventually(lambda: notifications(user, "REMINDER_DUE"), what="a notification")
    assert [(n["title"], n["task"]["id"]) for n in found] == [("Tea", task["id"])]
    await stack.settled(user)
    assert len(await notifications(user, "REMINDER_DUE")) == 1
    reminders = (await user.call("query($id: ID!) { task(id: $id) { reminders { state sentAt remindAt } } }", **task))[
        "task"
    ]["reminders"]
    assert [r["state"] for r in reminders] == ["SENT"]
    assert datetime.fromisoformat(reminders[0]["sentAt"]) >= datetime.fromisoformat(reminders[0]["remindAt"])


async def test_fifty_concurrent_completions_leave_one_successor(stack: Stack, user: Client) -> None:
    task = await user.create_task(
        title="Stand-up",
        dueDate="2026-11-23T08:00:00Z",
        reminderMinutes=[10],
        tagNames=["team"],
        recurrence={"rule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "anchor": "EVERY_SLOT"},
    )
    payloads = await asyncio.gather(*(user.mutate("completeTask", "task { status }", id=task["id"]) for _ in range(50)))
    assert all(payload["task"] == {"status": "COMPLETED"} and payload["errors"] == [] for payload in payloads)
    await stack.settled(user)
    page = await user.call(
        "{ tasks(filter: {status: {eq: OPEN}}) { nodes { title dueDate reminderMinutes tags { name } parentTask { id }"
        " recurrence { rule } } } }"
    )
    assert page["tasks"]["nodes"] == [
        {
            "title": "Stand-up",
            "dueDate": "2026-11-24T08:00:00Z",
            "reminderMinutes": [10],
            "tags": [{"name": "team"}],
            "parentTask": {"id": task["id"]},
            "recurrence": {"rule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"},
        }
    ]
    events = await stack.rows("SELECT event_type FROM audit_log WHERE task_id = :id ORDER BY id", id=int(task["id"]))
    assert [row["event_type"] for row in events] == ["task.created", "task.completed"]


async def test_reopening_takes_back_an_untouched_successor_and_completing_again_spawns_one(
    stack: Stack, user: Client
) -> None:
    task = await user.create_task(dueDate="2026-11-23T08:00:00Z", recurrence={"pattern": "DAILY"})
    for _ in range(2):
        await user.mutate("completeTask", "task { id }", id=task["id"])
        await stack.settled(user)
        await user.mutate("reopenTask", "task { id }", id=task["id"])
        await stack.settled(user)
    assert await stack.value("SELECT count(*) FROM tasks WHERE user_id = :id", id=user.user_id) == 1
    await user.mutate("completeTask", "task { id }", id=task["id"])
    await stack.settled(user)
    assert await stack.value("SELECT count(*) FROM tasks WHERE parent_task_id = :id", id=int(task["id"])) == 1
    assert len(await notifications(user, "RECURRENCE_SPAWNED")) == 1


async def test_the_reminder_of_a_completed_task_does_not_fire(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate=soon(1.5), reminderMinutes=[0])
    await user.mutate("completeTask", "task { id }", id=task["id"])
    await stack.settled(user)
    await asyncio.sleep(1.8)
    assert await notifications(user, "REMINDER_DUE") == []
    assert await stack.value("SELECT count(*) FROM reminders WHERE task_id = :id AND sent", id=int(task["id"])) == 0
