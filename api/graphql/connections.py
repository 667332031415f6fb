"""Relay cursor connections: the arguments they take and the page info they give."""

from typing import TypeVar

import strawberry
from strawberry.types.unset import UnsetType

from domain.errors import Invalid

DEFAULT_PAGE, LARGEST_PAGE = 50, 100

T = TypeVar("T")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the page's first row.")
    end_cursor: str | None = strawberry.field(description="The cursor of the page's last row.")


def page_info(cursors: list[str], *, has_next: bool, has_previous: bool) -> PageInfo:
    return PageInfo(
        has_next_page=has_next,
        has_previous_page=has_previous,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


def given(argument: T | UnsetType | None) -> T | None:
    """An argument, None where it was left out; an empty or zero one stays what it is, to be refused."""
    return None if isinstance(argument, UnsetType) else argument


def page_size(size: int | None, *, field: str = "first", default: int = DEFAULT_PAGE) -> int:
    """The number of rows asked for, 1 to 100."""
    if size is None:
        return default
    if not 1 <= size <= LARGEST_PAGE:
        raise Invalid(f"must be 1 to {LARGEST_PAGE}", [field])
    return size
