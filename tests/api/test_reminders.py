"""Reminders as a person sets them: added, removed, snoozed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support import Client, Stack, eventually

from domain.values import rfc3339

DUE = "2100-01-01T08:00:00Z"
SHOWN = "reminder { id remindAt minutesBefore state task { id reminderMinutes version } }"


def soon(seconds: float) -> str:
    return rfc3339(datetime.now(UTC) + timedelta(seconds=seconds))


async def reminders_of(user: Client, task_id: str) -> list[dict[str, Any]]:
    shown = await user.call(
        "query($id: ID!) { task(id: $id) { reminders { id remindAt minutesBefore state } } }", id=task_id
    )
    found: list[dict[str, Any]] = shown["task"]["reminders"]
    return found


async def test_a_reminder_before_the_due_date_is_there_at_once_and_stays_one(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate=DUE)
    payload = await user.mutate("addReminder", SHOWN, taskId=task["id"], minutesBefore=60)
    assert payload["errors"] == []
    assert payload["reminder"]["remindAt"] == "2100-01-01T07:00:00Z"
    assert payload["reminder"]["task"] == {"id": task["id"], "reminderMinutes": [60], "version": 2}
    await stack.settled(user)
    again = await user.mutate("addReminder", SHOWN, taskId=task["id"], minutesBefore=60)
    assert again["reminder"]["id"] == payload["reminder"]["id"]
    assert len(await reminders_of(user, task["id"])) == 1


async def test_a_reminder_at_a_fixed_time_needs_no_due_date_and_does_not_move(stack: Stack, user: Client) -> None:
    task = await user.create_task()
    payload = await user.mutate("addReminder", SHOWN, taskId=task["id"], at="2099-12-31T12:00:00+01:00")
    assert payload["reminder"]["remindAt"] == "2099-12-31T11:00:00Z"
    assert payload["reminder"]["minutesBefore"] is None
    await user.mutate("updateTask", "task { id }", id=task["id"], dueDate=DUE)
    await user.mutate("updateTask", "task { id }", id=task["id"], dueDate="2100-06-01T08:00:00Z")
    await stack.settled(user)
    assert [r["remindAt"] for r in await reminders_of(user, task["id"])] == ["2099-12-31T11:00:00Z"]


async def test_a_fixed_reminder_rests_while_its_task_is_done(stack: Stack, user: Client) -> None:
    task = await user.create_task()
    await user.mutate("addReminder", SHOWN, taskId=task["id"], at=DUE)
    await user.mutate("completeTask", "task { id }", id=task["id"])
    await stack.settled(user)
    assert await reminders_of(user, task["id"]) == []
    await user.mutate("reopenTask", "task { id }", id=task["id"])
    await stack.settled(user)
    assert [r["remindAt"] for r in await reminders_of(user, task["id"])] == [DUE]


async def test_the_same_key_adds_once(user: Client) -> None:
    task = await user.create_task()
    key = "0b6f1a1e-4b0c-4f7e-9a52-3c1d2e4f5a6b"
    given = {"taskId": task["id"], "idempotencyKey": key}
    first = await user.mutate("addReminder", SHOWN, at="2099-01-01T00:00:00Z", **given)
    second = await user.mutate("addReminder", SHOWN, at="2099-02-01T00:00:00Z", **given)
    assert second["reminder"]["id"] == first["reminder"]["id"]
    assert len(await reminders_of(user, task["id"])) == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, ["input", "at"]),
        ({"at": DUE, "minutesBefore": 5}, ["input", "at"]),
        ({"at": "2020-01-01T00:00:00Z"}, ["input", "at"]),
        ({"minutesBefore": -1}, ["input", "minutesBefore"]),
        ({"minutesBefore": 525_601}, ["input", "minutesBefore"]),
    ],
)
async def test_a_reminder_that_cannot_be_is_refused(user: Client, given: dict[str, Any], path: list[str]) -> None:
    task = await user.create_task(dueDate=DUE)
    payload = await user.mutate("addReminder", "reminder { id }", taskId=task["id"], **given)
    assert payload["reminder"] is None
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID", path)]
    assert await reminders_of(user, task["id"]) == []


async def test_minutes_before_need_a_due_date_and_a_done_task_takes_none(user: Client) -> None:
    task = await user.create_task()
    payload = await user.mutate("addReminder", "reminder { id }", taskId=task["id"], minutesBefore=5)
    assert [error["code"] for error in payload["errors"]] == ["INVALID"]
    await user.mutate("completeTask", "task { id }", id=task["id"])
    payload = await user.mutate("addReminder", "reminder { id }", taskId=task["id"], at=DUE)
    assert [error["code"] for error in payload["errors"]] == ["CONFLICT"]


async def test_a_removed_reminder_does_not_come_back(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate=DUE, reminderMinutes=[30, 60])
    await stack.settled(user)
    half_hour = next(r for r in await reminders_of(user, task["id"]) if r["minutesBefore"] == 30)
    payload = (
        await user.call(
            "mutation($id: ID!) { removeReminder(id: $id) { task { reminderMinutes } errors { code } } }",
            id=half_hour["id"],
        )
    )["removeReminder"]
    assert payload == {"task": {"reminderMinutes": [60]}, "errors": []}
    await user.mutate("updateTask", "task { id }", id=task["id"], title="Something else")
    await stack.settled(user)
    assert [r["minutesBefore"] for r in await reminders_of(user, task["id"])] == [60]


async def test_a_snoozed_reminder_fires_later_and_only_then(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate=soon(3600), reminderMinutes=[30])
    await stack.settled(user)
    reminder = (await reminders_of(user, task["id"]))[0]
    payload = await user.mutate("snoozeReminder", SHOWN, id=reminder["id"], until=soon(1))
    assert payload["reminder"]["minutesBefore"] is None
    assert payload["reminder"]["state"] == "SCHEDULED"

    async def told() -> list[dict[str, Any]]:
        page = await user.call("{ notifications { nodes { kind } } }")
        return list(page["notifications"]["nodes"])

    assert await eventually(told, what="the snoozed reminder") == [{"kind": "REMINDER_DUE"}]
    await stack.settled(user)
    # The instant it was derived for does not come back as a second reminder.
    assert [(r["id"], r["state"]) for r in await reminders_of(user, task["id"])] == [(reminder["id"], "SENT")]


async def test_a_fired_reminder_can_be_snoozed_and_fires_again(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate=soon(0.5), reminderMinutes=[0])

    async def count(expected: int) -> bool:
        page = await user.call("{ notifications { nodes { kind } } }")
        return [n["kind"] for n in page["notifications"]["nodes"]].count("REMINDER_DUE") == expected

    await eventually(lambda: count(1), what="the reminder")
    reminder = (await reminders_of(user, task["id"]))[0]
    await user.mutate("snoozeReminder", SHOWN, id=reminder["id"], until=soon(0.5))
    await eventually(lambda: count(2), what="the snoozed reminder")
    await stack.settled(user)
    assert await count(2)


async def test_a_moved_due_date_makes_a_new_reminder_beside_a_snoozed_one(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate=DUE, reminderMinutes=[30])
    await stack.settled(user)
    reminder = (await reminders_of(user, task["id"]))[0]
    await user.mutate("snoozeReminder", SHOWN, id=reminder["id"], until="2099-01-01T00:00:00Z")
    await user.mutate("updateTask", "task { id }", id=task["id"], dueDate="2100-02-01T08:00:00Z")
    await stack.settled(user)
    assert [r["remindAt"] for r in await reminders_of(user, task["id"])] == [
        "2099-01-01T00:00:00Z",
        "2100-02-01T07:30:00Z",
    ]
