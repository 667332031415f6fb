"""Tags: created, renamed, recoloured, deleted, and put on tasks by id or by name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from typing import cast as cast_type

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db.direct import run
from db.fetch import Statement, fetch
from db.tags import Tag, TaskTag
from db.tasks import Task, TaskStatus
from domain import task_events
from domain.actors import Actor
from domain.errors import AlreadyExists, Invalid, LimitReached, NotFound
from domain.events import EventType, emit
from domain.values import clean_text, parse_id

MOST_TAGS = 500
MOST_TAGS_PER_TASK = 50
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_DEFAULT_COLOR = "#808080"


class TagChanges(TypedDict, total=False):
    """What updateTag changes; a missing key keeps what is there."""

    name: str | None
    color: str | None


@dataclass(frozen=True, slots=True)
class TagWithCount:
    tag: Tag
    open_tasks: int


async def load(session: AsyncSession, actor: Actor, tag_id: str, *, field: str = "id") -> Tag:
    """The actor's tag. Raises NotFound for a missing and for a stranger's one alike."""
    number = parse_id(tag_id)
    tag = await session.scalar(select(Tag).where(Tag.id == number, Tag.user_id == actor.user_id)) if number else None
    if tag is None:
        raise NotFound("there is no such tag", [field])
    return tag


async def all_tags(session: AsyncSession, actor: Actor) -> list[Tag]:
    """The actor's tags by name."""
    query = select(Tag).where(Tag.user_id == actor.user_id).order_by(func.lower(Tag.name), Tag.id)
    return list(await session.scalars(query))


async def open_task_counts(session: AsyncSession, tag_ids: Sequence[int]) -> dict[int, int]:
    """How many open tasks outside the trash carry each tag; tags without one are left out."""
    rows = await session.execute(
        select(TaskTag.tag_id, func.count())
        .join(Task, Task.id == TaskTag.task_id)
        .where(TaskTag.tag_id.in_(tag_ids), Task.status == TaskStatus.OPEN, Task.deleted_at.is_(None))
        .group_by(TaskTag.tag_id)
    )
    return dict(rows.all())


async def create_tag(session: AsyncSession, actor: Actor, *, name: str, color: str | None) -> Tag:
    text = clean_name(name)
    await _refuse_past_limit(session, actor, adding=1)
    tag: Tag | None = await session.scalar(
        insert(Tag)
        .values(user_id=actor.user_id, name=text, color=_clean_color(color or _DEFAULT_COLOR))
        .on_conflict_do_nothing()
        .returning(Tag)
    )
    if tag is None:
        raise AlreadyExists(f"there is already a tag of the name {text!r}", ["name"])
    return tag


async def update_tag(session: AsyncSession, actor: Actor, tag_id: str, changes: TagChanges, *, now: datetime) -> Tag:
    tag, carriers = await _lock(session, actor, tag_id)
    if "name" in changes:
        name = clean_name(changes["name"] or "")
        if name != tag.name:
            tag.name = name
            try:
                await session.flush()
            except IntegrityError as error:
                raise AlreadyExists(f"there is already a tag of the name {name!r}", ["name"]) from error
            await _bump_and_tell(session, carriers, now=now)
    if "color" in changes:
        tag.color = _clean_color(changes["color"] or "")
    await session.flush()
    return tag


async def delete_tag(session: AsyncSession, actor: Actor, tag_id: str, *, now: datetime) -> int:
    """Takes the tag off all tasks and removes it. Returns its id."""
    tag, _ = await _lock(session, actor, tag_id)
    carriers = await session.scalars(delete(TaskTag).where(TaskTag.tag_id == tag.id).returning(TaskTag.task_id))
    await _bump_and_tell(session, list(carriers), now=now)
    await session.delete(tag)
    await session.flush()
    return tag.id


async def resolve(session: AsyncSession, actor: Actor, *, ids: Sequence[str], names: Sequence[str]) -> list[int]:
    """The ids of the named tags, those of unknown names being created."""
    for field, given in (("tag_ids", ids), ("tag_names", names)):
        if len(given) > MOST_TAGS_PER_TASK:
            raise Invalid(f"a task can have at most {MOST_TAGS_PER_TASK} tags", [field])
    owned = await _owned(session, actor, ids) if ids else set()
    by_name = await _found_or_created(session, actor, [clean_name(name, field="tag_names") for name in names])
    tag_ids = sorted(owned | by_name)
    if len(tag_ids) > MOST_TAGS_PER_TASK:
        raise Invalid(f"a task can have at most {MOST_TAGS_PER_TASK} tags", ["tag_ids"])
    return tag_ids


# One array instead of a parameter for each id: the statement is the same for every page, and prepared once. A page has
# few tags, many times each: a row for each tag is a third of the work of a row for each time.
_of_these = (
    select(TaskTag.tag_id, func.array_agg(TaskTag.task_id).label("task_ids"))
    .where(TaskTag.task_id == any_(bindparam("task_ids", type_=ARRAY(BigInteger))))
    .group_by(TaskTag.tag_id)
    .subquery("of_these")
)
_CARRIED = Statement(
    select(_of_these.c.task_ids, *Tag.__table__.columns)
    .join_from(_of_these, Tag, Tag.id == _of_these.c.tag_id)
    .order_by(func.lower(Tag.name), Tag.id)
)


async def carried(session: AsyncSession, task_ids: Sequence[int]) -> list[tuple[Tag, list[int]]]:
    """The tags by name that any of these tasks carries, to be read only, each with the ids of those that do."""
    rows = await fetch(session, _CARRIED, task_ids=list(task_ids))
    # A plain row goes by the names of a tag's columns, and costs half of what an entity does.
    return [(cast_type("Tag", row), row.task_ids) for row in rows]


async def of_tasks(session: AsyncSession, task_ids: Sequence[int]) -> Mapping[int, list[Tag]]:
    """Each task's tags by name, to be read only; tasks without any are left out."""
    tags: dict[int, list[Tag]] = {}
    for tag, carriers in await carried(session, task_ids):
        for task_id in carriers:
            tags.setdefault(task_id, []).append(tag)
    return tags


def clean_name(name: str, *, field: str = "name") -> str:
    return clean_text(name, field=field, shortest=1, longest=50)


def _clean_color(color: str) -> str:
    if not _COLOR.fullmatch(color):
        raise Invalid("must be a colour of the form #RRGGBB", ["color"])
    return color.upper()


# What is to be put on a task is locked against those who would rename or remove it, so that the task's event says what
# is so. Compared in lower case by the database, as its unique index does: Python's lower() differs for some letters.
_OWNED = Statement(
    text("SELECT id FROM tags WHERE user_id = :user_id AND id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR KEY SHARE")
)
_NAMED = Statement(
    text("""
        SELECT wanted.name, tags.id
          FROM unnest(CAST(:names AS text[])) AS wanted(name)
          JOIN tags ON tags.user_id = :user_id AND lower(tags.name) = lower(wanted.name)
           FOR KEY SHARE OF tags
    """)
)


async def _owned(session: AsyncSession, actor: Actor, ids: Sequence[str]) -> set[int]:
    wanted = {parse_id(tag_id) for tag_id in ids}
    rows = await run(session, _OWNED, user_id=actor.user_id, ids=sorted(wanted - {None}))
    owned: set[int] = {tag_id for (tag_id,) in rows}
    if wanted - owned:
        raise NotFound("there is no such tag", ["tag_ids"])
    return owned


async def _found_or_created(session: AsyncSession, actor: Actor, names: Sequence[str]) -> set[int]:
    if not names:
        return set()
    found = await run(session, _NAMED, user_id=actor.user_id, names=names)
    known = {name for name, _ in found}
    # Of several spellings the first is taken.
    missing = {text.lower(): text for text in reversed(names) if text not in known}
    if missing:
        await _refuse_past_limit(session, actor, adding=len(missing))
        # Sorted, so that two transactions creating the same names wait for each other instead of deadlocking.
        rows = [{"user_id": actor.user_id, "name": text} for _, text in sorted(missing.items())]
        await session.execute(insert(Tag).values(rows).on_conflict_do_nothing())
        found = await run(session, _NAMED, user_id=actor.user_id, names=names)
    return {tag_id for _, tag_id in found}


async def _refuse_past_limit(session: AsyncSession, actor: Actor, *, adding: int) -> None:
    count = await session.scalar(select(func.count()).select_from(Tag).where(Tag.user_id == actor.user_id))
    if (count or 0) + adding > MOST_TAGS:
        raise LimitReached(f"there can be at most {MOST_TAGS} tags")


async def _lock(session: AsyncSession, actor: Actor, tag_id: str) -> tuple[Tag, list[int]]:
    """The actor's tag and the ids of the tasks that carry it, all locked.

    The tasks by id and before the tag, which is the order in which a change of a task locks: no deadlock.
    """
    tag = await load(session, actor, tag_id)
    carried = select(TaskTag.task_id).where(TaskTag.tag_id == tag.id)
    carriers = await session.scalars(select(Task.id).where(Task.id.in_(carried)).order_by(Task.id).with_for_update())
    task_ids = list(carriers)
    again = select(Tag).where(Tag.id == tag.id).with_for_update().execution_options(populate_existing=True)
    if await session.scalar(again) is None:
        raise NotFound("there is no such tag", ["id"])
    return tag, task_ids


async def _bump_and_tell(session: AsyncSession, task_ids: Sequence[int], *, now: datetime) -> None:
    """A tag's change is a change of every task that carries it: their snapshots name their tags."""
    if not task_ids:
        return
    tasks = await session.scalars(
        update(Task)
        .where(Task.id.in_(task_ids))
        .values(version=Task.version + 1, updated_at=now)
        .returning(Task)
        .execution_options(populate_existing=True)
    )
    carriers = list(tasks)
    names = await of_tasks(session, [task.id for task in carriers])
    await emit(
        session,
        [
            task_events.build(
                EventType.TASK_UPDATED,
                task,
                tags=[tag.name for tag in names.get(task.id, [])],
                changes={"tags": [None, [tag.name for tag in names.get(task.id, [])]]},
                now=now,
            )
            for task in carriers
        ],
    )
