"""Occurrences as a person lives them: where the next one lies, what ends a series, whose zone counts.

Words and patterns of a rule are in test_task_recurrence, single days in tests/domain.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support import Client, Stack

from domain.values import rfc3339

BERLIN = ZoneInfo("Europe/Berlin")


async def read(user: Client, task_id: str, fields: str) -> dict[str, Any]:
    task: dict[str, Any] = (await user.call(f"query($id: ID!) {{ task(id: $id) {{ {fields} }} }}", id=task_id))["task"]
    return task


async def update(user: Client, task_id: str, fields: str = "id", /, **given: Any) -> dict[str, Any]:
    payload = await user.mutate("updateTask", f"task {{ {fields} }}", id=task_id, **given)
    assert payload["errors"] == []
    task: dict[str, Any] = payload["task"]
    return task


async def finish(stack: Stack, user: Client, task_id: str, verb: str = "completeTask") -> dict[str, Any] | None:
    """Finishes an occurrence and gives the one that follows."""
    payload = await user.mutate(verb, "task { id }", id=task_id)
    assert payload["errors"] == []
    await stack.settled(user)
    following: dict[str, Any] | None = (await read(user, task_id, "nextTask { id dueDate }"))["nextTask"]
    return following


async def live(stack: Stack, user: Client, *, most: int, **given: Any) -> list[str]:
    """The due dates of a series, each occurrence of it completed, up to `most`."""
    task: dict[str, Any] | None = await user.create_task("id dueDate", **given)
    dues: list[str] = []
    while task is not None and len(dues) < most:
        dues.append(task["dueDate"])
        task = await finish(stack, user, task["id"])
    return dues


WAYS = {
    "completeTask": "mutation($id: ID!) { done: completeTask(input: {id: $id}) { errors { code } } }",
    "completeTasks": "mutation($id: ID!) { done: completeTasks(ids: [$id]) { errors { code } } }",
    "skipTask": "mutation($id: ID!) { done: skipTask(input: {id: $id}) { errors { code } } }",
}


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_to_finish_an_occurrence_leads_to_the_next(stack: Stack, user: Client, way: str) -> None:
    task = await user.create_task(dueDate="2030-01-07T08:00:00Z", recurrence={"pattern": "WEEKLY"})
    assert await user.call(WAYS[way], **task) == {"done": {"errors": []}}
    await stack.settled(user)
    assert (await read(user, task["id"], "nextTask { dueDate }"))["nextTask"] == {"dueDate": "2030-01-14T08:00:00Z"}


async def test_one_rule_that_nobody_understands_does_not_hide_the_list(stack: Stack, user: Client) -> None:
    for title in ("One", "Bad", "Three"):
        task = await user.create_task(title=title, dueDate="2030-01-07T08:00:00Z", recurrence={"pattern": "DAILY"})
        if title == "Bad":
            await stack.execute("UPDATE tasks SET recurrence_rule = 'NEVER' WHERE id = :id", id=int(task["id"]))
            bad = task["id"]
    listed = (await user.call("{ tasks { nodes { title recurrence { rule text next } } } }"))["tasks"]["nodes"]
    assert [task["title"] for task in listed] == ["Three", "Bad", "One"]
    assert [len(task["recurrence"]["next"]) for task in listed] == [5, 0, 5]
    assert listed[1]["recurrence"] == {"rule": "NEVER", "text": "NEVER", "next": []}
    # And its user can mend it.
    await update(user, bad, timeZone="UTC")
    mended = await update(user, bad, "recurrence { rule }", recurrence={"pattern": "WEEKLY"})
    assert mended == {"recurrence": {"rule": "FREQ=WEEKLY"}}


async def test_every_occurrence_may_be_moved_and_the_grid_stays(stack: Stack, user: Client) -> None:
    # An hour earlier, a day later, and beyond the following two.
    moves = [timedelta(hours=-1), timedelta(days=1), timedelta(days=15)]
    task = await user.create_task("id dueDate", dueDate="2030-01-07T08:00:00Z", recurrence={"pattern": "WEEKLY"})
    dues = [task["dueDate"]]
    for move in moves:
        await update(user, task["id"], dueDate=rfc3339(datetime.fromisoformat(task["dueDate"]) + move))
        following = await finish(stack, user, task["id"])
        assert following is not None
        task = following
        dues.append(task["dueDate"])
    assert dues == [f"2030-01-{day:02}T08:00:00Z" for day in (7, 14, 21, 28)]


async def test_a_new_rule_begins_at_the_current_occurrence_where_that_is_due_now(stack: Stack, user: Client) -> None:
    first = await user.create_task(dueDate="2030-01-07T08:00:00Z", recurrence={"pattern": "WEEKLY"})
    second = await finish(stack, user, first["id"])
    assert second is not None
    await update(user, second["id"], dueDate="2030-01-15T17:00:00Z")
    await update(user, second["id"], recurrence={"pattern": "DAILY", "interval": 2})
    third = await finish(stack, user, second["id"])
    assert third is not None
    assert third["dueDate"] == "2030-01-17T17:00:00Z"
    # What is done keeps the rule that it was done by.
    assert await read(user, first["id"], "recurrence { rule }") == {"recurrence": {"rule": "FREQ=WEEKLY"}}


async def test_the_same_rule_said_again_moves_the_grid_and_is_a_change(stack: Stack, user: Client) -> None:
    daily = {"pattern": "DAILY"}
    task = await user.create_task("id version", dueDate="2030-01-07T08:00:00Z", recurrence=daily)
    assert (await update(user, task["id"], "version", recurrence=daily))["version"] == 1
    assert (await update(user, task["id"], "version", dueDate="2030-01-07T10:30:00Z"))["version"] == 2
    assert (await update(user, task["id"], "version", recurrence=daily))["version"] == 3
    following = await finish(stack, user, task["id"])
    assert following is not None
    assert following["dueDate"] == "2030-01-08T10:30:00Z"
    told = await user.call("query($id: ID!) { task(id: $id) { activity(first: 3) { nodes { changes } } } }", **task)
    changes = [node["changes"] for node in told["task"]["activity"]["nodes"]]
    assert changes[1] == {"scheduled_for": ["2030-01-07T09:00:00", "2030-01-07T11:30:00"]}


@pytest.mark.parametrize("anchor", ["EVERY_SLOT", "NEXT_SLOT", "COMPLETION"])
async def test_what_is_done_days_late_goes_on_where_its_anchor_says(stack: Stack, user: Client, anchor: str) -> None:
    due = (datetime.now(BERLIN) - timedelta(days=8)).replace(tzinfo=None, second=0, microsecond=0)
    task = await user.create_task(
        dueDate=rfc3339(due.replace(tzinfo=BERLIN)), recurrence={"pattern": "DAILY", "interval": 3, "anchor": anchor}
    )
    following = await finish(stack, user, task["id"])
    assert following is not None
    done = datetime.fromisoformat((await read(user, task["id"], "completedAt"))["completedAt"])
    grid = (due + timedelta(days=3 * n) for n in range(1, 9))
    expected = {
        "EVERY_SLOT": due + timedelta(days=3),
        "NEXT_SLOT": next(slot for slot in grid if slot.replace(tzinfo=BERLIN) > done),
        "COMPLETION": datetime.combine(done.astimezone(BERLIN).date() + timedelta(days=3), due.time()),
    }
    assert following["dueDate"] == rfc3339(expected[anchor].replace(tzinfo=BERLIN))


async def test_count_counts_occurrences_also_over_edits_moves_and_skips(stack: Stack, user: Client) -> None:
    rule = {"rule": "FREQ=DAILY;COUNT=4", "anchor": "EVERY_SLOT"}
    task = await user.create_task("id dueDate", dueDate="2030-03-01T08:00:00Z", recurrence=rule)
    second = await finish(stack, user, task["id"], "skipTask")
    assert second is not None
    await update(user, second["id"], title="Renamed", dueDate="2030-03-02T20:00:00Z", reminderMinutes=[5])
    third = await finish(stack, user, second["id"])
    assert third is not None
    await user.mutate("deleteTask", "task { id }", id=third["id"])
    await user.mutate("restoreTask", "task { id }", id=third["id"])
    left = (await read(user, third["id"], "recurrence { next(count: 9) }"))["recurrence"]["next"]
    assert left == ["2030-03-03T08:00:00Z", "2030-03-04T08:00:00Z"]
    fourth = await finish(stack, user, third["id"], "skipTask")
    assert fourth is not None
    assert fourth["dueDate"] == "2030-03-04T08:00:00Z"
    assert await finish(stack, user, fourth["id"]) is None


async def test_a_new_count_counts_from_the_current_occurrence_on(stack: Stack, user: Client) -> None:
    rule = {"rule": "FREQ=DAILY;COUNT=2"}
    first = await user.create_task(dueDate="2030-03-01T08:00:00Z", recurrence=rule)
    last = await finish(stack, user, first["id"])
    assert last is not None
    await update(user, last["id"], recurrence=rule)
    third = await finish(stack, user, last["id"])
    assert third is not None
    assert await finish(stack, user, third["id"]) is None


LIVES = [
    pytest.param(
        {"dueDate": "2030-05-01T08:00:00Z", "recurrence": {"pattern": "DAILY", "endDate": "2030-05-03T08:00:00Z"}},
        ["2030-05-01T08:00:00Z", "2030-05-02T08:00:00Z", "2030-05-03T08:00:00Z"], True,
        id="the end date is the last occurrence",
    ),
    pytest.param(
        {"dueDate": "2030-05-01T08:00:00Z", "recurrence": {"pattern": "DAILY", "endDate": "2030-05-03T07:59:59Z"}},
        ["2030-05-01T08:00:00Z", "2030-05-02T08:00:00Z"], True,
        id="a second earlier it is not",
    ),
    pytest.param(
        {"dueDate": "2030-05-01T08:00:00Z", "allDay": True, "recurrence": {"rule": "FREQ=DAILY;UNTIL=20300502"}},
        ["2030-04-30T22:00:00Z", "2030-05-01T22:00:00Z"], True,
        id="the last day of an all-day series is in it",
    ),
    pytest.param(
        {"dueDate": "2027-03-27T12:00:00+01:00", "allDay": True, "recurrence": {"pattern": "DAILY"}},
        ["2027-03-26T23:00:00Z", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"], False,
        id="all day over the beginning of summer time",
    ),
    pytest.param(
        {"dueDate": "2027-10-30T12:00:00+02:00", "allDay": True, "recurrence": {"pattern": "DAILY"}},
        ["2027-10-29T22:00:00Z", "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z"], False,
        id="all day over its end",
    ),
    pytest.param(
        {"dueDate": "2027-09-04T12:00:00Z", "allDay": True, "timeZone": "America/Santiago",
         "recurrence": {"pattern": "DAILY"}},
        ["2027-09-04T04:00:00Z", "2027-09-05T04:00:00Z", "2027-09-06T03:00:00Z"], False,
        id="all day where midnight is skipped",
    ),
    pytest.param(
        {"dueDate": "2027-03-13T02:30:00-05:00", "timeZone": "America/New_York", "recurrence": {"pattern": "DAILY"}},
        ["2027-03-13T07:30:00Z", "2027-03-14T07:30:00Z", "2027-03-15T06:30:00Z"], False,
        id="a time in the gap of New York moves for its day only",
    ),
    pytest.param(
        {"dueDate": "2027-11-06T01:30:00-04:00", "timeZone": "America/New_York", "recurrence": {"pattern": "DAILY"}},
        ["2027-11-06T05:30:00Z", "2027-11-07T05:30:00Z", "2027-11-08T06:30:00Z"], False,
        id="of a time that comes twice in New York the first counts",
    ),
    pytest.param(
        {"dueDate": "2027-10-02T02:15:00+10:30", "timeZone": "Australia/Lord_Howe", "recurrence": {"pattern": "DAILY"}},
        ["2027-10-01T15:45:00Z", "2027-10-02T15:45:00Z", "2027-10-03T15:15:00Z"], False,
        id="half an hour of summer time",
    ),
    pytest.param(
        {"dueDate": "2028-02-29T08:00:00Z", "recurrence": {"rule": "FREQ=YEARLY"}},
        ["2028-02-29T08:00:00Z", "2032-02-29T08:00:00Z", "2036-02-29T08:00:00Z"], False,
        id="29 February as a rule is in leap years only",
    ),
    pytest.param(
        {"dueDate": "2028-02-29T08:00:00Z", "recurrence": {"pattern": "YEARLY", "interval": 2}},
        ["2028-02-29T08:00:00Z", "2030-02-28T08:00:00Z", "2032-02-29T08:00:00Z"], False,
        id="as a pattern it is 28 February in other years",
    ),
    pytest.param(
        {"dueDate": "2026-12-28T08:00:00Z", "recurrence": {"rule": "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO"}},
        ["2026-12-28T08:00:00Z", "2032-12-27T08:00:00Z", "2037-12-28T08:00:00Z"], False,
        id="week 53 is in the years that have one",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected", "ends"), LIVES)
async def test_a_series_is_lived_day_by_day(
    stack: Stack, user: Client, given: dict[str, Any], expected: list[str], ends: bool
) -> None:
    given["recurrence"] = {"anchor": "EVERY_SLOT", **given["recurrence"]}
    dues = await live(stack, user, most=len(expected) + ends, **given)
    assert dues == expected


async def test_a_user_who_moves_takes_new_tasks_along_and_leaves_the_others(stack: Stack, user: Client) -> None:
    given = {"dueDate": "2027-11-06T12:00:00Z", "recurrence": {"pattern": "DAILY"}}
    before = await user.create_task("id timeZone", **given)
    await user.mutate("updateViewer", "viewer { timeZone }", timeZone="America/New_York")
    after = await user.create_task("id timeZone", **given)
    assert (before["timeZone"], after["timeZone"]) == ("Europe/Berlin", "America/New_York")
    upcoming = [(await read(user, task["id"], "recurrence { next(count: 3) }")) for task in (before, after)]
    assert [shown["recurrence"]["next"][-1] for shown in upcoming] == ["2027-11-08T12:00:00Z", "2027-11-08T13:00:00Z"]
    following = await finish(stack, user, before["id"])
    assert following is not None
    assert (await read(user, following["id"], "timeZone"))["timeZone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("zone", "expected"), [("America/New_York", "2027-06-16T12:00:00Z"), ("Asia/Tokyo", "2027-06-15T23:00:00Z")]
)
async def test_a_series_goes_on_at_its_local_time_in_its_new_zone(
    stack: Stack, user: Client, zone: str, expected: str
) -> None:
    at_eight = {"dueDate": "2027-06-15T08:00:00+02:00", "recurrence": {"rule": "FREQ=DAILY;UNTIL=20270620"}}
    task = await user.create_task("id recurrence { endDate }", **at_eight)
    assert task["recurrence"]["endDate"] == "2027-06-20T21:59:59Z"
    moved = await update(user, task["id"], "dueDate recurrence { endDate text }", timeZone=zone)
    # The current one stays at its instant; the last day is the last day there.
    assert moved["dueDate"] == "2027-06-15T06:00:00Z"
    assert moved["recurrence"] == {
        "endDate": rfc3339(datetime(2027, 6, 20, 23, 59, 59, tzinfo=ZoneInfo(zone))),
        "text": "every day at 08:00 until 20 Jun 2027",
    }
    following = await finish(stack, user, task["id"])
    assert following is not None
    assert following["dueDate"] == expected


async def test_an_all_day_series_stays_on_its_days_in_its_new_zone(stack: Stack, user: Client) -> None:
    daily = {"recurrence": {"pattern": "DAILY"}}
    task = await user.create_task(dueDate="2027-06-15T08:00:00Z", allDay=True, **daily)
    await update(user, task["id"], timeZone="America/New_York")
    following = await finish(stack, user, task["id"])
    assert following is not None
    assert following["dueDate"] == "2027-06-16T04:00:00Z"


async def test_an_all_day_task_is_overdue_when_the_day_of_its_new_zone_is_over(stack: Stack, user: Client) -> None:
    # That day begins at once in both, and is an hour shorter in Berlin.
    task = await user.create_task("id dueDate", dueDate="2027-03-28T12:00:00Z", allDay=True)
    moved = await update(user, task["id"], "dueDate", timeZone="Africa/Lagos")
    assert moved["dueDate"] == task["dueDate"]
    at = await stack.value("SELECT overdue_at FROM tasks WHERE id = :id", id=int(task["id"]))
    assert at == datetime(2027, 3, 28, 23, tzinfo=UTC)
