"""Filters of task lists: every comparator of every field, and what they give together."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support import Client, Stack

from db.users import find_by_id
from domain import overdue, task_lists
from domain.actors import Actor
from domain.task_lists import PageRequest, TaskFilter

EARLY, MIDDLE, LATE = "2027-01-01T00:00:00Z", "2027-06-01T12:00:00Z", "2028-01-01T00:00:00Z"
A, B, C, D = "Alpha", "beta 100%", "Gamma_Ünit", "alphabet"


@pytest.fixture(scope="module")
async def owner(stack: Stack) -> Client:
    """One user with four tasks, D completed, and a fifth in the trash."""
    user = await stack.user("UTC")
    await user.create_task(title=A, priority="LOW", dueDate=EARLY, tagNames=["Home"])
    await user.create_task(
        title=B, priority="HIGH", dueDate=MIDDLE, tagNames=["home office", "work"], recurrence={"pattern": "DAILY"}
    )
    await user.create_task(title=C, dueDate=LATE)
    done = await user.create_task(title=D, priority="URGENT", tagNames=["Work"])
    await user.mutate("completeTask", "task { id }", **done)
    trashed = await user.create_task(title="Trash", tagNames=["Home"], dueDate=EARLY)
    await user.mutate("deleteTask", "task { id }", **trashed)
    return user


async def titles(user: Client, where: dict[str, Any] | None) -> str:
    """The titles that a filter leaves, each by its first letters, in the order they were made in."""
    document = """query($where: TaskFilter) { tasks(filter: $where, sort: [{field: CREATED_AT}]) {
        totalCount nodes { title } } }"""
    page = (await user.call(document, where=where))["tasks"]
    names = [node["title"] for node in page["nodes"]]
    assert page["totalCount"] == len(names)
    letters = {A: "A", B: "B", C: "C", D: "D"}
    return "".join(letters.get(name, name) for name in names)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (None, "ABCD"),
        ({}, "ABCD"),
        ({"status": {"eq": "OPEN"}}, "ABC"),
        ({"status": {"in": ["COMPLETED", "SKIPPED"]}}, "D"),
        ({"status": {"in": []}}, ""),
        ({"priority": {"eq": "HIGH"}}, "B"),
        ({"priority": {"neq": "HIGH"}}, "ACD"),
        ({"priority": {"in": ["NONE", "URGENT"]}}, "CD"),
        ({"priority": {"gte": "HIGH"}}, "BD"),
        ({"priority": {"lte": "LOW"}}, "AC"),
        ({"priority": {"gte": "LOW", "lte": "HIGH"}}, "AB"),
        ({"title": {"eq": "ALPHA"}}, "A"),
        ({"title": {"eq": "alph"}}, ""),
        ({"title": {"contains": "PHA"}}, "AD"),
        ({"title": {"startsWith": "al"}}, "AD"),
        ({"title": {"startsWith": "ha"}}, ""),
        ({"title": {"contains": "üNIT"}}, "C"),
        ({"title": {"contains": "%"}}, "B"),
        ({"title": {"contains": "_"}}, "C"),
        ({"title": {"contains": "a_p"}}, ""),
        ({"title": {"startsWith": "%"}}, ""),
        ({"title": {"contains": "/"}}, ""),
        ({"title": {"contains": "\\"}}, ""),
        ({"title": {"contains": "'"}}, ""),
        ({"title": {"contains": ""}}, "ABCD"),
        ({"dueDate": {"eq": "2027-06-01T14:00:00+02:00"}}, "B"),
        ({"dueDate": {"lt": MIDDLE}}, "A"),
        ({"dueDate": {"lte": MIDDLE}}, "AB"),
        ({"dueDate": {"gt": MIDDLE}}, "C"),
        ({"dueDate": {"gte": MIDDLE}}, "BC"),
        ({"dueDate": {"gt": EARLY, "lt": LATE}}, "B"),
        ({"dueDate": {"isNull": True}}, "D"),
        ({"dueDate": {"isNull": False}}, "ABC"),
        ({"dueDate": {"gt": "0001-01-01T00:00:00Z", "lt": "9999-12-31T23:59:59.999999Z"}}, "ABC"),
        ({"createdAt": {"gt": "2020-01-01T00:00:00Z"}}, "ABCD"),
        ({"createdAt": {"lt": "2020-01-01T00:00:00Z"}}, ""),
        ({"updatedAt": {"isNull": False}}, "ABCD"),
        ({"completedAt": {"isNull": False}}, "D"),
        ({"completedAt": {"lt": "2020-01-01T00:00:00Z"}}, ""),
        ({"isRecurring": True}, "B"),
        ({"isRecurring": False}, "ACD"),
        ({"isOverdue": True}, ""),
        ({"isOverdue": False}, "ABCD"),
        ({"inTrash": True}, "Trash"),
        ({"inTrash": True, "tags": {"isEmpty": True}}, ""),
        ({"or": [{"inTrash": True}]}, "ABCD"),
        ({"tags": {"isEmpty": True}}, "C"),
        ({"tags": {"isEmpty": False}}, "ABD"),
        ({"tags": {"some": {"name": {"eq": "HOME"}}}}, "A"),
        ({"tags": {"some": {"name": {"startsWith": "home"}}}}, "AB"),
        ({"tags": {"some": {"name": {"contains": "office"}}}}, "B"),
        ({"tags": {"every": {"name": {"eq": "work"}}}}, "CD"),
        ({"tags": {"every": {"name": {"contains": "o"}}}}, "ABCD"),
        ({"tags": {"none": {"name": {"eq": "work"}}}}, "AC"),
        ({"tags": {"some": {"name": {"eq": "work"}}, "none": {"name": {"contains": "home"}}}}, "D"),
        ({"tags": {"some": {}}}, "ABD"),
        ({"tags": {}}, "ABCD"),
        ({"and": []}, "ABCD"),
        ({"or": []}, ""),
        ({"and": [{"title": {"contains": "a"}}, {"priority": {"gte": "HIGH"}}]}, "BD"),
        ({"or": [{"priority": {"eq": "LOW"}}, {"status": {"eq": "COMPLETED"}}]}, "AD"),
        ({"not": {"title": {"startsWith": "a"}}}, "BC"),
        # What is unknown is not so: the opposite of "due before" holds for what is not due at all.
        ({"not": {"dueDate": {"lt": LATE}}}, "CD"),
        ({"not": {"or": [{"dueDate": {"lt": LATE}}, {"not": {"status": {"eq": "OPEN"}}}]}}, "C"),
        ({"status": {"eq": "OPEN"}, "or": [{"priority": {"eq": "NONE"}}, {"isRecurring": True}]}, "BC"),
    ],
)
async def test_a_filter_leaves_what_fits(owner: Client, where: dict[str, Any] | None, found: str) -> None:
    assert await titles(owner, where) == found


async def test_a_backslash_is_a_letter(user: Client) -> None:
    for title in (r"C:\new", "C:new", r"\\share\_x"):
        await user.create_task(title=title)
    assert await titles(user, {"title": {"contains": "\\"}}) == r"C:\new\\share\_x"
    assert await titles(user, {"title": {"contains": r":\N"}}) == r"C:\new"
    assert await titles(user, {"title": {"contains": r"\\"}}) == r"\\share\_x"
    assert await titles(user, {"title": {"startsWith": r"\\SHARE\_"}}) == r"\\share\_x"
    assert await titles(user, {"title": {"startsWith": r"\C"}}) == ""


async def test_ids_and_series_are_compared(owner: Client) -> None:
    nodes = (await owner.call("{ tasks(sort: [{field: CREATED_AT}]) { nodes { id seriesId } } }"))["tasks"]["nodes"]
    a, b, _, _ = (node["id"] for node in nodes)
    assert await titles(owner, {"id": {"eq": a}}) == "A"
    assert await titles(owner, {"id": {"in": [b, a, "0", "x"]}}) == "AB"
    assert await titles(owner, {"id": {"in": []}}) == ""
    assert await titles(owner, {"not": {"id": {"eq": a}}}) == "BCD"
    assert await titles(owner, {"seriesId": {"eq": b}}) == "B"
    assert await titles(owner, {"not": {"seriesId": {"in": [b]}}}) == "ACD"
    tags = {tag["name"]: tag["id"] for tag in (await owner.call("{ tags { id name } }"))["tags"]}
    assert await titles(owner, {"tags": {"some": {"id": {"eq": tags["work"]}}}}) == "BD"
    assert await titles(owner, {"tags": {"none": {"id": {"in": [tags["work"], tags["Home"]]}}}}) == "C"


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ({"dueDate": None}, "dueDate"),
        ({"dueDate": {"eq": None}}, "dueDate.eq"),
        ({"status": {"in": None}}, "status.in"),
        ({"isOverdue": None}, "isOverdue"),
        ({"inTrash": None}, "inTrash"),
        ({"tags": {"some": None}}, "tags.some"),
        ({"tags": {"some": {"name": {"eq": None}}}}, "tags.some.name.eq"),
        ({"and": None}, "and"),
        ({"not": None}, "not"),
        ({"or": [{"id": {"eq": None}}]}, "id.eq"),
        ({"title": {"eq": "x" * 201}}, ""),
        ({"not": {"not": {"not": {"not": {"not": {}}}}}}, ""),
    ],
)
async def test_a_filter_that_cannot_be_meant_is_refused(owner: Client, where: dict[str, Any], path: str) -> None:
    body = (await owner.post("query($w: TaskFilter) { tasks(filter: $w) { totalCount } }", {"w": where})).json()
    expected = {"code": "INVALID", "path": ["filter", *path.split(".")] if path else ["filter"]}
    assert [error["extensions"] for error in body["errors"]] == [expected]
    assert body["data"] is None


async def test_what_is_overdue_says_so_and_is_found(user: Client) -> None:
    now = datetime.now(UTC)
    today = now.astimezone(ZoneInfo("Europe/Berlin")).replace(hour=12, minute=0)
    for title, due, all_day in (
        ("past", now - timedelta(seconds=2), False),
        ("future", now + timedelta(hours=1), False),
        ("today", today, True),
        ("yesterday", today - timedelta(days=1), True),
        ("done", now - timedelta(days=3), False),
    ):
        task = await user.create_task(title=title, dueDate=due.isoformat(), allDay=all_day)
    await user.mutate("completeTask", "task { id }", **task)
    document = "query($is: Boolean!) { tasks(filter: {isOverdue: $is}) { nodes { title isOverdue } } }"
    for is_overdue, found in ((True, {"past", "yesterday"}), (False, {"future", "today", "done"})):
        nodes = (await user.call(document, **{"is": is_overdue}))["tasks"]["nodes"]
        assert {node["title"] for node in nodes} == found
        assert {node["isOverdue"] for node in nodes} == {is_overdue}


@pytest.mark.parametrize(
    ("zone", "noon", "over"),
    [
        ("Europe/Berlin", "2027-03-28T12:00:00Z", "2027-03-28T22:00:00Z"),  # 23 hours
        ("Europe/Berlin", "2027-10-31T12:00:00Z", "2027-10-31T23:00:00Z"),  # 25 hours
        ("America/Santiago", "2027-09-05T15:00:00Z", "2027-09-06T03:00:00Z"),  # it begins at 01:00
        ("America/Santiago", "2027-09-04T15:00:00Z", "2027-09-05T04:00:00Z"),  # the next begins at 01:00
        ("America/Havana", "2027-11-06T15:00:00Z", "2027-11-07T04:00:00Z"),  # the next has two midnights
        ("Australia/Lord_Howe", "2027-04-04T01:00:00Z", "2027-04-04T13:30:00Z"),  # half an hour
    ],
)
async def test_an_all_day_task_is_overdue_when_its_day_is_over_there(
    stack: Stack, zone: str, noon: str, over: str
) -> None:
    user = await stack.user(zone)
    await user.create_task(dueDate=noon, allDay=True)
    end = datetime.fromisoformat(over)
    async with stack.sessions() as session:
        owner = await find_by_id(session, user.user_id)
        assert owner is not None
        for minutes in (-90, -60, -30, -1, 0, 1, 30, 60, 90):
            now = end + timedelta(minutes=minutes)
            listing = task_lists.listing(
                Actor(owner.id, zone), where=TaskFilter(is_overdue=True), search=None, sort=[], now=now
            )
            found = (await task_lists.page(session, listing, PageRequest(10))).rows
            assert [task.all_day for task in found] == [True] * (now >= end)
            every = task_lists.listing(Actor(owner.id, zone), where=None, search=None, sort=[], now=now)
            (task,) = (await task_lists.page(session, every, PageRequest(10))).rows
            assert overdue.is_overdue(task, now) == (now >= end)


async def test_filters_of_many_callers_at_once_stay_their_own(stack: Stack) -> None:
    users = [await stack.user() for _ in range(3)]
    for place, each in enumerate(users):
        await asyncio.gather(*(each.create_task(title=f"of {place}") for _ in range(place + 1)))
    pages = await asyncio.gather(*(each.call("{ tasks { nodes { title } } }") for each in users * 5))
    for place, page in enumerate(pages):
        assert [node["title"] for node in page["tasks"]["nodes"]] == [f"of {place % 3}"] * (place % 3 + 1)
