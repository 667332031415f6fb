"""A task that is not done in time: its user is told, once per task and due date."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from support import Client, Stack, eventually

from domain.values import rfc3339


def soon(seconds: float) -> str:
    return rfc3339(datetime.now(UTC) + timedelta(seconds=seconds))


async def told(user: Client) -> list[dict[str, Any]]:
    page = await user.call("{ notifications { nodes { kind title body task { isOverdue } } } }")
    return [node for node in page["notifications"]["nodes"] if node["kind"] == "TASK_OVERDUE"]


async def test_an_overdue_task_is_told_of_once(stack: Stack, user: Client) -> None:
    task = await user.create_task(title="Tax return", dueDate=soon(0.5))
    found = await eventually(lambda: told(user), what="the notification")
    assert [(n["title"], n["task"]["isOverdue"]) for n in found] == [("Tax return", True)]
    assert found[0]["body"].startswith("Overdue: due ")
    await user.mutate("updateTask", "task { id }", id=task["id"], title="Tax return 2026")
    await user.mutate("completeTask", "task { id }", id=task["id"])
    await user.mutate("reopenTask", "task { id }", id=task["id"])
    await stack.settled(user)
    assert len(await told(user)) == 1


async def test_another_due_date_is_told_of_again(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate=soon(0.3))
    await eventually(lambda: told(user), what="the first notification")
    await user.mutate("updateTask", "task { id }", id=task["id"], dueDate=soon(0.3))

    async def twice() -> bool:
        return len(await told(user)) == 2

    await eventually(twice, what="the second notification")
    await stack.settled(user)
    assert await twice()


async def test_what_is_done_deleted_or_past_when_it_was_set_is_not_told_of(stack: Stack, user: Client) -> None:
    done, deleted = await user.create_task(dueDate=soon(0.8)), await user.create_task(dueDate=soon(0.8))
    await user.create_task(dueDate="2026-01-01T00:00:00Z")
    await user.mutate("completeTask", "task { id }", id=done["id"])
    await user.mutate("deleteTask", "task { id }", id=deleted["id"])
    witness = await user.create_task(title="Witness", dueDate=soon(1))
    assert witness["id"]
    assert [n["title"] for n in await eventually(lambda: told(user), what="the witness")] == ["Witness"]
    await stack.settled(user)
    assert [n["title"] for n in await told(user)] == ["Witness"]


async def test_an_all_day_task_is_overdue_when_its_day_is_over(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate="2100-07-01T12:00:00Z", allDay=True, timeZone="Europe/Berlin")
    at = await stack.value("SELECT overdue_at FROM tasks WHERE id = :id", id=int(task["id"]))
    assert at == datetime(2100, 7, 1, 22, tzinfo=UTC)
    async with stack.sessions.begin() as session:
        await session.execute(text("UPDATE tasks SET overdue_at = NULL WHERE id = :id"), {"id": int(task["id"])})
