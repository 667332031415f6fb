"""What a day of a quick-add line is, and the reckoning with days that its patterns share."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from domain.values import EARLIEST_YEAR, LATEST_YEAR

MONTHS_OF_YEAR = 12
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": MONTHS_OF_YEAR}


@dataclass(frozen=True, slots=True)
class Day:
    """A day named from `start` to `end`.

    `part` and `minutes` are the time it says as well (tonight, 2026-12-01T09:00). `doubt` says what else it may be:
    "word" is also an English word (sun), "german" a German abbreviation (Do), "fraction" a number (1/2), "edge" is
    a day only where nothing follows (the 15th).
    """

    start: int
    end: int
    date: date
    part: str | None = None
    minutes: int | None = None
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A distance from now in minutes, such as in 2 hours."""

    start: int
    end: int
    minutes: int


Found = Day | Moment | None
Reader = Callable[[re.Match[str], date], Found]


def named(match: re.Match[str], day: date | None, *, part: str | None = None, doubt: str | None = None) -> Day | None:
    return Day(match.start(), match.end(), day, part=part, doubt=doubt) if day else None


def plus(day: date, days: int) -> date | None:
    try:
        moved = day + timedelta(days)
    except OverflowError:
        return None
    return real_date(moved.year, moved.month, moved.day)


def real_date(year: int, month: int, day: int) -> date | None:
    """The date, where there is one and a task may be due on it."""
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if EARLIEST_YEAR < year < LATEST_YEAR else None


def shifted(day: date, months: int) -> date | None:
    """The same day some months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not EARLIEST_YEAR < year < LATEST_YEAR:
        return None
    return real_date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def after(base: date, number: Fraction, unit: str) -> date | None:
    """Some days, weeks, months or years after a day; None for a part of a day, and for hours."""
    many = number * (_DAYS.get(unit) or _MONTHS.get(unit, 0))
    if not many or many.denominator != 1:
        return None
    return plus(base, int(many)) if unit in _DAYS else shifted(base, int(many))
