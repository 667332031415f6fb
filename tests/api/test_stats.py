"""Numbers for a dashboard, and what a rule means before it is saved."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from support import Client, Stack

from domain.recurrence import to_local
from domain.values import rfc3339, zone


async def test_stats_count_what_is_outside_the_trash(stack: Stack, user: Client) -> None:
    now = datetime.now(UTC)
    await user.create_task(priority="HIGH", dueDate=rfc3339(now - timedelta(days=2)))
    await user.create_task(priority="LOW", dueDate=rfc3339(now), allDay=True)
    done = [await user.create_task() for _ in range(2)]
    trashed = await user.create_task(priority="HIGH")
    await user.mutate("deleteTask", "task { id }", id=trashed["id"])
    for task in done:
        await user.mutate("completeTask", "task { id }", id=task["id"])
    async with stack.sessions.begin() as session:
        await session.execute(
            text("UPDATE tasks SET completed_at = completed_at - interval '2 days' WHERE id = :id"),
            {"id": int(done[0]["id"])},
        )
    stats = (
        await user.call(
            "{ stats { open completed overdue dueToday completionRate completedByDay(days: 3) { day count }"
            " byPriority { priority open } } }"
        )
    )["stats"]
    today = to_local(now, zone("Europe/Berlin")).date()
    assert stats == {
        "open": 2,
        "completed": 2,
        "overdue": 1,
        "dueToday": 1,
        "completionRate": 0.5,
        "completedByDay": [
            {"day": str(today - timedelta(days=2)), "count": 1},
            {"day": str(today - timedelta(days=1)), "count": 0},
            {"day": str(today), "count": 1},
        ],
        "byPriority": [
            {"priority": "URGENT", "open": 0},
            {"priority": "HIGH", "open": 1},
            {"priority": "MEDIUM", "open": 0},
            {"priority": "LOW", "open": 1},
            {"priority": "NONE", "open": 0},
        ],
    }


async def test_stats_of_nothing_are_zero(user: Client) -> None:
    stats = (await user.call("{ stats { open completed overdue dueToday completionRate } }"))["stats"]
    assert stats == {"open": 0, "completed": 0, "overdue": 0, "dueToday": 0, "completionRate": 0.0}


@pytest.mark.parametrize("days", [0, -1, 367])
async def test_days_of_stats_are_bounded(user: Client, days: int) -> None:
    body = (await user.post(f"{{ stats {{ completedByDay(days: {days}) {{ count }} }} }}")).json()
    assert body["errors"][0]["extensions"] == {"code": "INVALID", "path": ["days"]}


PREVIEW = """query($recurrence: RecurrenceInput!, $start: DateTime!, $zone: TimeZone) {
  previewRecurrence(recurrence: $recurrence, start: $start, timeZone: $zone) {
    rule text pattern interval endDate anchor next(count: 3)
  }
}"""


async def test_a_rule_is_shown_before_it_is_saved(stack: Stack, user: Client) -> None:
    given = {"pattern": "MONTHLY", "interval": 1}
    shown = await user.call(PREVIEW, recurrence=given, start="2026-01-31T08:00:00Z", zone="Europe/Berlin")
    preview = shown["previewRecurrence"]
    assert preview["next"] == ["2026-01-31T08:00:00Z", "2026-02-28T08:00:00Z", "2026-03-31T07:00:00Z"]
    assert (preview["pattern"], preview["interval"], preview["anchor"]) == ("MONTHLY", 1, "NEXT_SLOT")
    assert await stack.value("SELECT count(*) FROM tasks WHERE user_id = :id", id=user.user_id) == 0


@pytest.mark.parametrize(
    ("recurrence", "path"),
    [
        ({"rule": "FREQ=HOURLY"}, ["recurrence", "rule"]),
        ({"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, ["recurrence", "rule"]),
        ({"pattern": "DAILY", "interval": 0}, ["recurrence", "interval"]),
        ({"rule": "FREQ=DAILY", "pattern": "DAILY"}, ["recurrence"]),
        ({}, ["recurrence"]),
    ],
)
async def test_a_bad_rule_is_an_invalid_request(user: Client, recurrence: dict[str, object], path: list[str]) -> None:
    body = (await user.post(PREVIEW, {"recurrence": recurrence, "start": "2026-01-31T08:00:00Z"})).json()
    assert body["errors"][0]["extensions"] == {"code": "INVALID", "path": path}
