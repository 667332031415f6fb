"""Recurrence as callers give it and see it: rule and pattern, words, the next dates, the series."""

from typing import Any

import pytest
from support import Client, Stack

SHOWN = "recurrence { rule text pattern interval endDate anchor next(count: 3) }"
MONDAY = "2027-01-04T09:00:00+01:00"


async def recurrence(user: Client, due: str = MONDAY, /, **given: Any) -> dict[str, Any]:
    shown: dict[str, Any] = (await user.create_task(SHOWN, dueDate=due, recurrence=given))["recurrence"]
    return shown


@pytest.mark.parametrize(
    ("given", "rule", "text", "second"),
    [
        ({"pattern": "DAILY"}, "FREQ=DAILY", "every day at 09:00", "2027-01-05T08:00:00Z"),
        ({"pattern": "WEEKLY"}, "FREQ=WEEKLY", "every week on Monday at 09:00", "2027-01-11T08:00:00Z"),
        ({"pattern": "MONTHLY"}, "FREQ=MONTHLY", "every month on the 4th at 09:00", "2027-02-04T08:00:00Z"),
        ({"pattern": "YEARLY"}, "FREQ=YEARLY", "every year on 4 Jan at 09:00", "2028-01-04T08:00:00Z"),
        (
            {"pattern": "WEEKLY", "interval": 26},
            "FREQ=WEEKLY;INTERVAL=26",
            "every 26 weeks on Monday at 09:00",
            "2027-07-05T07:00:00Z",
        ),
        (
            {"pattern": "DAILY", "interval": 999},
            "FREQ=DAILY;INTERVAL=999",
            "every 999 days at 09:00",
            "2029-09-29T07:00:00Z",
        ),
        (
            {"pattern": "DAILY", "interval": None, "anchor": None},
            "FREQ=DAILY",
            "every day at 09:00",
            "2027-01-05T08:00:00Z",
        ),
    ],
)
async def test_a_pattern_becomes_a_rule(user: Client, given: dict[str, Any], rule: str, text: str, second: str) -> None:
    shown = await recurrence(user, **given)
    assert (shown["rule"], shown["text"], shown["anchor"]) == (rule, text, "NEXT_SLOT")
    assert (shown["pattern"], shown["interval"]) == (given["pattern"], given.get("interval") or 1)
    assert shown["endDate"] is None
    assert shown["next"][:2] == ["2027-01-04T08:00:00Z", second]


async def test_a_rule_is_kept_in_its_canonical_form(user: Client) -> None:
    shown = await recurrence(user, rule="rrule:byday=FR,MO,TU,WE,TH;freq=weekly;interval=1", anchor="EVERY_SLOT")
    assert shown == {
        "rule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "text": "every weekday at 09:00",
        "pattern": "CUSTOM",
        "interval": 1,
        "endDate": None,
        "anchor": "EVERY_SLOT",
        "next": ["2027-01-04T08:00:00Z", "2027-01-05T08:00:00Z", "2027-01-06T08:00:00Z"],
    }


async def test_an_end_date_is_the_last_instant_that_an_occurrence_may_lie_at(user: Client) -> None:
    shown = await recurrence(user, pattern="DAILY", endDate="2027-01-05T09:00:00+01:00")
    assert shown["rule"] == "FREQ=DAILY;UNTIL=20270105T080000Z"
    assert shown["endDate"] == "2027-01-05T08:00:00Z"
    assert shown["next"] == ["2027-01-04T08:00:00Z", "2027-01-05T08:00:00Z"]
    assert shown["text"] == "every day at 09:00 until 5 Jan 2027"


async def test_an_end_beyond_all_dates_is_no_end(user: Client) -> None:
    for zone in ("UTC", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Niue"):
        task = await user.create_task(
            SHOWN, dueDate=MONDAY, timeZone=zone, recurrence={"rule": "FREQ=DAILY;UNTIL=99991231T235959"}
        )
        assert len(task["recurrence"]["next"]) == 3
    assert (await recurrence(user, rule="FREQ=DAILY;UNTIL=99991231"))["pattern"] == "DAILY"


async def test_the_31st_is_the_last_day_of_shorter_months_and_comes_back(user: Client) -> None:
    shown = await recurrence(user, "2027-01-31T12:00:00Z", pattern="MONTHLY")
    assert shown["pattern"] == "MONTHLY"
    assert shown["next"] == ["2027-01-31T12:00:00Z", "2027-02-28T12:00:00Z", "2027-03-31T11:00:00Z"]


async def test_next_gives_as_many_as_asked_for_up_to_fifty(user: Client) -> None:
    task = await user.create_task(dueDate=MONDAY, recurrence={"rule": "FREQ=DAILY;COUNT=40"})
    document = "query($id: ID!, $count: Int) { task(id: $id) { recurrence { next(count: $count) } } }"
    for count, found in ((1, 1), (50, 40), (None, 5)):
        shown = (await user.call(document, **task, count=count))["task"]["recurrence"]
        assert len(shown["next"]) == found
    for count in (0, 51, -1):
        body = (await user.post(document, {**task, "count": count})).json()
        assert [error["extensions"] for error in body["errors"]] == [{"code": "INVALID", "path": ["count"]}]


async def test_a_new_rule_counts_from_this_occurrence_on_and_stays_in_the_series(stack: Stack, user: Client) -> None:
    first = await user.create_task(dueDate="2030-01-07T09:00:00Z", recurrence={"pattern": "DAILY"})
    await user.mutate("completeTask", "task { id }", **first)
    await stack.settled(user)
    document = "query($id: ID!) { task(id: $id) { id nextTask { id dueDate seriesId parentTask { id } } } }"
    second = (await user.call(document, **first))["task"]["nextTask"]
    assert second == {**second, "dueDate": "2030-01-08T09:00:00Z", "seriesId": first["id"], "parentTask": first}
    payload = await user.mutate(
        "updateTask", f"task {{ seriesId {SHOWN} }}", id=second["id"], recurrence={"rule": "FREQ=WEEKLY;COUNT=2"}
    )
    assert payload["task"]["seriesId"] == first["id"]
    assert payload["task"]["recurrence"]["next"] == ["2030-01-08T09:00:00Z", "2030-01-15T09:00:00Z"]


async def test_a_task_that_becomes_recurring_begins_a_series(user: Client) -> None:
    task = await user.create_task(dueDate=MONDAY)
    payload = await user.mutate("updateTask", "task { seriesId isRecurring }", **task, recurrence={"pattern": "DAILY"})
    assert payload["task"] == {"seriesId": task["id"], "isRecurring": True}


async def test_the_end_of_a_series_spawns_nothing(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate=MONDAY, recurrence={"rule": "FREQ=DAILY;UNTIL=20270105T080000Z"})
    ended = await user.mutate("updateTask", "task { recurrence { rule } }", **task, recurrence=None)
    assert ended["task"] == {"recurrence": None}
    await user.mutate("completeTask", "task { id }", **task)
    await stack.settled(user)
    assert (await user.call("{ tasks { totalCount } }"))["tasks"]["totalCount"] == 1


async def test_parents_and_successors_are_seen_in_lists_too(stack: Stack, user: Client) -> None:
    first = await user.create_task(dueDate="2030-01-07T09:00:00Z", recurrence={"pattern": "DAILY"}, tagNames=["a"])
    await user.mutate("completeTask", "task { id }", **first)
    await stack.settled(user)
    nodes = (
        await user.call(
            "{ tasks { nodes { id parentTask { id tags { name } } nextTask { id parentTask { id } tags { name } } } } }"
        )
    )["tasks"]["nodes"]
    successor = nodes[0]["id"]
    carried = {"tags": [{"name": "a"}]}
    assert nodes == [
        {"id": successor, "parentTask": {**first, **carried}, "nextTask": None},
        {"id": first["id"], "parentTask": None, "nextTask": {"id": successor, "parentTask": first, **carried}},
    ]
