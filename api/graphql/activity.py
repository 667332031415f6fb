"""Activity in the schema: the audit log as its user sees it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from api.graphql.connections import PageInfo, given, page_info, page_size
from api.graphql.context import Context, Info
from api.graphql.scalars import Json
from api.graphql.selection import Selection, node_selection, selected
from domain import activity
from domain.activity import ActivityPage
from domain.errors import Invalid

if TYPE_CHECKING:
    from api.graphql.tasks import Task

First = Annotated[int | None, strawberry.argument(description="How many, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor to go on after.")]


@strawberry.type(description="One thing that happened to a task.")
class Activity:
    id: strawberry.ID = strawberry.field(description="A plain integer.")
    event_id: UUID = strawberry.field(description="The id of the event it was written from.")
    event_type: str = strawberry.field(description="What happened, such as task.created or task.completed.")
    task_id: strawberry.ID = strawberry.field(description="The task it happened to.")
    task: Annotated["Task", strawberry.lazy("api.graphql.tasks")] | None = strawberry.field(
        description="That task as it is now; null when it has been purged."
    )
    at: datetime = strawberry.field(description="When it happened.")
    changes: Json = strawberry.field(description='What changed, from and to, such as {"priority": ["none", "high"]}.')


@strawberry.type(description="An activity and its place in the list.")
class ActivityEdge:
    cursor: str = strawberry.field(description="Where it lies in the list.")
    node: Activity = strawberry.field(description="The activity.")


@strawberry.type(description="A page of activities, newest first.")
class ActivityConnection:
    edges: list[ActivityEdge] = strawberry.field(description="The activities with their cursors.")
    nodes: list[Activity] = strawberry.field(description="The activities.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")


async def resolve_activity(info: Info, first: First = 50, after: After = strawberry.UNSET) -> ActivityConnection:
    from api.graphql.tasks import tasks_by_id  # noqa: PLC0415 - activity and tasks show each other

    context = info.context
    list_name = f"activity/{context.actor.user_id}"
    size, after_id = page_size(first), read_after(context, list_name, given(after))
    wanted = selected(info)
    task_wanted = node_selection(wanted).get("task")
    async with context.reading() as session:
        page = await activity.page(session, context.actor, first=size, after_id=after_id)
        ids = [row.task_id for row in page.rows]
        tasks = await tasks_by_id(session, context, ids, task_wanted) if task_wanted else {}
    return connection(context, list_name, page, tasks, is_first=after_id is None)


async def activity_of_task(
    root: strawberry.Parent[Annotated["Task", strawberry.lazy("api.graphql.tasks")]],
    info: Info,
    first: First = 50,
    after: After = strawberry.UNSET,
) -> ActivityConnection:
    """The activity of one task; for all tasks of a list together with one statement."""
    context = info.context
    list_name = f"activity/{context.actor.user_id}/of tasks"
    size, after_id = page_size(first), read_after(context, list_name, given(after))
    # What is asked for of the task below its activity may be more than was asked for of the task above it.
    task_wanted = node_selection(selected(info)).get("task", {})
    page, tasks = await _loader(context, size, after_id, task_wanted).load(int(root.id))
    return connection(context, list_name, page, tasks, is_first=after_id is None)


def read_after(context: Context, list_name: str, after: str | None) -> int | None:
    """The id in a cursor of a list that is sorted by id alone."""
    if after is None:
        return None
    values = context.cursors.read(list_name, after, field="after")
    if len(values) != 1 or not isinstance(values[0], int):
        raise Invalid("is not a cursor of this list", ["after"])
    return values[0]


def connection(
    context: Context, list_name: str, page: ActivityPage, tasks: dict[int, "Task"], *, is_first: bool
) -> ActivityConnection:
    cursors = [context.cursors.write(list_name, [row.id]) for row in page.rows]
    nodes = [
        Activity(
            id=strawberry.ID(str(row.id)),
            event_id=row.event_id,
            event_type=row.event_type,
            task_id=strawberry.ID(str(row.task_id)),
            task=tasks.get(row.task_id),
            at=row.at,
            changes=Json(row.data.get("changes") or {}),
        )
        for row in page.rows
    ]
    return ActivityConnection(
        edges=[ActivityEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, has_next=page.has_next, has_previous=not is_first),
    )


def _loader(
    context: Context, first: int, after_id: int | None, task_wanted: Selection
) -> DataLoader[int, tuple[ActivityPage, dict[int, "Task"]]]:
    from api.graphql.tasks import tasks_by_id  # noqa: PLC0415 - activity and tasks show each other

    async def load(task_ids: list[int]) -> list[tuple[ActivityPage, dict[int, "Task"]]]:
        async with context.reading() as session:
            pages = await activity.pages_of_tasks(session, context.actor, task_ids, first=first, after_id=after_id)
            tasks = await tasks_by_id(session, context, task_ids, task_wanted) if task_wanted else {}
        return [(pages[task_id], tasks) for task_id in task_ids]

    key = ("activity", first, after_id, repr(task_wanted))
    if key not in context.loaders:
        context.loaders[key] = DataLoader(load)
    return context.loaders[key]
