"""Completing, reopening and deleting: each is done once, and none of them on a task that has changed meanwhile."""

from typing import Any

import pytest
from support import Client, Stack

STATE = "id status version completedAt deletedAt updatedAt"
CHANGES = ["updateTask", "completeTask", "reopenTask"]


async def change(user: Client, name: str, task_id: str, **given: Any) -> dict[str, Any]:
    """The task after a change that has to succeed."""
    payload = await user.mutate(name, f"task {{ {STATE} }}", id=task_id, **given)
    assert payload["errors"] == []
    task: dict[str, Any] = payload["task"]
    return task


async def told(stack: Stack, task_id: str) -> list[str]:
    rows = await stack.rows(
        "SELECT event_type FROM outbox WHERE key = :key AND topic = 'task-events' ORDER BY id", key=task_id
    )
    return [row["event_type"].removeprefix("task.") for row in rows]


async def test_completing_twice_is_completing_once(stack: Stack, user: Client) -> None:
    task = await user.create_task(STATE)
    once = await change(user, "completeTask", task["id"])
    assert once["completedAt"] == once["updatedAt"] > task["updatedAt"]
    assert {**task, "status": "COMPLETED", "version": 2} == {
        **once,
        "completedAt": None,
        "updatedAt": task["updatedAt"],
    }
    assert await change(user, "completeTask", task["id"]) == once
    # What is so already is no conflict: a repeated request must not fail.
    assert await change(user, "completeTask", task["id"], expectedVersion=1) == once
    assert await told(stack, task["id"]) == ["created", "completed"]


async def test_reopening_takes_the_completion_back(stack: Stack, user: Client) -> None:
    task = await user.create_task(STATE)
    assert await change(user, "reopenTask", task["id"]) == task
    await change(user, "completeTask", task["id"])
    opened = await change(user, "reopenTask", task["id"])
    assert (opened["status"], opened["completedAt"], opened["version"]) == ("OPEN", None, 3)
    assert await change(user, "reopenTask", task["id"]) == opened
    assert await told(stack, task["id"]) == ["created", "completed", "reopened"]


async def test_a_deleted_task_is_in_the_trash_and_nowhere_else(stack: Stack, user: Client) -> None:
    task = await user.create_task(STATE, tagNames=["a"])
    once = await change(user, "deleteTask", task["id"])
    assert (once["status"], once["deletedAt"], once["version"]) == ("OPEN", once["updatedAt"], 2)
    assert await change(user, "deleteTask", task["id"], expectedVersion=1) == once
    lists = await user.call(
        f"query($id: ID!) {{ task(id: $id) {{ {STATE} }} tasks {{ totalCount nodes {{ id }} }} tags {{ openTaskCount }}"
        " trash: tasks(filter: {inTrash: true}) { totalCount nodes { id } } }",
        id=task["id"],
    )
    assert lists == {
        "task": once,
        "tasks": {"totalCount": 0, "nodes": []},
        "tags": [{"openTaskCount": 0}],
        "trash": {"totalCount": 1, "nodes": [{"id": task["id"]}]},
    }
    assert await told(stack, task["id"]) == ["created", "deleted"]


@pytest.mark.parametrize("name", CHANGES)
async def test_a_task_in_the_trash_cannot_be_changed(stack: Stack, user: Client, name: str) -> None:
    task = await user.create_task()
    if name == "reopenTask":
        await change(user, "completeTask", task["id"])
    await change(user, "deleteTask", task["id"])
    before = await stack.written(user)
    more = {"title": "Bread"} if name == "updateTask" else {}
    payload = await user.mutate(name, "task { id }", id=task["id"], **more)
    assert payload["task"] is None
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("CONFLICT", ["input", "id"])]
    assert await stack.written(user) == before


@pytest.mark.parametrize("name", [*CHANGES, "deleteTask"])
@pytest.mark.parametrize("version", [0, 1, 99, -1])
async def test_a_stale_version_is_a_conflict(stack: Stack, user: Client, name: str, version: int) -> None:
    task = await user.create_task()
    if name == "reopenTask":
        await change(user, "completeTask", task["id"])
    else:
        await change(user, "updateTask", task["id"], priority="LOW")
    before = await stack.written(user)
    more = {"title": "Bread"} if name == "updateTask" else {}
    payload = await user.mutate(name, "task { id }", id=task["id"], expectedVersion=version, **more)
    assert payload == {
        "task": None,
        "errors": [
            {
                "code": "CONFLICT",
                "message": f"expectedVersion: the task has been changed meanwhile: it is at version 2, not {version}",
                "path": ["input", "expectedVersion"],
            }
        ],
    }
    assert await stack.written(user) == before


@pytest.mark.parametrize("name", ["updateTask", "completeTask", "deleteTask"])
@pytest.mark.parametrize("version", [1, None])
async def test_the_version_that_the_caller_saw_is_no_conflict(user: Client, name: str, version: int | None) -> None:
    task = await user.create_task()
    more = {"title": "Bread"} if name == "updateTask" else {}
    assert (await change(user, name, task["id"], expectedVersion=version, **more))["version"] == 2


async def test_the_activity_of_a_task_is_what_happened_to_it_newest_first(stack: Stack, user: Client) -> None:
    other = await user.create_task()
    task = await user.create_task(title="Tea", tagNames=["drink"])
    for name, more in (
        ("updateTask", {"priority": "HIGH"}),
        ("completeTask", {}),
        ("reopenTask", {}),
        ("deleteTask", {}),
    ):
        await change(user, name, task["id"], **more)
    await stack.settled(user)
    document = """query($id: ID!) { task(id: $id) { activity { nodes {
        eventType taskId changes at eventId task { title isOverdue tags { name } } } } } }"""
    nodes = (await user.call(document, **task))["task"]["activity"]["nodes"]
    assert [(node["eventType"], node["changes"]) for node in nodes[1:]] == [
        ("task.reopened", {"status": ["completed", "open"]}),
        ("task.completed", {"status": ["open", "completed"]}),
        ("task.updated", {"priority": ["none", "high"]}),
        ("task.created", {}),
    ]
    deleted = nodes[0]
    assert deleted["eventType"] == "task.deleted"
    assert deleted["changes"] == {"deleted_at": [None, deleted["at"]]}
    # The task below its activity has all that is asked for there, whatever is asked for of the task above.
    assert {node["taskId"] for node in nodes} == {task["id"]} != {other["id"]}
    assert [node["task"] for node in nodes] == [{"title": "Tea", "isOverdue": False, "tags": [{"name": "drink"}]}] * 5
    assert len({node["eventId"] for node in nodes}) == 5
