"""Many tasks at once, all or nothing: one refusal undoes the whole call."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypedDict

from sqlalchemy.ext.asyncio import AsyncSession

from db.tasks import Priority, Task
from domain import tags, task_status, tasks
from domain.actors import Actor
from domain.errors import Invalid, NotFound, Refusal
from domain.tasks import TaskChanges
from domain.values import parse_id

MOST_AT_ONCE = 100


class BulkChanges(TypedDict, total=False):
    """What updateTasks changes in each task; a missing key keeps what is there."""

    priority: Priority | None
    due_date: datetime | None
    add_tag_ids: Sequence[str]
    remove_tag_ids: Sequence[str]


async def complete_tasks(session: AsyncSession, actor: Actor, ids: Sequence[str], *, now: datetime) -> list[Task]:
    return await _each(
        ids, lambda task_id: task_status.complete_task(session, actor, task_id, expected_version=None, now=now)
    )


async def delete_tasks(session: AsyncSession, actor: Actor, ids: Sequence[str], *, now: datetime) -> list[Task]:
    return await _each(
        ids, lambda task_id: task_status.delete_task(session, actor, task_id, expected_version=None, now=now)
    )


async def update_tasks(
    session: AsyncSession, actor: Actor, ids: Sequence[str], changes: BulkChanges, *, now: datetime
) -> list[Task]:
    added = await _owned_tags(session, actor, changes.get("add_tag_ids", ()), field="add_tag_ids")
    removed = await _owned_tags(session, actor, changes.get("remove_tag_ids", ()), field="remove_tag_ids")

    async def update(task_id: str) -> Task:
        each: TaskChanges = {}
        if "priority" in changes:
            each["priority"] = changes["priority"]
        if "due_date" in changes:
            each["due_date"] = changes["due_date"]
        if added or removed:
            number = parse_id(task_id) or 0
            carried = [str(tag.id) for tag in (await tags.of_tasks(session, [number])).get(number, [])]
            each["tag_ids"] = sorted({*carried, *added} - removed)
        return await tasks.update_task(session, actor, task_id, each, expected_version=None, now=now)

    return await _each(ids, update)


async def _owned_tags(session: AsyncSession, actor: Actor, ids: Sequence[str], *, field: str) -> set[str]:
    return {str((await tags.load(session, actor, tag_id, field=field)).id) for tag_id in dict.fromkeys(ids)}


async def _each(ids: Sequence[str], change: Callable[[str], Awaitable[Task]]) -> list[Task]:
    """Changes the tasks in the order of their ids, so that two such calls cannot deadlock; answers as named."""
    distinct = list(dict.fromkeys(ids))
    if not distinct:
        raise Invalid("must name at least one task", ["ids"])
    if len(distinct) > MOST_AT_ONCE:
        raise Invalid(f"must name at most {MOST_AT_ONCE} tasks", ["ids"])
    numbers = {task_id: parse_id(task_id) for task_id in distinct}
    if None in numbers.values():
        raise NotFound("there is no such task", ["ids"])
    done: dict[str, Task] = {}
    for task_id in sorted(distinct, key=lambda each: numbers[each] or 0):
        try:
            done[task_id] = await change(task_id)
        except Refusal as refusal:
            path = ["ids"] if refusal.path in {("id",), ()} else refusal.path
            raise type(refusal)(f"{refusal.message} (task {task_id})", path) from refusal
    return [done[task_id] for task_id in distinct]
