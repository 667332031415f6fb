"""The days of a recurrence rule: RFC 5545 expansion (3.3.10) with SKIP of RFC 7529, in local naive time.

A rule divides time into periods (its years, months, weeks or days, every INTERVAL-th of them counted from the
start) and says which days of a period it takes. A search begins in the period of the moment it is asked for,
never at the start of the series, and ends when the Gregorian calendar has repeated itself on the rule's grid
without a find: there is none then. Only the steps of a DAILY rule can take longer to meet their limits (they
shift against the calendar); such a rule ends after 400 years without a day. Every occurrence has the time of
day of the start.

How the RFC is read where it leaves room:
- A part that is not given comes from the start (`explicit`): the weekday of FREQ=WEEKLY or BYWEEKNO, the day
  of a month, the month of a year. BYMONTHDAY in a YEARLY rule without BYMONTH means every month.
- Parts given together limit each other: a day is taken when all of them hold.
- BYWEEKNO counts the weeks of a year; week 1 of 2019 begins on 31 December 2018: a day of the year 2019.
- SKIP moves the days that BYYEARDAY, else BYMONTHDAY, makes by number. Where BYMONTHDAY only limits days that
  exist (in a DAILY rule, beside BYWEEKNO or BYYEARDAY) nothing is moved. BYDAY and BYSETPOS come after SKIP.
- A start that does not match the rule is the first occurrence all the same, and counts towards COUNT.
"""

import itertools
from bisect import bisect_left, bisect_right
from calendar import isleap, monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time
from math import gcd

from domain.rrule_parse import MOST_INTERVAL, ByDay, Freq, Rule, RuleError, Skip, parse_rule, rule_text

__all__ = [
    "MOST_INTERVAL",
    "ByDay",
    "Freq",
    "Rule",
    "RuleError",
    "Skip",
    "count_between",
    "explicit",
    "next_after",
    "occurrences",
    "occurrences_after",
    "parse_rule",
    "rule_text",
]

# The calendar repeats after 400 years: so many months, so many weeks.
_YEARS = 400
_MONTHS = _YEARS * 12
_WEEKS = 20_871
# Nothing is looked for after this year: what spills over from its last period is still a date.
_LAST_YEAR = 9998
_END_MONTH = (_LAST_YEAR + 1) * 12

Days = list[int]
"""Days as `date.toordinal` numbers, ascending."""


def occurrences(rule: Rule, start: datetime) -> Iterator[datetime]:
    """The series from `start` (naive, local) on, which is always its first; ends with COUNT or UNTIL.

    A UNTIL in UTC must have been made local first (`domain.recurrence.localized`): ValueError.
    """
    series = itertools.chain((start,), occurrences_after(rule, start, start))
    return itertools.islice(series, rule.count)


def next_after(rule: Rule, start: datetime, after: datetime) -> datetime | None:
    """The first occurrence later than `after`, all naive and local; None when there is none.

    COUNT is not looked at: which number an occurrence has is known to who keeps the series.
    """
    return start if after < start else next(occurrences_after(rule, start, after), None)


def occurrences_after(rule: Rule, start: datetime, after: datetime) -> Iterator[datetime]:
    """Every occurrence later than both `start` and `after`, ascending, without regard to COUNT."""
    last = _last_moment(rule)
    clock = start.time()
    since = max(start, after)
    for day in _days_since(rule, start.date(), since.date()):
        moment = datetime.combine(date.fromordinal(day), clock)
        if last is not None and moment > last:
            return
        if moment > since:
            yield moment


def count_between(rule: Rule, start: datetime, end: datetime) -> int:
    """How many occurrences are later than `start` and at most `end`, without regard to COUNT and UNTIL."""
    floor = start.toordinal() + 1
    ceiling = end.toordinal() - (end.time() < start.time())
    total = 0
    for days in _periods(rule, start.date(), start.date()):
        total += max(0, bisect_right(days, ceiling) - bisect_left(days, floor))
        floor = max(floor, days[-1] + 1)
        if floor > ceiling:
            break
    return total


def explicit(rule: Rule, start: date) -> Rule:
    """The same rule with what it takes from its start written out, so that another start changes no day."""
    weekday, day = (ByDay(0, start.weekday()),), (start.day,)
    if rule.by_day or rule.by_month_day or rule.by_year_day or rule.freq is Freq.DAILY:
        return rule
    if rule.freq is Freq.WEEKLY or rule.by_week_no:
        return replace(rule, by_day=weekday)
    if rule.freq is Freq.MONTHLY:
        return replace(rule, by_month_day=day)
    return replace(rule, by_month=rule.by_month or (start.month,), by_month_day=day)


def _last_moment(rule: Rule) -> datetime | None:
    """UNTIL as the last local moment that is allowed."""
    if rule.until is None:
        return None
    if not isinstance(rule.until, datetime):
        return datetime.combine(rule.until, time.max)
    if rule.until.tzinfo is not None:
        raise ValueError("UNTIL is in UTC: make it local before expanding the rule")
    return rule.until


def _days_since(rule: Rule, start: date, since: date) -> Iterator[int]:
    """The days of the rule's grid from `since` on, each once."""
    floor = since.toordinal()
    for days in _periods(rule, start, since):
        first = bisect_left(days, floor)
        yield from days[first:]
        # SKIP can take the same day from two periods: the first of March is also the 31st of February.
        floor = max(floor, days[-1] + 1)


def _periods(rule: Rule, start: date, since: date) -> Iterator[Days]:
    """The days of every period that has some, from the one before `since` or earlier on."""
    return _PERIODS[rule.freq](explicit(rule, start), start, since)


# Periods. A period is known by a number, its days by a function of that number.


def _walk(days_of: Callable[[int], Days], home: int, since: int, *, step: int, cycle: int, end: int) -> Iterator[Days]:
    """The non-empty periods home, home + step, … below `end`, from the one before `since` on.

    One before, because a period can spill over into the next (a 53rd week, SKIP=FORWARD). Ends when a whole
    cycle of the calendar (in periods of step 1) has been empty: then the rest is.
    """
    first = found = home + max(0, (since - 1 - home) // step) * step
    limit = (cycle // gcd(cycle, step) + 1) * step
    for number in range(first, end, step):
        days = days_of(number)
        if days:
            found = number
            yield days
        elif number - found > limit:
            return


def _home(rule: Rule, days_of: Callable[[int], Days], start: date, period: int) -> int:
    """The period that `start` is an occurrence of: its own, unless it has spilled over from a neighbour."""
    spills = rule.by_week_no or rule.skip is not Skip.OMIT
    if rule.interval == 1 or not spills or not 1 < start.year < _LAST_YEAR:
        return period
    day = start.toordinal()
    return next((near for near in (period, period - 1, period + 1) if day in days_of(near)), period)


def _years(rule: Rule, start: date, since: date) -> Iterator[Days]:
    kinds: dict[tuple[int, bool, bool, bool], Days] = {}

    def days_of(year: int) -> Days:
        first = _first_of(year)
        # Years of one kind have the same days; a neighbour matters where a day of it is limited by BYYEARDAY.
        kind = (first % 7, isleap(year - 1), isleap(year), isleap(year + 1))
        if kind not in kinds:
            kinds[kind] = [day - first for day in _picked(rule, _days_of_year(rule, year))]
        return [first + offset for offset in kinds[kind]]

    home = _home(rule, days_of, start, start.year)
    return _walk(days_of, home, since.year, step=rule.interval, cycle=_YEARS, end=_LAST_YEAR + 1)


def _months(rule: Rule, start: date, since: date) -> Iterator[Days]:
    kinds: dict[tuple[int, int, bool], Days] = {}

    def days_of(number: int) -> Days:
        year, month = divmod(number, 12)
        if rule.by_month and month + 1 not in rule.by_month:
            return []
        first = _first_of(year, month + 1)
        kind = (first % 7, month, isleap(year))
        if kind not in kinds:
            kinds[kind] = [day - first for day in _picked(rule, _days_of_month(rule, year, month + 1))]
        return [first + offset for offset in kinds[kind]]

    home = _home(rule, days_of, start, _month_number(start))
    return _walk(days_of, home, _month_number(since), step=rule.interval, cycle=_MONTHS, end=_END_MONTH)


def _weeks(rule: Rule, start: date, since: date) -> Iterator[Days]:
    offsets = sorted((day.weekday - rule.week_start) % 7 for day in rule.by_day)
    # Day 1 is a Monday. Week 0 holds it whatever day weeks begin with.
    origin = 1 - (-rule.week_start) % 7

    def days_of(week: int) -> Days:
        days = [origin + 7 * week + offset for offset in offsets]
        if rule.by_month:
            days = [day for day in days if day > 0 and date.fromordinal(day).month in rule.by_month]
        return _picked(rule, days)

    if rule.by_set_pos and not _picked(rule, offsets):
        return iter(())
    home, now = ((day.toordinal() - origin) // 7 for day in (start, since))
    end = (_first_of(_LAST_YEAR + 1) - origin) // 7
    return _walk(days_of, home, now, step=rule.interval, cycle=_WEEKS, end=end)


def _days(rule: Rule, start: date, since: date) -> Iterator[Days]:
    """Day by day would be long where few days are taken, so that the walk is by months."""
    begin, step = start.toordinal(), rule.interval
    weekdays = {day.weekday for day in rule.by_day} or set(range(7))
    if step % 7 == 0 and start.weekday() not in weekdays:
        return iter(())
    if rule.by_set_pos and not _picked(rule, [begin]):
        return iter(())

    def days_of(number: int) -> Days:
        year, month = divmod(number, 12)
        if rule.by_month and month + 1 not in rule.by_month:
            return []
        first, length = _first_of(year, month + 1), monthrange(year, month + 1)[1]
        steps = range(first + (begin - first) % step, first + length, step)
        days = [day for day in steps if (day - 1) % 7 in weekdays]
        if not rule.by_month_day:
            return days
        return [day for day in days if _is_numbered(rule.by_month_day, day - first + 1, length)]

    home = _month_number(start)
    return _walk(days_of, home, _month_number(since), step=1, cycle=_MONTHS, end=_END_MONTH)


_PERIODS: dict[Freq, Callable[[Rule, date, date], Iterator[Days]]] = {
    Freq.YEARLY: _years,
    Freq.MONTHLY: _months,
    Freq.WEEKLY: _weeks,
    Freq.DAILY: _days,
}


# The days of one period.


def _days_of_year(rule: Rule, year: int) -> Days:
    first, length = _first_of(year), 365 + isleap(year)
    if rule.by_week_no:
        return _limited(rule, _days_of_weeks(rule, year))
    if rule.by_year_day:
        return _limited(rule, _numbered(first, length, rule.by_year_day, rule.skip))
    if rule.by_month:
        return sorted({day for month in rule.by_month for day in _days_of_month(rule, year, month)})
    if rule.by_month_day:
        months = [(_first_of(year, month), monthrange(year, month)[1]) for month in range(1, 13)]
        numbered = {day for month in months for day in _numbered(*month, rule.by_month_day, rule.skip)}
        return _limited_to_weekdays(rule, numbered, first, length)
    return sorted(set(_weekdays(first, length, rule.by_day)))


def _days_of_month(rule: Rule, year: int, month: int) -> Days:
    first, length = _first_of(year, month), monthrange(year, month)[1]
    if not rule.by_month_day:
        return sorted(set(_weekdays(first, length, rule.by_day)))
    numbered = set(_numbered(first, length, rule.by_month_day, rule.skip))
    return _limited_to_weekdays(rule, numbered, first, length)


def _limited_to_weekdays(rule: Rule, days: set[int], first: int, length: int) -> Days:
    """BYDAY as a limit on days of the span that its numbers count in; SKIP may have moved some out of it."""
    if not rule.by_day:
        return sorted(days)
    span = range(first, first + length)
    named = set(_weekdays(first, length, rule.by_day))
    outside = (day for day in days if day not in span and day > 0)
    return sorted((days & named).union(day for day in outside if _is_by_day(rule, date.fromordinal(day))))


def _days_of_weeks(rule: Rule, year: int) -> Iterator[int]:
    """All seven days of the weeks of BYWEEKNO; a year has 52 or 53, the first one holds its 4 January."""
    first, end = (_first_week(number, rule.week_start) for number in (year, year + 1))
    for week in _numbered(0, (end - first) // 7, rule.by_week_no, Skip.OMIT):
        yield from range(first + 7 * week, first + 7 * week + 7)


def _first_week(year: int, week_start: int) -> int:
    fourth = _first_of(year) + 3
    return fourth - (fourth - 1 - week_start) % 7


def _numbered(first: int, length: int, numbers: Iterable[int], skip: Skip) -> Iterator[int]:
    """The n-th days of a span, counted from its end where n is negative; SKIP replaces a missing one."""
    for number in numbers:
        if abs(number) <= length:
            yield first + (number - 1 if number > 0 else length + number)
        elif skip is Skip.FORWARD:
            yield first + length if number > 0 else first
        elif skip is Skip.BACKWARD:
            yield first + length - 1 if number > 0 else first - 1


def _weekdays(first: int, length: int, by_day: Iterable[ByDay]) -> Iterator[int]:
    """The weekdays of a span: all of a name, or its n-th, counted from the end where n is negative."""
    for ordinal, weekday in by_day:
        named = range(first + (weekday - (first - 1)) % 7, first + length, 7)
        if not ordinal:
            yield from named
        elif abs(ordinal) <= len(named):
            yield named[ordinal - 1 if ordinal > 0 else ordinal]


def _limited(rule: Rule, days: Iterable[int]) -> Days:
    """All other parts as limits, by what each day is in its own month and year."""
    weekdays = {value.weekday for value in rule.by_day} or set(range(7))
    dates = (date.fromordinal(day) for day in sorted(set(days)) if day > 0 and (day - 1) % 7 in weekdays)
    return [day.toordinal() for day in dates if _is_taken(rule, day)]


def _is_taken(rule: Rule, day: date) -> bool:
    return (
        (not rule.by_month or day.month in rule.by_month)
        and (not rule.by_month_day or _is_numbered(rule.by_month_day, *_in_month(day)))
        and (not rule.by_year_day or not rule.by_week_no or _is_numbered(rule.by_year_day, *_in_year(day)))
        and _is_by_day(rule, day)
    )


def _in_month(day: date) -> tuple[int, int]:
    """The number of a day in its month, and the month's length."""
    return day.day, monthrange(day.year, day.month)[1]


def _in_year(day: date) -> tuple[int, int]:
    """The number of a day in its year, and the year's length."""
    return day.toordinal() - _first_of(day.year) + 1, 365 + isleap(day.year)


def _is_numbered(numbers: tuple[int, ...], number: int, length: int) -> bool:
    return number in numbers or number - length - 1 in numbers


def _is_by_day(rule: Rule, day: date) -> bool:
    """BYDAY as a limit; numbers count in the month with FREQ=MONTHLY or BYMONTH, else in the year."""
    weekday = day.weekday()
    if not rule.by_day or (0, weekday) in rule.by_day:
        return True
    number, length = _in_month(day) if rule.freq is Freq.MONTHLY or rule.by_month else _in_year(day)
    ordinals = ((number - 1) // 7 + 1, -((length - number) // 7 + 1))
    return any((ordinal, weekday) in rule.by_day for ordinal in ordinals)


def _picked(rule: Rule, days: Days) -> Days:
    """BYSETPOS: the n-th days of one period's, counted from the end where n is negative."""
    if not rule.by_set_pos:
        return days
    return sorted({days[index] for index in _numbered(0, len(days), rule.by_set_pos, Skip.OMIT)})


def _first_of(year: int, month: int = 1) -> int:
    return date(year, month, 1).toordinal()


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1
