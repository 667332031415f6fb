"""Keyset paging over any list of sort keys: the statement that gives the rows after a given one, as index ranges.

A btree holds one order and its mirror image, nulls at the far end, and a page has to be a range of that. Where the
first key can be null, the rows without it and those with it are therefore two ranges, read one after the other: so one
index on (…, key, id) serves both directions, with nulls first and last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    func,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy import false as never
from sqlalchemy.sql.expression import literal_column
from sqlalchemy.sql.util import ClauseAdapter


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of a sort. `nullable` keys say where their nulls go."""

    column: ColumnElement[Any]
    descending: bool = False
    nullable: bool = False
    nulls_last: bool = True


Statement = Select[Any] | CompoundSelect[Any]
Limit = int | ColumnElement[int]
# A row's values of the keys: each bound by a parameter of the key's type, None where it is null.
Place = Sequence[ColumnElement[Any] | None]


def reversed_keys(keys: Sequence[SortKey]) -> list[SortKey]:
    """The same order backwards."""
    return [replace(key, descending=not key.descending, nulls_last=not key.nulls_last) for key in keys]


def page(query: Select[Any], keys: Sequence[SortKey], beyond: Place | None, limit: Limit) -> Statement:
    """The first `limit` rows of `query` in the order of the keys; with `beyond`, after the row with these values.

    A row is what the query selects and then the values of the keys. The last key has to be unique and not null.
    """
    query = _with_keys(query, keys)
    ranges = _ranges(keys, beyond)
    parts = [_ordered(query.where(*conditions), in_order, limit) for in_order, conditions in ranges]
    if len(parts) == 1:
        return parts[0]
    return _one_after_the_other(parts, [in_order for in_order, _ in ranges], limit)


@dataclass(frozen=True, slots=True)
class Look:
    """The first `rows` rows of a table that fulfil the conditions, in an order that an index of it has."""

    table: FromClause
    conditions: Sequence[ColumnElement[bool]]
    order: Sequence[SortKey]
    beyond: Place | None
    rows: int


def near(query: Select[Any], keys: Sequence[SortKey], look: Look, limit: Limit) -> Select[Any]:
    """What `query` finds among the rows of a look, at most `limit`, in its order; each row as in `page`.

    A look ends with the first range of rows that `page` would read.
    """
    in_order, bounds = _ranges(look.order, look.beyond)[0]
    nearest = _ordered(select(look.table).where(*look.conditions, *bounds), in_order, look.rows).subquery("nearest")
    return ClauseAdapter(nearest).traverse(_ordered(_with_keys(query, keys), in_order, limit))


def if_full(near: Select[Any], whole: Statement, limit: Limit) -> Statement:
    """The rows of `near` if they are as many as the limit, else those of `whole`, which is not begun before."""
    head = near.cte("near")
    full = select(func.count()).select_from(head).scalar_subquery() >= limit
    rest = whole.subquery("whole")
    # One of the two is empty, so that there is nothing to put in order.
    return union_all(select(head).where(full), select(*(rest.c[each.name] for each in head.c)).where(~full))


_Range = tuple[Sequence[SortKey], list[ColumnElement[bool]]]


def _ranges(keys: Sequence[SortKey], beyond: Place | None) -> list[_Range]:
    """What has to be read, in order: for each range the keys that order it, and its conditions."""
    first, rest = keys[0], keys[1:]
    native = first.nulls_last is not first.descending
    if not first.nullable or (beyond is None and native):
        return [(keys, [] if beyond is None else [_after(keys, beyond)])]
    # Within either range nulls have no place to go, so that the index's own can be named.
    plain = replace(first, nulls_last=not first.descending)
    nulls: list[ColumnElement[bool]] = [first.column.is_(None)]
    others: list[ColumnElement[bool]] = [first.column.is_not(None)]
    ranges: list[_Range] = [([plain, *rest], nulls), ([plain, *rest], others)]
    begun_with = 0 if beyond is None or beyond[0] is None else 1
    if beyond is not None and beyond[0] is None:
        nulls.append(_after(rest, beyond[1:]))
    elif beyond is not None:
        others.append(_after([replace(first, nullable=False), *rest], beyond))
    if first.nulls_last:
        ranges.reverse()
        begun_with = 0 if beyond is None else 1 - begun_with
    return ranges[begun_with:]


def _one_after_the_other(parts: list[Select[Any]], orders: list[Sequence[SortKey]], limit: Limit) -> Statement:
    """The second part is not even begun when the first one fills the page."""
    head = parts[0].add_columns(literal_column("1").label(_PART)).cte("head")
    filled = select(func.count()).select_from(head).scalar_subquery()
    tail = parts[1].add_columns(literal_column("2").label(_PART)).where(filled < limit).subquery("tail")
    both = union_all(select(head), select(tail))
    named = [replace(key, column=literal_column(_name(place))) for place, key in enumerate(orders[0])]
    return both.order_by(literal_column(_PART), *(_direction(key) for key in named)).limit(limit)


_PART = "part"


def _with_keys(query: Select[Any], keys: Sequence[SortKey]) -> Select[Any]:
    return query.add_columns(*(key.column.label(_name(place)) for place, key in enumerate(keys)))


def _ordered(query: Select[Any], keys: Sequence[SortKey], limit: Limit) -> Select[Any]:
    return query.order_by(*(_direction(key) for key in keys)).limit(limit)


def _name(place: int) -> str:
    return f"key_{place}"


def _direction(key: SortKey) -> ColumnElement[Any]:
    column = key.column.desc() if key.descending else key.column.asc()
    if not key.nullable:
        return column
    return column.nulls_last() if key.nulls_last else column.nulls_first()


def _after(keys: Sequence[SortKey], values: Place) -> ColumnElement[bool]:
    """What comes after the row with these values of the keys, in their order.

    Where all keys run one way it is one comparison of rows, which an index on them takes as its bound. Else (a, b)
    after (x, y) is: a beyond x, or a = x and b beyond y; the first key is bounded once more on its own, which is
    implied, but lets an index on it begin at x.
    """
    first = keys[0]
    if all(key.descending is first.descending and not key.nullable for key in keys):
        columns, bounds = tuple_(*(key.column for key in keys)), tuple_(*values)
        return columns < bounds if first.descending else columns > bounds
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, value in zip(keys, values, strict=True):
        alternatives.append(and_(*equal, _beyond(key, value)))
        equal.append(key.column.is_(None) if value is None else key.column == value)
    condition = or_(*alternatives)
    if first.nullable:
        return condition
    return and_(first.column <= values[0] if first.descending else first.column >= values[0], condition)


def _beyond(key: SortKey, value: Any) -> ColumnElement[bool]:
    if value is None:
        return never() if key.nulls_last else key.column.is_not(None)
    further = key.column < value if key.descending else key.column > value
    return or_(further, key.column.is_(None)) if key.nullable and key.nulls_last else further
