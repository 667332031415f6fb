"""The root fields that read tasks: one, or a page of a list."""

from typing import Annotated, Any

import strawberry

from api.graphql.connections import PageInfo, given, page_info, page_size
from api.graphql.context import Context, Info
from api.graphql.selection import given_arguments, node_selection, selected
from api.graphql.task_inputs import (
    TaskFilterInput,
    TaskSortInput,
    task_filter,
    task_sorts,
)
from api.graphql.tasks import Task, columns_for, task_out, tasks_out
from domain import task_lists, tasks
from domain.errors import Invalid
from domain.task_lists import PageRequest


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
    words = given(search)
    listing = task_lists.listing(
        context.actor, where=task_filter(filter or None), search=words, sort=sorts, now=context.now
    )
    list_name = f"tasks/{context.actor.user_id}/{task_lists.sort_signature(sorts, search=words is not None)}"
    request = _page_request(
        context,
        list_name,
        given_arguments(info),
        first=first,
        after=given(after),
        last=given(last),
        before=given(before),
    )
    wanted = selected(info)
    of_task = node_selection(wanted)
    async with context.reading() as session:
        page = await task_lists.page(session, listing, request, columns_for(of_task))
        total = await task_lists.count(session, listing) if "totalCount" in wanted else 0
        nodes = await tasks_out(session, context, page.rows, of_task)
    # Cursors are signed one by one: all of them for edges only, else those of the first and the last row.
    shown = page.positions if "edges" in wanted else [*page.positions[:1], *page.positions[1:][-1:]]
    cursors = [context.cursors.write(list_name, position) for position in shown]
    return TaskConnection(
        edges=[TaskEdge(cursor=c, node=n) for c, n in zip(cursors, nodes, strict=True)] if "edges" in wanted else [],
        nodes=nodes,
        page_info=page_info(cursors, has_next=page.has_next, has_previous=page.has_previous),
        total_count=total,
    )


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
