"""Sorting and paging of task lists: all pages together are the whole list in its order."""

import base64
import itertools
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support import Client, Stack

Node = dict[str, Any]
COUNT = 23
PRIORITIES = ["NONE", "LOW", "MEDIUM", "HIGH", "URGENT"]
FIELDS = "id title priority dueDate createdAt updatedAt completedAt"


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


VALUES: dict[str, Callable[[Node], Any]] = {
    "DUE_DATE": lambda node: _instant(node["dueDate"]),
    "PRIORITY": lambda node: PRIORITIES.index(node["priority"]),
    "CREATED_AT": lambda node: _instant(node["createdAt"]),
    "UPDATED_AT": lambda node: _instant(node["updatedAt"]),
    "COMPLETED_AT": lambda node: _instant(node["completedAt"]),
    "TITLE": lambda node: node["title"].lower(),
}
PAGE = f"""query($sort: [TaskSort!], $first: Int, $after: String, $last: Int, $before: String) {{
    tasks(sort: $sort, first: $first, after: $after, last: $last, before: $before) {{
        totalCount edges {{ cursor node {{ {FIELDS} }} }} nodes {{ id }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""


@pytest.fixture(scope="module")
async def owner(stack: Stack) -> Client:
    """One user with many tasks that share values, and have none, in every column that can be sorted by."""
    user, chance = await stack.user(), random.Random(7)  # noqa: S311 - no secret
    instants = [datetime(2027, 1, 1, 12, minute, tzinfo=UTC) for minute in range(4)]
    for place in range(COUNT):
        due = chance.choice([None, *instants])
        task = await user.create_task(
            title=chance.choice(["apple", "Banana", "CHERRY", "banana"]),
            priority=chance.choice(PRIORITIES),
            **({"dueDate": due.isoformat()} if due else {}),
        )
        # Equal instants do not come by themselves.
        await stack.execute(
            "UPDATE tasks SET created_at = :created, updated_at = :updated WHERE id = :id",
            id=int(task["id"]), created=chance.choice(instants), updated=chance.choice(instants),
        )  # fmt: skip
        if place % 3 == 0:
            await stack.execute(
                "UPDATE tasks SET status = 'completed', completed_at = :at WHERE id = :id",
                id=int(task["id"]), at=chance.choice(instants) + timedelta(microseconds=chance.choice([0, 1, 999_999])),
            )  # fmt: skip
    return user


def in_order(nodes: list[Node], sort: list[dict[str, str]]) -> list[str]:
    """The ids as the sort says: by one key after the other, then by id the way of the first key."""
    ordered = sorted(nodes, key=lambda node: int(node["id"]), reverse=sort[0].get("direction") == "DESC")
    for key in reversed(sort):
        value = VALUES[key["field"]]
        there = [node for node in ordered if value(node) is not None]
        missing = [node for node in ordered if value(node) is None]
        there.sort(key=value, reverse=key.get("direction") == "DESC")
        ordered = [*missing, *there] if key.get("nulls") == "FIRST" else [*there, *missing]
    return [node["id"] for node in ordered]


async def page(user: Client, **arguments: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await user.call(PAGE, **arguments))["tasks"]
    edges, info = found["edges"], found["pageInfo"]
    assert [edge["node"]["id"] for edge in edges] == [node["id"] for node in found["nodes"]]
    assert [info["startCursor"], info["endCursor"]] == (
        [edges[0]["cursor"], edges[-1]["cursor"]] if edges else [None] * 2
    )
    return found


async def all_pages(user: Client, sort: Any, size: int, *, backward: bool) -> list[str]:
    """The ids of all pages, in the order of the list."""
    ids: list[str] = []
    cursor = None
    for number in itertools.count():
        given = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        found = await page(user, sort=sort, **given)
        info, shown = found["pageInfo"], [edge["node"]["id"] for edge in found["edges"]]
        ids = [*shown, *ids] if backward else [*ids, *shown]
        behind, ahead = ("hasNextPage", "hasPreviousPage") if backward else ("hasPreviousPage", "hasNextPage")
        assert info[behind] == (number > 0)
        assert found["totalCount"] == COUNT
        if not info[ahead]:
            return ids
        assert len(shown) == size
        cursor = info["startCursor" if backward else "endCursor"]
    raise AssertionError


SORTS = [
    *(
        [{"field": field, "direction": direction, "nulls": nulls}]
        for field in VALUES
        for direction in ("ASC", "DESC")
        for nulls in ("FIRST", "LAST")
    ),
    [{"field": "DUE_DATE"}],
    [{"field": "PRIORITY", "direction": "DESC"}, {"field": "DUE_DATE"}],
    [{"field": "DUE_DATE", "nulls": "FIRST"}, {"field": "COMPLETED_AT", "direction": "DESC", "nulls": "LAST"}],
    [{"field": "COMPLETED_AT", "direction": "DESC", "nulls": "FIRST"}, {"field": "DUE_DATE", "nulls": "LAST"}],
    [{"field": "TITLE"}, {"field": "PRIORITY", "direction": "DESC"}, {"field": "DUE_DATE", "direction": "DESC"}],
    [{"field": field, "direction": "DESC"} for field in VALUES],
]


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: "-".join("".join(key.values()) for key in sort))
async def test_all_pages_are_the_whole_list_in_its_order(owner: Client, sort: list[dict[str, str]]) -> None:
    whole = await page(owner, sort=sort, first=100)
    expected = in_order([edge["node"] for edge in whole["edges"]], sort)
    assert len(expected) == COUNT
    assert [node["id"] for node in whole["nodes"]] == expected
    assert await all_pages(owner, sort, 1 if len(sort) > 2 else 4, backward=False) == expected
    assert await all_pages(owner, sort, 5, backward=True) == expected


async def test_without_a_sort_the_newest_come_first(owner: Client) -> None:
    whole = await page(owner)
    newest = [{"field": "CREATED_AT", "direction": "DESC"}]
    expected = in_order([edge["node"] for edge in whole["edges"]], newest)
    assert [node["id"] for node in whole["nodes"]] == expected
    assert await all_pages(owner, None, 4, backward=False) == await all_pages(owner, [], 7, backward=True) == expected


async def test_a_page_has_fifty_rows_where_nothing_else_is_said(user: Client) -> None:
    for _ in range(51):
        await user.create_task()
    for arguments in ("", "(first: null)", "(first: null, last: null)"):
        found = (await user.call(f"{{ tasks{arguments} {{ nodes {{ id }} totalCount pageInfo {{ hasNextPage }} }} }}"))[
            "tasks"
        ]
        assert (len(found["nodes"]), found["totalCount"], found["pageInfo"]["hasNextPage"]) == (50, 51, True)


async def test_rows_that_come_and_go_between_pages_shift_nothing(user: Client) -> None:
    sort = [{"field": "TITLE"}]
    made = {name: (await user.create_task(title=name))["id"] for name in "bdfhj"}
    first = await page(user, sort=sort, first=2)
    await user.create_task(title="a")
    await user.create_task(title="g")
    await user.mutate("deleteTask", "task { id }", id=made["d"])
    await user.mutate("deleteTask", "task { id }", id=made["h"])
    rest = await page(user, sort=sort, first=10, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["title"] for edge in rest["edges"]] == ["f", "g", "j"]
    back = await page(user, sort=sort, last=10, before=rest["pageInfo"]["startCursor"])
    assert [edge["node"]["title"] for edge in back["edges"]] == ["a", "b"]


async def refused(user: Client, path: list[str], **arguments: Any) -> None:
    body = (await user.post(PAGE, arguments)).json()
    assert [error["extensions"] for error in body["errors"]] == [{"code": "INVALID", "path": path}], arguments
    assert body["data"] is None


async def test_a_page_has_one_to_a_hundred_rows_from_one_end(owner: Client) -> None:
    cursor = (await page(owner))["pageInfo"]["endCursor"]
    for size in (0, 101, -1, 2**31 - 1):
        await refused(owner, ["first"], first=size)
        await refused(owner, ["last"], last=size)
    await refused(owner, ["first"], first=1, last=1)
    await refused(owner, ["first"], first=1, before=cursor)
    await refused(owner, ["after"], after=cursor, before=cursor)
    await refused(owner, ["after"], after=cursor, last=1)


async def test_a_sort_that_cannot_be_meant_is_refused(owner: Client) -> None:
    title = {"field": "TITLE"}
    for sort in ([title, title], [title, {"field": "RELEVANCE"}], [title] * 8):
        await refused(owner, ["sort"], sort=sort)


async def test_a_cursor_is_good_for_its_own_list_user_and_sort_only(stack: Stack, owner: Client) -> None:
    sort, other = [{"field": "DUE_DATE"}], await stack.user()
    cursor = (await page(owner, sort=sort, first=3))["pageInfo"]["endCursor"]
    assert len((await page(owner, sort=sort, after=cursor))["nodes"]) == COUNT - 3
    for another in (
        None,
        [{"field": "DUE_DATE", "direction": "DESC"}],
        [{"field": "DUE_DATE", "nulls": "FIRST"}],
        [{"field": "COMPLETED_AT"}],
        [{"field": "DUE_DATE"}, {"field": "TITLE"}],
    ):
        await refused(owner, ["after"], sort=another, after=cursor)
        await refused(owner, ["before"], sort=another, before=cursor)
    await refused(other, ["after"], sort=sort, after=cursor)
    for lists in ("notifications", "activity"):
        document = f"query($after: String) {{ {lists}(after: $after) {{ nodes {{ id }} }} }}"
        body = (await owner.post(document, {"after": cursor})).json()
        assert [error["extensions"] for error in body["errors"]] == [{"code": "INVALID", "path": ["after"]}]


async def test_an_altered_cursor_is_refused(owner: Client) -> None:
    cursor = (await page(owner, first=3))["pageInfo"]["endCursor"]
    altered = [cursor[:place] + ("A" if old != "A" else "B") + cursor[place + 1 :] for place, old in enumerate(cursor)]
    # Text that a lenient decoder takes for the same bytes is not the cursor that was given either.
    same_bytes = [cursor + "=", cursor + "==", cursor + "\n", f" {cursor}", cursor[:9] + "!" + cursor[9:]]
    forged = base64.urlsafe_b64encode(b"\0" * 12 + b"[1]").decode()
    for text in (*altered, *same_bytes, cursor[:-1], cursor[1:], cursor * 2, forged, "", "x", "é", "A" * 5000):
        await refused(owner, ["after"], after=text)
