"""Tags in the schema."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql.context import Info, Input, change
from api.graphql.errors import UserError
from api.graphql.scalars import Color
from api.graphql.selection import Selection, selected
from db.tags import Tag as TagRow
from domain import tags
from domain.errors import NotFound
from domain.tags import TagChanges

TagId = Annotated[strawberry.ID, strawberry.argument(description="The tag.")]


@strawberry.type(description="A label of the user's own that tasks can carry.")
class Tag:
    id: strawberry.ID = strawberry.field(description="A plain integer.")
    name: str = strawberry.field(description="1 to 50 characters, unique per user ignoring case.")
    color: Color = strawberry.field(description="The colour it is shown in.")
    open_task_count: int = strawberry.field(description="How many open tasks carry it, the trash left out.")
    created_at: datetime = strawberry.field(description="When it was created.")


@strawberry.input(description="A new tag.")
class CreateTagInput:
    name: str = strawberry.field(description="1 to 50 characters, unique ignoring case.")
    color: Color | None = strawberry.field(default=Color("#808080"), description="The colour it is shown in.")


@strawberry.input(description="Changes to a tag. A field left out is kept.")
class UpdateTagInput:
    id: strawberry.ID = strawberry.field(description="The tag to change.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="A new name; cannot be empty.")
    color: strawberry.Maybe[Color | None] = strawberry.field(description="A new colour; cannot be empty.")


@strawberry.type(description="The outcome of createTag.")
class CreateTagPayload:
    tag: Tag | None = strawberry.field(description="The new tag; null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Expected failures; empty on success.")


@strawberry.type(description="The outcome of updateTag.")
class UpdateTagPayload:
    tag: Tag | None = strawberry.field(description="The changed tag; null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Expected failures; empty on success.")


@strawberry.type(description="The outcome of deleteTag.")
class DeleteTagPayload:
    deleted_id: strawberry.ID | None = strawberry.field(description="The id of the tag that is gone.")
    errors: list[UserError] = strawberry.field(description="Expected failures; empty on success.")


def tag_out(tag: TagRow, open_tasks: int = 0) -> Tag:
    return Tag(
        id=strawberry.ID(str(tag.id)),
        name=tag.name,
        color=Color(tag.color),
        open_task_count=open_tasks,
        created_at=tag.created_at,
    )


async def tags_out(session: AsyncSession, rows: list[TagRow], wanted: Selection) -> list[Tag]:
    counts = await tags.open_task_counts(session, [tag.id for tag in rows]) if "openTaskCount" in wanted else {}
    return [tag_out(tag, counts.get(tag.id, 0)) for tag in rows]


async def resolve_tags(info: Info) -> list[Tag]:
    async with info.context.reading() as session:
        rows = await tags.all_tags(session, info.context.actor)
        return await tags_out(session, rows, selected(info))


async def resolve_tag(info: Info, id: TagId) -> Tag | None:  # noqa: A002 - the contract's name
    async with info.context.reading() as session:
        try:
            tag = await tags.load(session, info.context.actor, id)
        except NotFound:
            return None
        return (await tags_out(session, [tag], selected(info)))[0]


async def create_tag(info: Info, input: Input[CreateTagInput]) -> CreateTagPayload:  # noqa: A002 - the contract's name
    async def work(session: AsyncSession) -> Tag:
        tag = await tags.create_tag(session, info.context.actor, name=input.name, color=input.color)
        return tag_out(tag)

    tag, errors = await change(info, work)
    return CreateTagPayload(tag=tag, errors=errors)


async def update_tag(info: Info, input: Input[UpdateTagInput]) -> UpdateTagPayload:  # noqa: A002 - the contract's name
    changes: TagChanges = {}
    if input.name is not None:
        changes["name"] = input.name.value
    if input.color is not None:
        changes["color"] = input.color.value
    wanted = selected(info, "tag")

    async def work(session: AsyncSession) -> Tag:
        tag = await tags.update_tag(session, info.context.actor, input.id, changes, now=datetime.now(UTC))
        return (await tags_out(session, [tag], wanted))[0]

    tag, errors = await change(info, work)
    return UpdateTagPayload(tag=tag, errors=errors)


async def delete_tag(info: Info, id: TagId) -> DeleteTagPayload:  # noqa: A002 - the contract's name
    async def work(session: AsyncSession) -> strawberry.ID:
        gone = await tags.delete_tag(session, info.context.actor, id, now=datetime.now(UTC))
        return strawberry.ID(str(gone))

    deleted, errors = await change(info, work, within=None)
    return DeleteTagPayload(deleted_id=deleted, errors=errors)


async def tags_of_tasks(session: AsyncSession, task_ids: list[int], wanted: Selection) -> dict[int, list[Tag]]:
    """The tags of a page of tasks with one statement, one more if their counts are asked for."""
    carried = await tags.carried(session, task_ids)
    shown = await tags_out(session, [tag for tag, _ in carried], wanted)
    by_task: dict[int, list[Tag]] = {}
    for tag, (_, carriers) in zip(shown, carried, strict=True):
        for task_id in carriers:
            by_task.setdefault(task_id, []).append(tag)
    return by_task
