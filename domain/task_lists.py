"""Lists of tasks: filter, search, sort, and one page by keyset."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from typing import cast as cast_type

from sqlalchemy import ColumnElement, Date, and_, case, cast, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import keyset
from db.fetch import fetch
from db.keyset import SortKey
from db.tags import Tag, TaskTag
from db.tasks import TITLE_ORDER, Task, TaskStatus
from domain import task_search
from domain.actors import Actor
from domain.errors import Invalid
from domain.values import parse_id

DEEPEST_FILTER, MOST_IN_LIST, LONGEST_TEXT = 5, 100, 200


class TaskSortField(Enum):
    DUE_DATE = "due_date"
    PRIORITY = "priority"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    COMPLETED_AT = "completed_at"
    TITLE = "title"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True)
class TaskSort:
    field: TaskSortField
    descending: bool = False
    nulls_last: bool = True


Comparators = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Conditions that all have to hold. Comparators map an operator's name to its operand, e.g. {"gte": …}."""

    and_: Sequence["TaskFilter"] = ()
    or_: Sequence["TaskFilter"] | None = None
    not_: "TaskFilter | None" = None
    id: Comparators | None = None
    series_id: Comparators | None = None
    status: Comparators | None = None
    priority: Comparators | None = None
    title: Comparators | None = None
    due_date: Comparators | None = None
    created_at: Comparators | None = None
    updated_at: Comparators | None = None
    completed_at: Comparators | None = None
    is_overdue: bool | None = None
    is_recurring: bool | None = None
    # some, every, none: {"id": …, "name": …}; isEmpty: bool
    tags: Comparators | None = None
    in_trash: bool | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`size` rows after (or, going backward, before) the row with these sort values."""

    size: int
    beyond: Sequence[Any] | None = None
    backward: bool = False


@dataclass(frozen=True, slots=True)
class TaskPage:
    rows: list[Task]
    # For each row the values of the sort keys: what its cursor is made of.
    positions: list[list[Any]]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class TaskListing:
    """A whole list, of which pages are taken: its condition and its order."""

    condition: ColumnElement[bool]
    keys: list[SortKey]


def listing(
    actor: Actor, *, where: TaskFilter | None, search: str | None, sort: Sequence[TaskSort], now: datetime
) -> TaskListing:
    conditions = [Task.user_id == actor.user_id, _condition(where or TaskFilter(), now)]
    # Whatever a filter nests, what is in the trash is seen only where the filter's own top asks for it.
    conditions.append(Task.deleted_at.is_not(None) if where and where.in_trash else Task.deleted_at.is_(None))
    query = None
    if search is not None:
        query = task_search.tsquery(task_search.parse(search))
        conditions.append(task_search.matches(query))
    if not sort:
        field = TaskSortField.CREATED_AT if query is None else TaskSortField.RELEVANCE
        sort = [TaskSort(field, descending=True)]
    return TaskListing(and_(*conditions), _sort_keys(sort, query))


async def page(session: AsyncSession, tasks: TaskListing, request: PageRequest) -> TaskPage:
    keys = keyset.reversed_keys(tasks.keys) if request.backward else tasks.keys
    query = _ROWS.where(tasks.condition)
    found = await fetch(session, keyset.page(query, keys, request.beyond, request.size + 1))
    more = len(found) > request.size
    found = found[: request.size]
    if request.backward:
        found = found[::-1]
    came_from_somewhere = request.beyond is not None
    width = len(_COLUMNS)
    return TaskPage(
        # Plain rows go by the names of a task's columns, and cost half of what entities do.
        rows=cast_type("list[Task]", found),
        positions=[list(row[width : width + len(keys)]) for row in found],
        has_next=came_from_somewhere if request.backward else more,
        has_previous=more if request.backward else came_from_somewhere,
    )


async def count(session: AsyncSession, tasks: TaskListing) -> int:
    return await session.scalar(select(func.count()).select_from(Task).where(tasks.condition)) or 0


def sort_signature(sort: Sequence[TaskSort], *, search: bool) -> str:
    """Names a sort: a cursor made under one is refused under another."""
    if not sort:
        return "relevance desc" if search else "created_at desc"
    return ",".join(
        f"{key.field.value} {'desc' if key.descending else 'asc'} {'last' if key.nulls_last else 'first'}"
        for key in sort
    )


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Open and past due; an all-day task is overdue once its day is over in its zone."""
    # Days are compared, not lengths of days: with a change of clocks one has 23 or 25 hours, or no midnight, or two.
    today, day = (cast(func.timezone(Task.time_zone, instant), Date) for instant in (now, Task.due_date))
    past = case((Task.all_day, today > day), else_=Task.due_date <= now)
    # That it was due is implied for all-day tasks, and lets an index on due dates end at now.
    return and_(Task.status == TaskStatus.OPEN, Task.due_date <= now, past)


_COLUMNS = [column for column in Task.__table__.columns if column.name != "search"]
_ROWS = select(*_COLUMNS)
_SORT_COLUMNS: dict[TaskSortField, tuple[Callable[[], ColumnElement[Any]], bool]] = {
    TaskSortField.DUE_DATE: (lambda: Task.due_date.expression, True),
    TaskSortField.PRIORITY: (lambda: Task.priority.expression, False),
    TaskSortField.CREATED_AT: (lambda: Task.created_at.expression, False),
    TaskSortField.UPDATED_AT: (lambda: Task.updated_at.expression, False),
    TaskSortField.COMPLETED_AT: (lambda: Task.completed_at.expression, True),
    TaskSortField.TITLE: (lambda: TITLE_ORDER, False),
}


def _sort_keys(sort: Sequence[TaskSort], query: ColumnElement[str] | None) -> list[SortKey]:
    if len(sort) > len(TaskSortField):
        raise Invalid(f"there can be at most {len(TaskSortField)} sort keys", ["sort"])
    if len({key.field for key in sort}) != len(sort):
        raise Invalid("each field can be sorted by only once", ["sort"])
    keys: list[SortKey] = []
    for key in sort:
        if key.field is TaskSortField.RELEVANCE:
            if query is None:
                raise Invalid("RELEVANCE needs a search", ["sort"])
            column, nullable = task_search.rank(query), False
        else:
            make, nullable = _SORT_COLUMNS[key.field]
            column = make()
        keys.append(SortKey(column, key.descending, nullable, key.nulls_last))
    # The id makes the order total. It runs the way of the first key, so that one index serves both.
    return [*keys, SortKey(Task.id.expression, keys[0].descending)]


def _condition(where: TaskFilter, now: datetime, depth: int = 1) -> ColumnElement[bool]:
    if depth > DEEPEST_FILTER:
        raise Invalid(f"must not nest deeper than {DEEPEST_FILTER}", ["filter"])
    if len(where.and_) > MOST_IN_LIST or len(where.or_ or ()) > MOST_IN_LIST:
        raise Invalid(f"must not have more than {MOST_IN_LIST} alternatives", ["filter"])
    parts: list[ColumnElement[bool]] = [_condition(part, now, depth + 1) for part in where.and_]
    if where.or_ is not None:
        parts.append(or_(false(), *(_condition(part, now, depth + 1) for part in where.or_)))
    if where.not_ is not None:
        parts.append(not_(func.coalesce(_condition(where.not_, now, depth + 1), False)))
    for column, comparators in (
        (Task.id, _numbers(where.id)),
        (Task.series_id, _numbers(where.series_id)),
        (Task.status, where.status),
        (Task.priority, where.priority),
        (Task.due_date, where.due_date),
        (Task.created_at, where.created_at),
        (Task.updated_at, where.updated_at),
        (Task.completed_at, where.completed_at),
    ):
        parts += [_compare(column.expression, name, operand) for name, operand in (comparators or {}).items()]
    parts += [_compare_text(Task.title.expression, name, text) for name, text in (where.title or {}).items()]
    if where.is_overdue is not None:
        parts.append(is_overdue(now) if where.is_overdue else not_(func.coalesce(is_overdue(now), False)))
    if where.is_recurring is not None:
        parts.append(Task.is_recurring.is_(where.is_recurring))
    parts += [_tag_condition(name, operand) for name, operand in (where.tags or {}).items()]
    return and_(*parts) if parts else Task.id.is_not(None)


def _numbers(comparators: Comparators | None) -> Comparators | None:
    """Ids as numbers. Text that can be nobody's id matches nothing, as -1 does."""
    if comparators is None:
        return None
    return {
        name: [parse_id(item) or -1 for item in operand] if name == "in" else parse_id(operand) or -1
        for name, operand in comparators.items()
    }


_COMPARE: dict[str, Callable[[ColumnElement[Any], Any], ColumnElement[bool]]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "isNull": lambda column, wanted: column.is_(None) if wanted else column.is_not(None),
    "in": lambda column, values: column.in_(values),
}
_TEXT_PATTERNS = {"contains": "%{}%", "startsWith": "{}%"}


def _compare(column: ColumnElement[Any], name: str, operand: Any) -> ColumnElement[bool]:
    if name == "in" and len(operand) > MOST_IN_LIST:
        raise Invalid(f"must not list more than {MOST_IN_LIST} values", ["filter"])
    return _COMPARE[name](column, operand)


def _compare_text(column: ColumnElement[Any], name: str, text: str) -> ColumnElement[bool]:
    if "\x00" in text or len(text) > LONGEST_TEXT:
        raise Invalid(f"must have at most {LONGEST_TEXT} characters and no NUL", ["filter"])
    # Both sides in lower case by the database: Python's lower() differs from it, for one in the last letter of ΟΔΟΣ.
    if name == "eq":
        return func.lower(column) == func.lower(text)
    plain = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return func.lower(column).like(func.lower(_TEXT_PATTERNS[name].format(plain)), escape="/")


def _tag_condition(name: str, operand: Any) -> ColumnElement[bool]:
    carried = (
        select(TaskTag.tag_id)
        .join(Tag, Tag.id == TaskTag.tag_id)
        .where(TaskTag.task_id == Task.id, Tag.user_id == Task.user_id)
    )
    if name == "isEmpty":
        has_any = carried.exists()
        return not_(has_any) if operand else has_any
    parts = [_compare(Tag.id.expression, op, value) for op, value in (_numbers(operand.get("id")) or {}).items()]
    parts += [_compare_text(Tag.name.expression, op, value) for op, value in (operand.get("name") or {}).items()]
    fits = and_(*parts) if parts else Tag.id.is_not(None)
    if name == "some":
        return carried.where(fits).exists()
    # Every tag fits where there is none that does not.
    return not_(carried.where(fits if name == "none" else not_(fits)).exists())
