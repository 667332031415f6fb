"""Keyset paging over any list of sort keys: ORDER BY, and the condition for what comes after a given row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of a sort. `nullable` keys say where their nulls go."""

    column: ColumnElement[Any]
    descending: bool = False
    nullable: bool = False
    nulls_last: bool = True


def reversed_keys(keys: Sequence[SortKey]) -> list[SortKey]:
    """The same order backwards."""
    return [replace(key, descending=not key.descending, nulls_last=not key.nulls_last) for key in keys]


def order_by(keys: Sequence[SortKey]) -> list[ColumnElement[Any]]:
    return [_direction(key) for key in keys]


def _direction(key: SortKey) -> ColumnElement[Any]:
    column = key.column.desc() if key.descending else key.column.asc()
    if not key.nullable:
        return column
    return column.nulls_last() if key.nulls_last else column.nulls_first()


def after(keys: Sequence[SortKey], values: Sequence[Any]) -> ColumnElement[bool]:
    """What comes after the row with these values of the keys, in their order.

    (a, b) after (x, y) is: a beyond x, or a = x and b beyond y. A first key that cannot be null is bounded once more on
    its own, which is implied, but lets an index on it begin at x instead of at its start.
    """
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, value in zip(keys, values, strict=True):
        alternatives.append(and_(*equal, _beyond(key, value)))
        equal.append(key.column.is_(None) if value is None else key.column == value)
    condition = or_(*alternatives)
    first, bound = keys[0], values[0]
    if bound is None or (first.nullable and first.nulls_last):
        return condition
    return and_(first.column <= bound if first.descending else first.column >= bound, condition)


def _beyond(key: SortKey, value: Any) -> ColumnElement[bool]:
    if value is None:
        return false() if key.nulls_last else key.column.is_not(None)
    further = key.column < value if key.descending else key.column > value
    return or_(further, key.column.is_(None)) if key.nullable and key.nulls_last else further
