"""Lists of tasks: filter, search, sort, and one page by keyset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any
from typing import cast as cast_type

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import keyset
from db.fetch import Statement, fetch
from db.keyset import SortKey
from db.tasks import TITLE_ORDER, Task
from domain import task_filters, task_search
from domain.actors import Actor
from domain.errors import Invalid
from domain.task_filters import ByTitle, Shape, TaskFilter, Values

# What a page has of each task, unless less is asked for; nobody reads the text that is searched.
ALL_COLUMNS = tuple(column.name for column in Task.__table__.columns if column.name != "search")
# The statements of filters with more than this are seldom asked again, and large. The others take 22 to 42 KB each.
MOST_KEPT_CONDITIONS, MOST_KEPT_STATEMENTS = 40, 300
# Where nobody can tell how many tasks fit, so many are looked at in the order of the list first: 0.3 ms.
NEAREST = 400


class TaskSortField(Enum):
    DUE_DATE = "due_date"
    PRIORITY = "priority"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    COMPLETED_AT = "completed_at"
    TITLE = "title"
    # Cursors hold these names: this one is not that of another order, which an earlier release had.
    RELEVANCE = "relevance, newest"


@dataclass(frozen=True, slots=True)
class TaskSort:
    field: TaskSortField
    descending: bool = False
    nulls_last: bool = True


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
class _Form:
    """What the statements of a list are written from; the same for many lists, which differ in their values."""

    where: Shape
    in_trash: bool
    search: Shape | None
    sort: tuple[TaskSort, ...]

    @property
    def keys(self) -> int:
        """How many values the place of a row has: see _sort_keys."""
        return len(self.sort) + (2 if self.sort[-1].field is TaskSortField.RELEVANCE else 1)


@dataclass(frozen=True, slots=True)
class TaskListing:
    """A whole list, of which pages are taken. Large ones are `rare`: their statements are not kept."""

    form: _Form
    values: dict[str, Any]
    rare: bool


def listing(
    actor: Actor, *, where: TaskFilter | None, search: str | None, sort: Sequence[TaskSort], now: datetime
) -> TaskListing:
    where, values = where or TaskFilter(), Values({"user_id": actor.user_id, "now": now})
    terms = None if search is None else task_search.shape(search, values)
    if not sort:
        field = TaskSortField.CREATED_AT if terms is None else TaskSortField.RELEVANCE
        sort = [TaskSort(field, descending=True)]
    _check_sort(sort, has_search=terms is not None)
    # Whatever a filter nests, what is in the trash is seen only where the filter's own top asks for it.
    form = _Form(task_filters.shape(where, values), bool(where.in_trash), terms, tuple(sort))
    return TaskListing(form, values.named, values.conditions > MOST_KEPT_CONDITIONS)


async def page(
    session: AsyncSession, tasks: TaskListing, request: PageRequest, columns: tuple[str, ...] = ALL_COLUMNS
) -> TaskPage:
    """A page, its rows with these columns of a task."""
    write = _page_statement.__wrapped__ if tasks.rare else _page_statement
    beyond = None if request.beyond is None else tuple(value is None for value in request.beyond)
    statement = write(tasks.form, columns, beyond, backward=request.backward)
    places = {_place(number): value for number, value in enumerate(request.beyond or ())}
    found = await fetch(session, statement, **tasks.values, **places, limit=request.size + 1)
    more = len(found) > request.size
    found = found[: request.size]
    if request.backward:
        found = found[::-1]
    came_from_somewhere = request.beyond is not None
    first_key, last_key = len(columns), len(columns) + tasks.form.keys
    return TaskPage(
        # Plain rows go by the names of a task's columns, and cost half of what entities do.
        rows=cast_type("list[Task]", found),
        positions=[list(row[first_key:last_key]) for row in found],
        has_next=came_from_somewhere if request.backward else more,
        has_previous=more if request.backward else came_from_somewhere,
    )


async def count(session: AsyncSession, tasks: TaskListing) -> int:
    write = _count_statement.__wrapped__ if tasks.rare else _count_statement
    [(number,)] = await fetch(session, write(tasks.form), **tasks.values)
    return int(number)


def sort_signature(sort: Sequence[TaskSort], *, search: bool) -> str:
    """Names a sort: a cursor made under one is refused under another."""
    if not sort:
        return "relevance, newest desc" if search else "created_at desc"
    return ",".join(
        f"{key.field.value} {'desc' if key.descending else 'asc'} {'last' if key.nulls_last else 'first'}"
        for key in sort
    )


@lru_cache(maxsize=MOST_KEPT_STATEMENTS)
def _page_statement(
    form: _Form, columns: tuple[str, ...], beyond: tuple[bool, ...] | None, *, backward: bool
) -> Statement:
    """`beyond` says of each value of the row to go on from whether it is null, which decides what has to be read."""
    keys = keyset.reversed_keys(_sort_keys(form)) if backward else _sort_keys(form)
    places = (
        None
        if beyond is None
        else [
            None if is_null else bindparam(_place(number), type_=key.column.type)
            for number, (key, is_null) in enumerate(zip(keys, beyond, strict=True))
        ]
    )
    limit = bindparam("limit", type_=Integer())
    query = select(*(Task.__table__.columns[name] for name in columns))
    # The index of titles has what is listed only.
    titles = None if form.in_trash else task_filters.by_title(form.where)
    whole = keyset.page(query.where(*_all_conditions(form, titles)), keys, places, limit)
    is_guess = not form.in_trash and len(form.sort) == 1 and (form.search is not None or titles is not None)
    if backward or not is_guess:
        return Statement(whole)
    return Statement(keyset.if_full(_near(form, titles, query, keys, places, limit), whole, limit))


@lru_cache(maxsize=MOST_KEPT_STATEMENTS)
def _count_statement(form: _Form) -> Statement:
    titles = None if form.in_trash else task_filters.by_title(form.where)
    return Statement(select(func.count()).select_from(Task).where(*_all_conditions(form, titles)))


def _near(
    form: _Form,
    titles: ByTitle | None,
    query: Select[Any],
    keys: Sequence[SortKey],
    places: keyset.Place | None,
    limit: keyset.Limit,
) -> Select[Any]:
    """What fits among the first tasks of the list: of a common word it is a whole page, read in 0.3 ms.

    By the words of a search, or by titles, all that fit would be read and sorted: 2,500 tasks in 5 ms. Where titles say
    that few fit, it finds nothing, and costs nothing.
    """
    listed, order = [_OF_USER, Task.deleted_at.is_(None)], keys
    if titles is not None:
        listed.append(titles.are_many)
    query = query.where(_fitting(form))
    if form.sort[0].field is TaskSortField.RELEVANCE:
        # Of its best value only, which is in the order of the other keys. There is none where a page begins below it.
        best: ColumnElement[int] = literal_column("1" if form.sort[0].descending else "0", Integer())
        query, order = query.where(keys[0].column == best), keys[1:]
        if places is not None and places[0] is not None:
            listed.append(places[0] == best)
            places = places[1:]
    return keyset.near(query, keys, keyset.Look(Task.__table__, listed, order, places, NEAREST), limit)


# A search looks tasks up by their user and word at once. Were the user by itself a condition that an index can answer,
# PostgreSQL would take the two for independent, and read everything that the user has as well. Ids that the titles gave
# are found by the primary key: with the user beside them it takes an index of the user's, for three times as long.
_OF_USER = Task.user_id == bindparam("user_id", type_=Task.user_id.type)
_OF_USER_ONCE_FOUND = Task.user_id + literal_column("0", Integer()) == bindparam("user_id", type_=Task.user_id.type)


def _fitting(form: _Form) -> ColumnElement[bool]:
    """What is asked of a task that is in the list at all."""
    fits = task_filters.condition(form.where)
    return fits if form.search is None else and_(fits, task_search.matches(form.search))


def _all_conditions(form: _Form, titles: ByTitle | None) -> list[ColumnElement[bool]]:
    by_words = None if form.search is None else task_search.candidates(form.search)
    return [
        _OF_USER if by_words is None and titles is None else _OF_USER_ONCE_FOUND,
        Task.deleted_at.is_not(None) if form.in_trash else Task.deleted_at.is_(None),
        _fitting(form),
        *([by_words] if by_words is not None else []),
        *([titles.fit] if titles is not None else []),
    ]


def _place(number: int) -> str:
    return f"beyond_{number}"


_SORT_COLUMNS: dict[TaskSortField, tuple[Callable[[], ColumnElement[Any]], bool]] = {
    TaskSortField.DUE_DATE: (lambda: Task.due_date.expression, True),
    TaskSortField.PRIORITY: (lambda: Task.priority.expression, False),
    TaskSortField.CREATED_AT: (lambda: Task.created_at.expression, False),
    TaskSortField.UPDATED_AT: (lambda: Task.updated_at.expression, False),
    TaskSortField.COMPLETED_AT: (lambda: Task.completed_at.expression, True),
    TaskSortField.TITLE: (lambda: TITLE_ORDER, False),
}


def _check_sort(sort: Sequence[TaskSort], *, has_search: bool) -> None:
    if len(sort) > len(TaskSortField):
        raise Invalid(f"there can be at most {len(TaskSortField)} sort keys", ["sort"])
    if len({key.field for key in sort}) != len(sort):
        raise Invalid("each field can be sorted by only once", ["sort"])
    if not has_search and any(key.field is TaskSortField.RELEVANCE for key in sort):
        raise Invalid("RELEVANCE needs a search", ["sort"])


def _sort_keys(form: _Form) -> list[SortKey]:
    keys: list[SortKey] = []
    for key in form.sort:
        if key.field is TaskSortField.RELEVANCE:
            assert form.search is not None  # noqa: S101 - _check_sort has seen to it
            keys.append(SortKey(task_search.relevance(form.search), key.descending))
        else:
            make, nullable = _SORT_COLUMNS[key.field]
            keys.append(SortKey(make(), key.descending, nullable, key.nulls_last))
    if form.sort[-1].field is TaskSortField.RELEVANCE:
        # It has two values only: what is as good is newest first.
        keys.append(SortKey(Task.created_at.expression, keys[-1].descending))
    # The id makes the order total. It runs the way of the first key, so that one index serves both.
    return [*keys, SortKey(Task.id.expression, keys[0].descending)]
