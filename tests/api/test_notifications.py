"""Notifications in pages, newest first; each user's own, read or unread."""

from typing import Any
from uuid import uuid4

import pytest
from support import Client, Stack

LIST = """query($unread: Boolean, $first: Int, $after: String) {
    notifications(unreadOnly: $unread, first: $first, after: $after) { totalCount nodes { id title }
        edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
    unreadNotificationCount }"""


async def tell(stack: Stack, user: Client, count: int, *, task_id: str | None = None) -> None:
    """Notifications "n1" to "n<count>", of which every third has been read."""
    for number in range(1, count + 1):
        await stack.execute(
            "INSERT INTO notifications (user_id, task_id, kind, title, body, event_id, read_at) VALUES"
            " (:user, :task, 'reminder_due', :title, 'Due', :event, CASE WHEN :number % 3 = 0 THEN now() END)",
            user=user.user_id,
            task=int(task_id) if task_id else None,
            title=f"n{number}",
            event=uuid4(),
            number=number,
        )


async def titles(user: Client, **given: Any) -> list[str]:
    return [node["title"] for node in (await user.call(LIST, **given))["notifications"]["nodes"]]


async def test_pages_together_are_all_of_the_users_own_newest_first(stack: Stack, user: Client) -> None:
    other = await stack.user()
    await tell(stack, user, 7)
    await tell(stack, other, 2)
    seen: list[str] = []
    after, more = None, True
    while more:
        answer = await user.call(LIST, first=3, after=after)
        page = answer["notifications"]
        assert (page["totalCount"], answer["unreadNotificationCount"]) == (7, 5)
        assert page["pageInfo"]["hasPreviousPage"] == bool(seen)
        assert [edge["node"]["id"] for edge in page["edges"]] == [node["id"] for node in page["nodes"]]
        seen += [node["title"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == ["n7", "n6", "n5", "n4", "n3", "n2", "n1"]


async def test_what_comes_while_paging_shifts_nothing(stack: Stack, user: Client) -> None:
    await tell(stack, user, 4)
    cursor = (await user.call(LIST, first=2))["notifications"]["pageInfo"]["endCursor"]
    await tell(stack, user, 2)
    assert await titles(user, first=10, after=cursor) == ["n2", "n1"]


async def test_unread_only_leaves_out_what_has_been_read(stack: Stack, user: Client) -> None:
    await tell(stack, user, 6)
    answer = await user.call(LIST, unread=True, first=2)
    page = answer["notifications"]
    assert [node["title"] for node in page["nodes"]] == ["n5", "n4"]
    assert page["totalCount"] == answer["unreadNotificationCount"] == 4
    assert await titles(user, unread=True, after=page["pageInfo"]["endCursor"]) == ["n2", "n1"]
    assert await titles(user, unread=None) == await titles(user, unread=False) == [f"n{n}" for n in range(6, 0, -1)]


async def test_there_is_nothing_at_first(user: Client) -> None:
    nowhere = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert await user.call(LIST) == {
        "notifications": {"totalCount": 0, "nodes": [], "edges": [], "pageInfo": nowhere},
        "unreadNotificationCount": 0,
    }


async def test_the_task_is_shown_as_it_is_now(stack: Stack, user: Client) -> None:
    task = await user.create_task(title="Tea", tagNames=["drink"])
    await tell(stack, user, 1, task_id=task["id"])
    await tell(stack, user, 1)
    await user.mutate("updateTask", "task { id }", **task, title="Green tea")
    # Asked for in two places, each gets what it asks for.
    document = """{ notifications { nodes { kind body readAt task { title } }
        edges { node { task { id tags { name } } } } } }"""
    page = (await user.call(document))["notifications"]
    told = {"kind": "REMINDER_DUE", "body": "Due", "readAt": None}
    assert page["nodes"] == [{**told, "task": None}, {**told, "task": {"title": "Green tea"}}]
    assert page["edges"] == [{"node": {"task": None}}, {"node": {"task": {**task, "tags": [{"name": "drink"}]}}}]


@pytest.mark.parametrize("first", [0, 101, -1])
async def test_a_page_has_one_to_a_hundred_rows(user: Client, first: int) -> None:
    body = (await user.post(LIST, {"first": first})).json()
    assert [error["extensions"] for error in body["errors"]] == [{"code": "INVALID", "path": ["first"]}]


async def test_a_cursor_is_good_for_its_own_list_and_user_only(stack: Stack, user: Client) -> None:
    other = await stack.user()
    await tell(stack, user, 3)
    cursor = (await user.call(LIST, first=1))["notifications"]["pageInfo"]["endCursor"]
    for client, given in (
        (user, {"after": cursor, "unread": True}),
        (other, {"after": cursor}),
        (user, {"after": f"{cursor}A"}),
        (user, {"after": ""}),
    ):
        body = (await client.post(LIST, given)).json()
        assert [error["extensions"] for error in body["errors"]] == [{"code": "INVALID", "path": ["after"]}]
