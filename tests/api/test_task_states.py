"""A task's states: skipped, deleted and restored, purged; and many tasks at once, all or nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from support import Client, Stack

from workers import janitor

BULK = "tasks { id status priority version tags { name } dueDate } errors { code path message }"


async def bulk(user: Client, name: str, ids: list[str]) -> dict[str, Any]:
    payload: dict[str, Any] = (
        await user.call(f"mutation($ids: [ID!]!) {{ {name}(ids: $ids) {{ {BULK} }} }}", ids=ids)
    )[name]
    return payload


async def recurring_task(user: Client) -> str:
    task = await user.create_task(
        dueDate="2026-11-23T08:00:00Z", recurrence={"pattern": "DAILY", "anchor": "EVERY_SLOT"}
    )
    return str(task["id"])


async def test_skipping_an_occurrence_spawns_the_next(stack: Stack, user: Client) -> None:
    task_id = await recurring_task(user)
    payload = await user.mutate("skipTask", "task { status completedAt version }", id=task_id)
    assert payload["task"] == {"status": "SKIPPED", "completedAt": None, "version": 2}
    await stack.settled(user)
    shown = await user.call("query($id: ID!) { task(id: $id) { nextTask { dueDate status } } }", id=task_id)
    assert shown["task"]["nextTask"] == {"dueDate": "2026-11-24T08:00:00Z", "status": "OPEN"}


async def test_skipping_twice_is_skipping_once(stack: Stack, user: Client) -> None:
    task_id = await recurring_task(user)
    for _ in range(2):
        payload = await user.mutate("skipTask", "task { version }", id=task_id)
        assert payload == {"task": {"version": 2}, "errors": []}
    await stack.settled(user)
    assert await stack.value("SELECT count(*) FROM tasks WHERE user_id = :id", id=user.user_id) == 2


async def test_only_an_open_occurrence_of_a_recurring_task_can_be_skipped(user: Client) -> None:
    plain = await user.create_task()
    payload = await user.mutate("skipTask", "task { id }", id=plain["id"])
    assert [error["code"] for error in payload["errors"]] == ["INVALID"]
    done = await recurring_task(user)
    await user.mutate("completeTask", "task { id }", id=done)
    payload = await user.mutate("skipTask", "task { id }", id=done)
    assert [error["code"] for error in payload["errors"]] == ["CONFLICT"]


async def test_a_skipped_occurrence_can_be_reopened(stack: Stack, user: Client) -> None:
    task_id = await recurring_task(user)
    await user.mutate("skipTask", "task { id }", id=task_id)
    await stack.settled(user)
    payload = await user.mutate("reopenTask", "task { status nextTask { id } }", id=task_id)
    assert payload["task"] == {"status": "OPEN", "nextTask": None}


async def test_a_task_comes_back_from_the_trash_with_its_reminders(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate="2100-01-01T08:00:00Z", reminderMinutes=[30])
    await stack.settled(user)
    await user.mutate("deleteTask", "task { id }", id=task["id"])
    await stack.settled(user)
    trash = await user.call("{ tasks(filter: {inTrash: true}) { nodes { id reminders { id } } } }")
    assert trash["tasks"]["nodes"] == [{"id": task["id"], "reminders": []}]
    payload = await user.mutate("restoreTask", "task { deletedAt version }", id=task["id"])
    assert payload == {"task": {"deletedAt": None, "version": 3}, "errors": []}
    await stack.settled(user)
    listed = await user.call("{ tasks { nodes { id reminders { remindAt state } } } }")
    assert listed["tasks"]["nodes"] == [
        {"id": task["id"], "reminders": [{"remindAt": "2100-01-01T07:30:00Z", "state": "SCHEDULED"}]}
    ]


async def test_restoring_what_is_not_in_the_trash_changes_nothing(user: Client) -> None:
    task = await user.create_task()
    payload = await user.mutate("restoreTask", "task { version }", id=task["id"])
    assert payload == {"task": {"version": 1}, "errors": []}


async def test_the_trash_is_purged_after_thirty_days_and_the_history_stays(stack: Stack, user: Client) -> None:
    old, young = await user.create_task(title="Old"), await user.create_task(title="Young")
    for task in (old, young):
        await user.mutate("deleteTask", "task { id }", id=task["id"])
    await stack.settled(user)
    now = datetime.now(UTC)
    async with stack.sessions.begin() as session:
        await session.execute(
            # Put into the trash a month ago.
            text("UPDATE tasks SET deleted_at = :at WHERE id = :id"),
            {"at": now - timedelta(days=30, minutes=1), "id": int(old["id"])},
        )
    await janitor.run_once(stack.sessions)
    await stack.settled(user)
    trash = await user.call("{ tasks(filter: {inTrash: true}) { nodes { title } } }")
    assert trash["tasks"]["nodes"] == [{"title": "Young"}]
    history = await user.call("{ activity { nodes { eventType taskId task { id } changes } } }")
    last = next(node for node in history["activity"]["nodes"] if node["taskId"] == old["id"])
    assert last == {
        "eventType": "task.deleted", "taskId": old["id"], "task": None, "changes": {"purged": [False, True]},
    }  # fmt: skip


async def test_many_tasks_are_completed_at_once(stack: Stack, user: Client) -> None:
    ids = [(await user.create_task())["id"] for _ in range(3)]
    payload = await bulk(user, "completeTasks", [ids[2], ids[0], ids[0], ids[1]])
    assert payload["errors"] == []
    assert [(task["id"], task["status"]) for task in payload["tasks"]] == [
        (ids[2], "COMPLETED"), (ids[0], "COMPLETED"), (ids[1], "COMPLETED"),
    ]  # fmt: skip
    await stack.settled(user)
    assert await stack.value("SELECT count(*) FROM audit_log WHERE user_id = :id", id=user.user_id) == 6


async def test_one_refusal_undoes_the_whole_call(stack: Stack, user: Client) -> None:
    ids = [(await user.create_task())["id"] for _ in range(2)]
    events = await stack.value("SELECT count(*) FROM outbox WHERE topic = 'task-events'")
    for name in ("completeTasks", "deleteTasks"):
        payload = await bulk(user, name, [*ids, "999999999"])
        assert payload["tasks"] == []
        assert [(error["code"], error["path"]) for error in payload["errors"]] == [("NOT_FOUND", ["ids"])]
    listed = await user.call("{ tasks { nodes { version status } } }")
    assert listed["tasks"]["nodes"] == [{"version": 1, "status": "OPEN"}] * 2
    assert await stack.value("SELECT count(*) FROM outbox WHERE topic = 'task-events'") == events


async def test_many_tasks_get_a_priority_a_day_and_tags(user: Client) -> None:
    first = await user.create_task(tagNames=["home"])
    second = await user.create_task(tagNames=["work"])
    tags = {tag["name"]: tag["id"] for tag in (await user.call("{ tags { id name } }"))["tags"]}
    document = f"mutation($input: BulkUpdateTasksInput!) {{ updateTasks(input: $input) {{ {BULK} }} }}"
    payload = (
        await user.call(
            document,
            input={
                "ids": [first["id"], second["id"]], "priority": "URGENT", "dueDate": "2100-01-01T00:00:00Z",
                "addTagIds": [tags["home"]], "removeTagIds": [tags["work"]],
            },
        )
    )["updateTasks"]  # fmt: skip
    assert payload["errors"] == []
    assert [(task["priority"], task["dueDate"], task["tags"], task["version"]) for task in payload["tasks"]] == [
        ("URGENT", "2100-01-01T00:00:00Z", [{"name": "home"}], 2)
    ] * 2


async def test_a_bulk_call_names_one_to_a_hundred_tasks(user: Client) -> None:
    payload = await bulk(user, "deleteTasks", [])
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID", ["ids"])]
    document = "mutation($ids: [ID!]!) { deleteTasks(ids: $ids) { errors { code } } }"
    response = await user.post(document, {"ids": [str(number) for number in range(1, 102)]})
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"] == {"code": "LIST_TOO_LONG", "path": ["ids"]}
