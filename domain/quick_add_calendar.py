"""Days of a quick-add line that are told by number: jan 25, 2026-12-01, 1.12., 12/1, the 15th, first monday of june.

A day without a year, or without a month, is the next such day; today is one. 12/1 is 1 December, and so is 1.12.
"""

import re
from collections.abc import Collection
from datetime import date, timedelta

from domain.quick_add_days import MONTHS_OF_YEAR, Day, Found, Reader, named, real_date, shifted
from domain.quick_add_words import DAY, MONTH, MONTH_DATE, MONTHS, ORDINAL, ORDINALS, WEEKDAYS, month_date

_LONGEST_MONTH = 31
_WORKDAYS, _ALL_DAYS = range(5), range(7)
# 29 February can be 8 years away.
_YEARS_TO_LEAP_DAY = 8


def _next_date(month: int, day: int, today: date) -> date | None:
    """The first such day from today on."""
    for year in range(today.year, today.year + _YEARS_TO_LEAP_DAY + 1):
        found = real_date(year, month, day)
        if found and found >= today:
            return found
    return None


def _full_year(text: str | None) -> int | None:
    return None if not text else int(text) + (2000 if len(text) == len("27") else 0)


def _dated(
    match: re.Match[str], today: date, year: int | None, month: int, day: int, *, doubt: str | None = None
) -> Found:
    return named(match, real_date(year, month, day) if year else _next_date(month, day, today), doubt=doubt)


def _iso(match: re.Match[str], _today: date) -> Found:
    day = real_date(int(match["year"]), int(match["month"]), int(match["day"]))
    if day is None or match["hour"] is None:
        return named(match, day)
    hour, minute = int(match["hour"]), int(match["minute"])
    in_range = hour < 24 and minute < 60  # noqa: PLR2004 - a clock's numbers
    return Day(match.start(), match.end(), day, minutes=hour * 60 + minute) if in_range else None


def _dotted(match: re.Match[str], today: date) -> Found:
    return _dated(match, today, _full_year(match["year"]), int(match["month"]), int(match["day"]))


_FRACTIONS = {(1, 2), (1, 3), (1, 4), (1, 5), (1, 8), (2, 3), (3, 4)}
_ALWAYS = (24, 7)


def _slashed(match: re.Match[str], today: date) -> Found:
    """Month and day, as in 12/1; day and month where the first can be no month, as in 25/12."""
    first, second, year = int(match["first"]), int(match["second"]), _full_year(match["year"])
    if (first, second) == _ALWAYS and year is None:
        return None
    month, day = (first, second) if first <= MONTHS_OF_YEAR else (second, first)
    doubt = "fraction" if (first, second) in _FRACTIONS and year is None else None
    return _dated(match, today, year, month, day, doubt=doubt)


def _by_name(match: re.Match[str], today: date) -> Found:
    month, day, year = month_date(match)
    return _dated(match, today, year, month, day)


def _numbered(match: re.Match[str], today: date) -> Found:
    """The 15th: of this month or, once that is past, of the next that has one."""
    day = int(match["number"])
    first = today.replace(day=1)
    later = match["later"] is not None
    for ahead in range(1 if later else 0, 1 + 2 * MONTHS_OF_YEAR):
        month = shifted(first, ahead)
        found = real_date(month.year, month.month, day) if month else None
        if found and found >= today:
            return named(match, found, doubt=None if match["on"] or match["of"] else "edge")
    return None


def _nth_of_month(match: re.Match[str], today: date) -> Found:
    """The last friday of the month, the first monday of june, the last day of january."""
    nth = ORDINALS[match["nth"]]
    if match["month"]:
        number = MONTHS[match["month"]]
        firsts = [real_date(today.year + ahead, number, 1) for ahead in (0, 1)]
    else:
        firsts = [shifted(today.replace(day=1), ahead) for ahead in ((1,) if match["later"] else (0, 1))]
    weekdays = {WEEKDAYS[match["name"]]} if match["name"] else _WORKDAYS if match["work"] else _ALL_DAYS
    days = [_nth(first, nth, weekdays) for first in firsts if first]
    return named(match, next((day for day in days if day and day >= today), None))


def _nth(first: date, nth: int, weekdays: Collection[int]) -> date | None:
    """The n-th such day of the month that begins with `first`, the last one for -1."""
    days = [day for offset in range(_LONGEST_MONTH) if (day := first + timedelta(offset)).month == first.month]
    taken = [day for day in days if day.weekday() in weekdays]
    return taken[nth - 1 if nth > 0 else nth] if abs(nth) <= len(taken) else None


_ON = r"on|by|until|till|til|before|due|from|starting|for"
_AM = r"am|bis|bis\s+zum|zum|ab|ab\s+dem|vor\s+dem|für\s+den"
_D, _M, _Y4, _Y = r"[0-9]{1,2}", r"[0-9]{1,2}", r"[0-9]{4}", r"[0-9]{4}|[0-9]{2}"

TABLE: list[tuple[str, Reader]] = [
    (
        (
            rf"(?P<year>{_Y4})(?P<mark>[-/])(?P<month>{_M})(?P=mark)(?P<day>{_D})"
            r"(?:t(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}))?"
        ),
        _iso,
    ),
    (
        rf"(?:(?P<day>{_D})\.\s?(?P<month>{_M})\.(?:\s?(?P<year>{_Y})(?![0-9]))?)",
        _dotted,
    ),
    (rf"(?:{_ON}|{_AM})\s+(?P<day>{_D})\.(?P<month>{_M})\.?(?P<year>)?", _dotted),
    (rf"(?P<first>{_D})/(?P<second>{_D})(?:/(?P<year>{_Y}))?", _slashed),
    (MONTH_DATE, _by_name),
    (
        (
            rf"(?:(?P<on>(?:{_ON})\s+(?:the\s+)?)|the\s+)(?P<number>{_D})(?:st|nd|rd|th)"
            r"(?P<of>\s+of\s+(?:the\s+|this\s+|(?P<later>next\s+))month)?"
        ),
        _numbered,
    ),
    (
        rf"(?P<on>(?:{_AM})\s+)(?P<number>{_D})\.(?P<of>\s+(?:des\s+|diesen\s+|(?P<later>nächsten\s+))monats)?",
        _numbered,
    ),
    (
        (
            rf"(?:the\s+|am\s+)?(?P<nth>{ORDINAL})\s+(?:(?P<name>{DAY})|day|tag|(?P<work>weekday|workday|werktag))\s+(?:of|in|im|des)\s+"
            rf"(?:(?:the\s+|this\s+|(?P<later>next\s+|nächsten\s+))?(?:month|monats?)|(?P<month>{MONTH}))"
        ),
        _nth_of_month,
    ),
]
