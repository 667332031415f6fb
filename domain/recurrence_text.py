"""The English sentence of a recurrence rule: "every month on the last Friday at 09:00 until 31 Dec 2026".

Rules with one sentence mean the same days. Common rules read well; what is rare is said part by part, in
about the order in which RFC 5545 (3.3.10) applies the parts: clumsy, but complete.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from domain.recurrence import localized
from domain.rrule import ByDay, Freq, Rule, Skip, explicit

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HALF_YEARS = (
    ("January", "February", "March", "April", "May", "June"),
    ("July", "August", "September", "October", "November", "December"),
)
_MONTHS = [name for half in _HALF_YEARS for name in half]
_UNITS = {Freq.DAILY: "day", Freq.WEEKLY: "week", Freq.MONTHLY: "month", Freq.YEARLY: "year"}
_EVERY_DAY = frozenset(range(7))
_SETS = {_EVERY_DAY: "day", frozenset(range(5)): "weekday", frozenset((5, 6)): "weekend day"}
_LONGEST_MONTH, _LONGEST_YEAR, _MOST_ORDINAL = 31, 366, 53
# The days that a day is given as if it becomes the last of a month that lacks it (`domain.recurrence`).
_CLAMPED = {tuple(range(28, day + 1)): day for day in (29, 30, 31)}
_LEAP_DAY = Rule(Freq.YEARLY, by_month=(2,), by_month_day=(28, 29), by_set_pos=(-1,))
# More dates than this are not listed one by one.
_MANY = 6

Phrase = tuple[str, str]
"""Which days are taken, and what limits them, said after the time of day."""


def describe(rule: Rule, *, start: datetime, all_day: bool, zone: ZoneInfo | None = None) -> str:
    """The sentence of a rule whose current occurrence is `start` (naive, local).

    `zone` is needed to name the last day of a UNTIL in UTC; without it that is given as it is, in UTC.
    """
    clock = "" if all_day else f" at {start:%H:%M:%S}" if start.second else f" at {start:%H:%M}"
    days, limits = _days(_simple(rule, start), start)
    ending = _ending(rule, start, zone)
    comma = "," if ending and (limits or rule.count is not None) else ""
    return f"{days}{clock}{limits}{comma}{ending}"


def _ending(rule: Rule, start: datetime, zone: ZoneInfo | None) -> str:
    if rule.count is not None:
        return " once" if rule.count == 1 else f" {rule.count} times"
    until = localized(rule, start.time(), zone).until if zone else rule.until
    if until is None:
        return ""
    if not isinstance(until, datetime):
        return f" until {_date(until)}"
    if until.tzinfo:
        return f" until {_date(until)} {until:%H:%M} UTC"
    last = until.date() if until.time() >= start.time() else until.date() - timedelta(days=1)
    return f" until {_date(last)}"


def _date(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1][:3]} {day.year}"


# The same days, said by a simpler rule.


def _simple(rule: Rule, start: datetime) -> Rule:
    rule = explicit(replace(rule, count=None, until=None), start)
    if rule.freq is Freq.DAILY:
        return _simple_daily(rule)
    if rule.freq is Freq.WEEKLY:
        return _simple_weekly(rule)
    rule = _with_ordinals(_clamped_form(rule))
    tied = rule.by_set_pos or rule.by_week_no or rule.by_year_day or rule.by_month or _has_ordinals(rule)
    if rule.interval > 1 or tied:
        return rule
    if rule.by_month_day:
        return replace(rule, freq=Freq.MONTHLY)
    return _simple_weekly(replace(rule, freq=Freq.WEEKLY, week_start=0))


def _simple_daily(rule: Rule) -> Rule:
    if 1 in rule.by_set_pos or -1 in rule.by_set_pos:
        rule = replace(rule, by_set_pos=())
    if rule.interval == 1 and rule.by_day and not rule.by_month_day and not rule.by_set_pos:
        return _simple_weekly(replace(rule, freq=Freq.WEEKLY, week_start=0))
    return rule


def _simple_weekly(rule: Rule) -> Rule:
    if rule.by_set_pos and not rule.by_month:
        days = sorted(rule.by_day, key=lambda day: (day.weekday - rule.week_start) % 7)
        size = len(days)
        picked = {days[at - 1 if at > 0 else at] for at in rule.by_set_pos if abs(at) <= size}
        if picked:
            rule = replace(rule, by_day=tuple(sorted(picked)), by_set_pos=())
    if rule.interval == 1 and not rule.by_set_pos and _weekdays(rule) == _EVERY_DAY:
        return replace(rule, freq=Freq.DAILY, by_day=())
    return rule


def _clamped_form(rule: Rule) -> Rule:
    """BYMONTHDAY=31;SKIP=BACKWARD as the form that patterns have for it."""
    spans = rule.freq is Freq.MONTHLY or (rule.by_month, rule.by_month_day) == ((2,), (29,))
    others = rule.by_day or rule.by_set_pos or rule.by_year_day or rule.by_week_no
    for days, day in _CLAMPED.items():
        if spans and not others and rule.skip is Skip.BACKWARD and rule.by_month_day == (day,):
            return replace(rule, by_month_day=days, by_set_pos=(-1,), skip=Skip.OMIT)
    return rule


def _with_ordinals(rule: Rule) -> Rule:
    """BYDAY=FR;BYSETPOS=-1 as BYDAY=-1FR, where the numbers count in the same span."""
    others = rule.by_week_no or rule.by_year_day or rule.by_month_day
    if not rule.by_set_pos or others or not _is_one_span(rule) or len(rule.by_day) != 1 or _has_ordinals(rule):
        return rule
    if any(abs(at) > _MOST_ORDINAL for at in rule.by_set_pos):
        return rule
    days = tuple(ByDay(at, rule.by_day[0].weekday) for at in rule.by_set_pos)
    return replace(rule, by_day=days, by_set_pos=())


# The days of each frequency.


def _days(rule: Rule, start: datetime) -> Phrase:
    if rule.freq is Freq.DAILY:
        return _every(rule), _limits(rule, numbered=True)
    if rule.freq is Freq.WEEKLY:
        return _weekly(rule, start)
    return _monthly(rule) if rule.freq is Freq.MONTHLY else _yearly(rule)


def _weekly(rule: Rule, start: datetime) -> Phrase:
    weekdays = _weekdays(rule)
    limits = _limits(rule, weekdays=False)
    if rule.interval == 1 and weekdays in _SETS and not rule.by_set_pos:
        return f"every {_SETS[weekdays]}", limits
    fixed = rule.interval == 1 or weekdays == {start.weekday()}
    weeks = "" if fixed and not rule.by_set_pos else _week_start(rule)
    return f"{_every(rule)} on {_names(weekdays, 'and')}{weeks}", limits


def _monthly(rule: Rule) -> Phrase:
    clamped = _clamped_day(rule)
    if clamped:
        day = "last day" if clamped == _LONGEST_MONTH else f"{_nth(clamped)} (the last day when there is none)"
        return f"{_every(rule)} on the {day}", _only_months(rule)
    if rule.by_month_day:
        return f"{_every(rule)} on {_numbered(rule.by_month_day)}{_missing(rule)}", _limits(rule)
    return f"{_every(rule)} on {_weekday_choice(rule)}", f"{_only_months(rule)}{_left_positions(rule)}"


def _yearly(rule: Rule) -> Phrase:
    if rule.by_week_no:
        days = f"{_every(rule)} on {_weeks(rule)}{_week_start(rule)}"
        return days, f"{_only_year_days(rule)}{_limits(rule, numbered=True, weekdays=False)}"
    if rule.by_year_day:
        days = f"{_every(rule)} on {_numbered(rule.by_year_day)} of the year{_missing(rule)}"
        return days, _limits(rule, numbered=True)
    if rule.by_month_day:
        return _yearly_dates(rule)
    span = _listed(_month_names(rule)) or "the year"
    return f"{_every(rule)} on {_weekday_choice(rule)} of {span}", _left_positions(rule)


def _yearly_dates(rule: Rule) -> Phrase:
    if replace(rule, interval=1, week_start=0) == _LEAP_DAY:
        return f"{_every(rule)} on 29 Feb (28 Feb when there is none)", ""
    pairs = product(rule.by_month, rule.by_month_day)
    dates = [f"{day} {_MONTHS[month - 1][:3]}" for month, day in pairs]
    if 0 < len(dates) <= _MANY and min(rule.by_month_day) > 0:
        days = _listed(dates)
    else:
        days = f"{_numbered(rule.by_month_day)} of {_listed(_month_names(rule)) or 'every month'}"
    return f"{_every(rule)} on {days}{_missing(rule)}", f"{_only_weekdays(rule)}{_only_positions(rule)}"


def _every(rule: Rule) -> str:
    unit = _UNITS[rule.freq]
    return f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"


def _weekday_choice(rule: Rule) -> str:
    """BYDAY as what is taken: "every Monday", "the last Friday", with BYSETPOS "the last weekday"."""
    weekdays = _weekdays(rule)
    if not _has_ordinals(rule):
        if rule.by_set_pos and _is_one_span(rule):
            return f"{_positions(rule)} {_SETS.get(weekdays) or _names(weekdays, 'or')}"
        return f"every {_SETS.get(weekdays) or _names(weekdays, 'and')}"
    names = _DAYS if len(rule.by_day) == 1 else _SHORT
    return _listed(
        [f"the {_nth(at)} {names[day]}" if at else f"every {names[day]}" for at, day in rule.by_day],
    )


def _weeks(rule: Rule) -> str:
    weekdays = _weekdays(rule) or _EVERY_DAY
    days = f"every {_SETS[weekdays]}" if weekdays in _SETS else _names(weekdays, "and")
    return f"{days} of {_listed([f'week {at}' if at > 0 else f'the {_nth(at)} week' for at in rule.by_week_no])}"


def _week_start(rule: Rule) -> str:
    return f" (weeks begin on {_DAYS[rule.week_start]})" if rule.week_start else ""


def _clamped_day(rule: Rule) -> int:
    """The day that becomes the last of a month which lacks it; 0 if the rule is not of that form."""
    if rule.by_day or rule.by_set_pos != (-1,) or rule.skip is not Skip.OMIT:
        return 0
    return _CLAMPED.get(rule.by_month_day, 0)


def _missing(rule: Rule) -> str:
    """What becomes of a day that some months or years lack."""
    if not _can_miss(rule):
        return ""
    if rule.skip is Skip.OMIT:
        return " (skipped when there is none)"
    way = "back" if rule.skip is Skip.BACKWARD else "on"
    return f" (moved {way} to a day that exists when there is none)"


def _can_miss(rule: Rule) -> bool:
    if rule.by_year_day:
        return any(abs(day) == _LONGEST_YEAR for day in rule.by_year_day)
    # 2026 is a common year: its months are as short as they get.
    shortest = min(monthrange(2026, month)[1] for month in rule.by_month or (2,))
    return any(abs(day) > shortest for day in rule.by_month_day)


# What limits the days.


def _limits(rule: Rule, *, numbered: bool = False, weekdays: bool = True) -> str:
    """All that limits days already taken: BYMONTHDAY if `numbered`, BYDAY if `weekdays`, and the rest."""
    days = f"{_only_numbered(rule) if numbered else ''}{_only_weekdays(rule) if weekdays else ''}"
    return f"{days}{_only_months(rule)}{_only_positions(rule)}"


def _only_weekdays(rule: Rule) -> str:
    if not _has_ordinals(rule):
        return f", only if it is {_names(_weekdays(rule), 'or')}" if rule.by_day else ""
    span = "month" if rule.freq is Freq.MONTHLY or rule.by_month else "year"
    names = [f"the {_nth(at)} {_DAYS[day]} of the {span}" if at else f"any {_DAYS[day]}" for at, day in rule.by_day]
    return f", only if it is {_listed(names, 'or')}"


def _only_months(rule: Rule) -> str:
    return f", only in {_listed(_month_names(rule))}" if rule.by_month else ""


def _only_numbered(rule: Rule) -> str:
    return f", only on {_numbered(rule.by_month_day)} of a month" if rule.by_month_day else ""


def _only_year_days(rule: Rule) -> str:
    return f", only on {_numbered(rule.by_year_day)} of a year" if rule.by_year_day else ""


def _only_positions(rule: Rule) -> str:
    return f", of these only {_positions(rule)} in each {_UNITS[rule.freq]}" if rule.by_set_pos else ""


def _left_positions(rule: Rule) -> str:
    """BYSETPOS where `_weekday_choice` has not said it."""
    said = _is_one_span(rule) and not _has_ordinals(rule)
    return "" if said else _only_positions(rule)


# Words.


def _is_one_span(rule: Rule) -> bool:
    """Whether BYSETPOS counts in the one month or year that is named, not in a year's January and June."""
    return rule.freq is Freq.MONTHLY or len(rule.by_month) <= 1


def _has_ordinals(rule: Rule) -> bool:
    return any(day.ordinal for day in rule.by_day)


def _weekdays(rule: Rule) -> frozenset[int]:
    return frozenset(day.weekday for day in rule.by_day)


def _month_names(rule: Rule) -> list[str]:
    return [_MONTHS[month - 1] for month in rule.by_month]


def _names(weekdays: frozenset[int], word: str) -> str:
    names = _DAYS if len(weekdays) == 1 else _SHORT
    return _listed([names[weekday] for weekday in sorted(weekdays)], word)


def _numbered(numbers: Sequence[int]) -> str:
    """Numbers of days: the 1st and 15th, the 1st and the last day."""
    forward = [_nth(number) for number in numbers if number > 0]
    backward = [_nth(number) for number in numbers if number < 0]
    groups = [f"the {_listed(forward)}"] if forward else []
    if backward:
        groups.append(f"the {_listed(backward)} day")
    return " and ".join(groups)


def _positions(rule: Rule) -> str:
    return f"the {_listed([_nth(number) for number in rule.by_set_pos])}"


def _nth(number: int) -> str:
    """1st, 2nd, 11th; last, 2nd to last."""
    if number < 0:
        return "last" if number == -1 else f"{_nth(-number)} to last"
    tens, ones = divmod(number % 100, 10)
    return f"{number}{'th' if tens == 1 else {1: 'st', 2: 'nd', 3: 'rd'}.get(ones, 'th')}"


def _listed(words: Sequence[str], word: str = "and") -> str:
    return f"{', '.join(words[:-1])} {word} {words[-1]}" if len(words) > 1 else "".join(words)
