"""The root fields of tasks: read one or a page, create, change, complete, reopen, delete."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql.connections import PageInfo, page_info, page_size
from api.graphql.context import Context, Info, change
from api.graphql.errors import UserError
from api.graphql.selection import Selection, given_arguments, selected
from api.graphql.task_inputs import (
    CreateTaskInput,
    TaskFilterInput,
    TaskRef,
    TaskSortInput,
    UpdateTaskInput,
    new_task,
    task_changes,
    task_filter,
    task_sorts,
)
from api.graphql.tasks import Task, task_out, tasks_out
from db.tasks import Task as TaskRow
from domain import task_lists, tasks
from domain.errors import Invalid
from domain.task_lists import PageRequest

ERRORS = "Expected failures; empty on success."


@strawberry.type(description="A task and its place in the list.")
class TaskEdge:
    cursor: str = strawberry.field(description="Where it lies in the list; good for the same sort only.")
    node: Task = strawberry.field(description="The task.")


@strawberry.type(description="A page of tasks.")
class TaskConnection:
    edges: list[TaskEdge] = strawberry.field(description="The tasks with their cursors.")
    nodes: list[Task] = strawberry.field(description="The tasks.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int = strawberry.field(description="How many there are on all pages; costs a query where selected.")


@strawberry.type(description="The outcome of createTask.")
class CreateTaskPayload:
    task: Task | None = strawberry.field(description="The new task; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of updateTask.")
class UpdateTaskPayload:
    task: Task | None = strawberry.field(description="The changed task; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of completeTask.")
class CompleteTaskPayload:
    task: Task | None = strawberry.field(description="The completed task; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of reopenTask.")
class ReopenTaskPayload:
    task: Task | None = strawberry.field(description="The open task; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of deleteTask.")
class DeleteTaskPayload:
    task: Task | None = strawberry.field(description="The task, now in the trash; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


async def resolve_task(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The task.")],  # noqa: A002 - the contract's name
) -> Task | None:
    async with info.context.reading() as session:
        row = await tasks.load(session, info.context.actor, id)
        return None if row is None else await task_out(session, info.context, row, selected(info))


async def resolve_tasks(
    info: Info,
    filter: Annotated[  # noqa: A002 - the contract's name
        TaskFilterInput | None,
        strawberry.argument(description="Which tasks; outside the trash unless it says so."),
    ] = strawberry.UNSET,
    search: Annotated[
        str | None,
        strawberry.argument(
            description='Words over title and description, ignoring case; the last also as a beginning, "phrases", '
            "-excluded words."
        ),
    ] = strawberry.UNSET,
    sort: Annotated[
        list[TaskSortInput] | None,
        strawberry.argument(description="Default: CREATED_AT DESC, with search RELEVANCE DESC."),
    ] = strawberry.UNSET,
    first: Annotated[int | None, strawberry.argument(description="How many from the start, 1 to 100.")] = 50,
    after: Annotated[str | None, strawberry.argument(description="The cursor to go on after.")] = strawberry.UNSET,
    last: Annotated[
        int | None, strawberry.argument(description="How many from the end, 1 to 100; not with first.")
    ] = strawberry.UNSET,
    before: Annotated[str | None, strawberry.argument(description="The cursor to go back from.")] = strawberry.UNSET,
) -> TaskConnection:
    context = info.context
    sorts = task_sorts(sort or None)
    words = None if search is strawberry.UNSET else search
    listing = task_lists.listing(
        context.actor, where=task_filter(filter or None), search=words, sort=sorts, now=context.now
    )
    list_name = f"tasks/{context.actor.user_id}/{task_lists.sort_signature(sorts, search=words is not None)}"
    request = _page_request(
        context,
        list_name,
        given_arguments(info),
        first=first,
        after=after or None,
        last=last or None,
        before=before or None,
    )
    wanted = selected(info)
    async with context.reading() as session:
        page = await task_lists.page(session, listing, request)
        total = await task_lists.count(session, listing) if "totalCount" in wanted else 0
        nodes = await tasks_out(session, context, page.rows, _node_selection(wanted))
    cursors = [context.cursors.write(list_name, position) for position in page.positions]
    return TaskConnection(
        edges=[TaskEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, has_next=page.has_next, has_previous=page.has_previous),
        total_count=total,
    )


async def create_task(info: Info, input: CreateTaskInput) -> CreateTaskPayload:  # noqa: A002 - the contract's name
    new = new_task(input)
    task, errors = await _change(
        info, lambda session, now: tasks.create_task(session, info.context.actor, new, now=now)
    )
    return CreateTaskPayload(task=task, errors=errors)


async def update_task(info: Info, input: UpdateTaskInput) -> UpdateTaskPayload:  # noqa: A002 - the contract's name
    changes = task_changes(input)
    task, errors = await _change(
        info,
        lambda session, now: tasks.update_task(
            session,
            info.context.actor,
            input.id,
            changes,
            expected_version=input.expected_version or None,
            now=now,
        ),
    )
    return UpdateTaskPayload(task=task, errors=errors)


async def complete_task(info: Info, input: TaskRef) -> CompleteTaskPayload:  # noqa: A002 - the contract's name
    task, errors = await _change_ref(info, input, tasks.complete_task)
    return CompleteTaskPayload(task=task, errors=errors)


async def reopen_task(info: Info, input: TaskRef) -> ReopenTaskPayload:  # noqa: A002 - the contract's name
    task, errors = await _change_ref(info, input, tasks.reopen_task)
    return ReopenTaskPayload(task=task, errors=errors)


async def delete_task(info: Info, input: TaskRef) -> DeleteTaskPayload:  # noqa: A002 - the contract's name
    task, errors = await _change_ref(info, input, tasks.delete_task)
    return DeleteTaskPayload(task=task, errors=errors)


async def _change_ref(
    info: Info, ref: TaskRef, use_case: Callable[..., Awaitable[TaskRow]]
) -> tuple[Task | None, list[UserError]]:
    version = None if ref.expected_version is strawberry.UNSET else ref.expected_version
    return await _change(
        info,
        lambda session, now: use_case(session, info.context.actor, ref.id, expected_version=version, now=now),
    )


async def _change(
    info: Info, use_case: Callable[[AsyncSession, datetime], Awaitable[TaskRow]]
) -> tuple[Task | None, list[UserError]]:
    """Runs a use-case that gives a task, and loads what was asked for of it in the same transaction."""
    wanted = selected(info, "task")

    async def work(session: AsyncSession) -> Task:
        row = await use_case(session, datetime.now(UTC))
        return await task_out(session, info.context, row, wanted)

    return await change(info, work)


def _node_selection(wanted: Selection) -> Selection:
    """What is asked for of the tasks, whether as nodes or in edges."""
    return _merged(wanted.get("nodes", {}), wanted.get("edges", {}).get("node", {}))


def _merged(one: Selection, other: Selection) -> Selection:
    return {
        name: _merged(one.get(name, {}), other.get(name, {})) for name in [*one, *(n for n in other if n not in one)]
    }


def _page_request(
    context: Context,
    list_name: str,
    given: set[str],
    *,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> PageRequest:
    backward = last is not None or before is not None
    if backward and (after is not None or ("first" in given and first is not None)):
        raise Invalid("cannot be used together with last or before", ["after" if after is not None else "first"])

    def read(cursor: str | None, field: str) -> list[Any] | None:
        return None if cursor is None else context.cursors.read(list_name, cursor, field=field)

    if backward:
        return PageRequest(page_size(last, field="last"), read(before, "before"), backward=True)
    return PageRequest(page_size(first), read(after, "after"))
