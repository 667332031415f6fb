"""Notifications in the schema."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql import enums  # noqa: F401 - makes the enums below enums of the schema
from api.graphql.activity import After, First, read_after
from api.graphql.connections import PageInfo, given, page_info, page_size
from api.graphql.context import Info, change
from api.graphql.errors import ERRORS, UserError
from api.graphql.selection import node_selection, selected
from api.graphql.tasks import Task, tasks_by_id
from domain import notifications
from domain.notifications import NotificationKind


@strawberry.type(description="Something the user was told.")
class Notification:
    id: strawberry.ID = strawberry.field(description="A plain integer.")
    kind: NotificationKind = strawberry.field(description="What it tells of.")
    title: str = strawberry.field(description="The task's title at that time.")
    body: str = strawberry.field(description="One sentence more.")
    task: Task | None = strawberry.field(description="The task, as it is now; null when it has been purged.")
    created_at: datetime = strawberry.field(description="When it was made.")
    read_at: datetime | None = strawberry.field(description="When it was marked as read.")


@strawberry.type(description="A notification and its place in the list.")
class NotificationEdge:
    cursor: str = strawberry.field(description="Where it lies in the list.")
    node: Notification = strawberry.field(description="The notification.")


@strawberry.type(description="A page of notifications, newest first.")
class NotificationConnection:
    edges: list[NotificationEdge] = strawberry.field(description="The notifications with their cursors.")
    nodes: list[Notification] = strawberry.field(description="The notifications.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int = strawberry.field(description="How many there are on all pages; costs a query where selected.")


async def resolve_notifications(
    info: Info,
    unread_only: Annotated[bool | None, strawberry.argument(description="Leave out what has been read.")] = False,
    first: First = 50,
    after: After = strawberry.UNSET,
) -> NotificationConnection:
    context = info.context
    unread = bool(unread_only)
    list_name = f"notifications/{context.actor.user_id}/{unread}"
    size, after_id = page_size(first), read_after(context, list_name, given(after))
    wanted = selected(info)
    task_wanted = node_selection(wanted).get("task")
    async with context.reading() as session:
        page = await notifications.page(session, context.actor, unread_only=unread, first=size, after_id=after_id)
        total = await notifications.count(session, context.actor, unread_only=unread) if "totalCount" in wanted else 0
        ids = [row.task_id for row in page.rows]
        tasks = await tasks_by_id(session, context, ids, task_wanted) if task_wanted else {}
    nodes = [
        Notification(
            id=strawberry.ID(str(row.id)),
            kind=NotificationKind(row.kind),
            title=row.title,
            body=row.body,
            task=tasks.get(row.task_id) if row.task_id is not None else None,
            created_at=row.created_at,
            read_at=row.read_at,
        )
        for row in page.rows
    ]
    cursors = [context.cursors.write(list_name, [row.id]) for row in page.rows]
    return NotificationConnection(
        edges=[NotificationEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, has_next=page.has_next, has_previous=after_id is not None),
        total_count=total,
    )


async def resolve_unread_count(info: Info) -> int:
    async with info.context.reading() as session:
        return await notifications.count(session, info.context.actor, unread_only=True)


@strawberry.type(description="The outcome of markNotificationsRead.")
class MarkNotificationsReadPayload:
    count: int = strawberry.field(description="How many were unread before.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


async def mark_read(
    info: Info,
    ids: Annotated[
        list[strawberry.ID] | None, strawberry.argument(description="Which, at most 100; or else all.")
    ] = strawberry.UNSET,
    all: Annotated[  # noqa: A002 - the contract's name
        bool | None, strawberry.argument(description="All of them; or else ids.")
    ] = strawberry.UNSET,
) -> MarkNotificationsReadPayload:
    async def work(session: AsyncSession) -> int:
        return await notifications.mark_read(
            session, info.context.actor, ids=given(ids), everything=bool(given(all)), now=datetime.now(UTC)
        )

    count, errors = await change(info, work, within=None)
    return MarkNotificationsReadPayload(count=count or 0, errors=errors)
