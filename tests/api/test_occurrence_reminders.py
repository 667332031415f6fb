"""Reminders over the life of an occurrence: gone and back with it, never for what was past, late after an outage."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from support import Client, Stack, eventually

from domain.values import rfc3339


async def reminders(stack: Stack, user: Client, task_id: str) -> list[tuple[str, str]]:
    await stack.settled(user)
    shown = await user.call("query($id: ID!) { task(id: $id) { reminders { remindAt state } } }", id=task_id)
    return [(each["remindAt"], each["state"]) for each in shown["task"]["reminders"]]


@pytest.mark.parametrize(
    ("ending", "undoing"),
    [("completeTask", "reopenTask"), ("skipTask", "reopenTask"), ("deleteTask", "restoreTask")],
)
async def test_reminders_go_with_their_task_and_come_back_with_it(
    stack: Stack, user: Client, ending: str, undoing: str
) -> None:
    task = await user.create_task(
        dueDate="2100-01-01T08:00:00Z", reminderMinutes=[30], recurrence={"pattern": "YEARLY"}
    )
    expected = [("2100-01-01T07:30:00Z", "SCHEDULED")]
    assert await reminders(stack, user, task["id"]) == expected
    for _ in range(2):
        await user.mutate(ending, "task { id }", **task)
        assert await reminders(stack, user, task["id"]) == []
        await user.mutate(undoing, "task { id }", **task)
        assert await reminders(stack, user, task["id"]) == expected


async def test_no_reminder_is_made_for_an_instant_that_was_past_when_it_was_set(stack: Stack, user: Client) -> None:
    due = (datetime.now(UTC) + timedelta(minutes=45)).replace(microsecond=0)
    fitting = [(rfc3339(due - timedelta(minutes=30)), "SCHEDULED")]
    task = await user.create_task(dueDate=rfc3339(due), reminderMinutes=[30, 60])
    assert await reminders(stack, user, task["id"]) == fitting
    later = await user.create_task(dueDate=rfc3339(due + timedelta(days=1)), reminderMinutes=[30, 60])
    await stack.settled(user)
    await user.mutate("updateTask", "task { id }", id=later["id"], dueDate=rfc3339(due))
    assert await reminders(stack, user, later["id"]) == fitting


async def test_after_an_outage_each_missed_reminder_fires_once_and_says_how_late_it_is(
    stack: Stack, user: Client
) -> None:
    task = await user.create_task(
        dueDate=rfc3339(datetime.now(UTC) + timedelta(hours=2)), reminderMinutes=[0, 30, 60, 1]
    )
    await stack.settled(user)
    # As if nothing had run for the last three hours.
    await stack.execute(
        "UPDATE reminders SET remind_at = remind_at - interval '3 hours' WHERE task_id = :id", id=int(task["id"])
    )
    statement = """SELECT (convert_from(value, 'utf8')::jsonb #>> '{data,data,late_by_seconds}')::float AS late
                     FROM outbox WHERE key = :key AND event_type = 'reminder.due' ORDER BY 1"""

    async def fired() -> bool:
        return len(await stack.rows(statement, key=task["id"])) >= 4

    await eventually(fired, what="four reminders")
    await stack.settled(user)
    late = [row["late"] for row in await stack.rows(statement, key=task["id"])]
    minutes = [round((after - before) / 60) for before, after in pairwise(late)]
    assert (minutes, 3600 <= late[0] < 3660) == ([1, 29, 30], True)
    page = await user.call("{ notifications { totalCount nodes { body } } }")
    assert page["notifications"]["totalCount"] == 4
    assert all("late)" in node["body"] for node in page["notifications"]["nodes"])
