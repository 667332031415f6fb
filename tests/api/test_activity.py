"""Activity: what happened to all tasks and to each, newest first, in pages."""

from typing import Any

import pytest
from support import Client, Stack

LIST = """query($first: Int, $after: String) { activity(first: $first, after: $after) {
    nodes { eventType taskId task { title } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
OF_TASKS = """query($first: Int, $after: String) { tasks(sort: [{field: CREATED_AT}]) { nodes { id
    activity(first: $first, after: $after) {
        edges { cursor } nodes { eventType taskId } pageInfo { hasNextPage hasPreviousPage } } } } }"""


async def busy(stack: Stack, user: Client) -> list[str]:
    """The ids of two tasks: the first made and changed twice, the second made and completed between that."""
    first = await user.create_task(title="First")
    second = await user.create_task(title="Second")
    await user.mutate("updateTask", "task { id }", **first, priority="LOW")
    await stack.settled(user)
    await user.mutate("completeTask", "task { id }", **second)
    await stack.settled(user)
    await user.mutate("updateTask", "task { id }", **first, priority="HIGH")
    await stack.settled(user)
    return [first["id"], second["id"]]


async def test_pages_together_are_everything_newest_first(stack: Stack, user: Client) -> None:
    first, second = await busy(stack, user)
    await busy(stack, await stack.user())
    seen: list[dict[str, Any]] = []
    after, more = None, True
    while more:
        page = (await user.call(LIST, first=2, after=after))["activity"]
        assert page["pageInfo"]["hasPreviousPage"] == bool(seen)
        seen += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert {(node["taskId"], node["task"]["title"]) for node in seen} == {(first, "First"), (second, "Second")}
    assert [node["eventType"] for node in seen[:2]] == ["task.updated", "task.completed"]
    for task_id, kinds in ((first, ["updated", "updated", "created"]), (second, ["completed", "created"])):
        assert [node["eventType"] for node in seen if node["taskId"] == task_id] == [f"task.{kind}" for kind in kinds]


async def test_each_task_of_a_list_has_its_own_page(stack: Stack, user: Client) -> None:
    first, second = await busy(stack, user)
    nodes = (await user.call(OF_TASKS, first=2))["tasks"]["nodes"]
    assert [node["id"] for node in nodes] == [first, second]
    assert [len(node["activity"]["nodes"]) for node in nodes] == [2, 2]
    assert [node["activity"]["pageInfo"]["hasNextPage"] for node in nodes] == [True, False]
    assert [{a["taskId"] for a in node["activity"]["nodes"]} for node in nodes] == [{first}, {second}]
    after = nodes[0]["activity"]["edges"][-1]["cursor"]
    rest = (await user.call(OF_TASKS, after=after))["tasks"]["nodes"][0]["activity"]
    assert [node["eventType"] for node in rest["nodes"]] == ["task.created"]
    assert rest["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True}


async def test_what_happened_to_a_purged_task_stays(stack: Stack, user: Client) -> None:
    task = await user.create_task()
    await stack.settled(user)
    await stack.execute("DELETE FROM tasks WHERE id = :id", id=int(task["id"]))
    nodes = (await user.call(LIST))["activity"]["nodes"]
    assert nodes == [{"eventType": "task.created", "taskId": task["id"], "task": None}]


@pytest.mark.parametrize("first", [0, 101, -1])
async def test_a_page_has_one_to_a_hundred_rows(user: Client, first: int) -> None:
    await user.create_task()
    for document in (LIST, OF_TASKS):
        body = (await user.post(document, {"first": first})).json()
        assert [error["extensions"] for error in body["errors"]] == [{"code": "INVALID", "path": ["first"]}]


async def test_a_cursor_is_good_for_its_own_list_and_user_only(stack: Stack, user: Client) -> None:
    await busy(stack, user)
    other = await stack.user()
    await other.create_task()
    whole = (await user.call(LIST, first=1))["activity"]["pageInfo"]["endCursor"]
    single = (await user.call(OF_TASKS, first=1))["tasks"]["nodes"][0]["activity"]["edges"][0]["cursor"]
    for client, document, after in (
        (user, LIST, single),
        (user, OF_TASKS, whole),
        (other, LIST, whole),
        (other, OF_TASKS, single),
        (user, LIST, f"{whole}="),
    ):
        body = (await client.post(document, {"after": after})).json()
        assert {str(error["extensions"]) for error in body["errors"]} == {"{'code': 'INVALID', 'path': ['after']}"}
