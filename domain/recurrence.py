"""What a recurring task needs on top of RFC 5545: patterns, time zones, and where the next occurrence is.

Pure: rules and moments in, moments out. The days of a rule are in `domain.rrule`, its English in
`domain.recurrence_text`; who spawns the next task and keeps its place is the use-case.

A series lives from one occurrence to the next: `scheduled_for` of the current one, naive and local in the
task's zone, is the start that the rule is expanded from. It has to be kept as local time: a slot at 02:30
that a change to summer time moves to 03:30 is at 02:30 again the next day. So that no day depends on the
first start, a rule is stored as `settled` makes it.
"""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from zoneinfo import ZoneInfo

from domain.rrule import (
    MOST_INTERVAL,
    Freq,
    Rule,
    RuleError,
    Skip,
    count_between,
    explicit,
    next_after,
    occurrences,
    occurrences_after,
    parse_rule,
    rule_text,
)
from domain.rrule_parse import until_text

__all__ = [
    "MOST_INTERVAL",
    "MOST_UPCOMING",
    "Anchor",
    "Pattern",
    "Rule",
    "RuleError",
    "Slot",
    "check",
    "localized",
    "midnight",
    "next_occurrence",
    "parse_rule",
    "pattern_of",
    "rule_of_pattern",
    "rule_text",
    "settled",
    "to_instant",
    "to_local",
    "upcoming",
]

MOST_UPCOMING = 50


class Pattern(StrEnum):
    """What can be said without a rule; CUSTOM is everything else."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    CUSTOM = "custom"


class Anchor(StrEnum):
    """Where the next occurrence is counted from."""

    EVERY_SLOT = "every_slot"
    NEXT_SLOT = "next_slot"
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place of the series: its local time (naive), the same as an instant (UTC), its number from 1."""

    local: datetime
    instant: datetime
    index: int


# Time zones.


def to_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a naive local time, by RFC 5545 3.3.5.

    A time that a zone skips has the offset from before the gap, so it moves forward by the gap; of a time
    that occurs twice it is the first. RuleError where it is not in the years 1 to 9999.
    """
    try:
        return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    except OverflowError:
        raise RuleError(f"{local.isoformat()} is too far away") from None


def to_local(instant: datetime, zone: ZoneInfo) -> datetime:
    """The naive local time of an aware instant; RuleError as for `to_instant`."""
    try:
        return instant.astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:
        raise RuleError(f"{instant.isoformat()} is too far away") from None


def midnight(local: datetime) -> datetime:
    """The start of its day; of an all-day slot, whatever the clocks do there."""
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def localized(rule: Rule, clock: time, zone: ZoneInfo) -> Rule:
    """The rule with a UNTIL in UTC as the last local slot at `clock` that is not later than it."""
    until = rule.until
    if not isinstance(until, datetime) or until.tzinfo is None:
        return rule
    if not date.min.year < until.year < date.max.year:
        # "For ever" is often written so; a day more or less has no date there, and changes nothing.
        return replace(rule, until=until.replace(tzinfo=None))
    day = to_local(until, zone).date()
    # Where clocks go back over midnight, a slot of the next day can be earlier than a moment of this one.
    near = (datetime.combine(day + timedelta(days), clock) for days in (1, 0, -1) if days < 1 or day < date.max)
    return replace(rule, until=next(slot for slot in near if to_instant(slot, zone) <= until))


# Patterns.


def rule_of_pattern(
    pattern: Pattern,
    interval: int,
    end_date: datetime | None,
    start: datetime,
    zone: ZoneInfo,
    *,
    current: Rule | None = None,
) -> Rule:
    """The rule of a pattern from `start` (naive, local) on; `end_date` (aware) is inclusive.

    MONTHLY from the 29th, 30th or 31st and YEARLY from 29 February fall on the last day of a shorter month
    and return to their day after it. `current` is the rule that is being changed: if it is of this pattern
    and interval already, it keeps its days, for a series on the 31st may just be at its 28 February.
    """
    if not 1 <= interval <= MOST_INTERVAL:
        raise RuleError(f"the interval cannot be {interval}: it must be a whole number from 1 to {MOST_INTERVAL}")
    if pattern is Pattern.CUSTOM:
        raise RuleError("the pattern CUSTOM says no days: give a rule instead")
    until = None if end_date is None else _whole_second(end_date)
    if current is not None and pattern_of(current, start, zone)[:2] == (pattern, interval):
        return settled(replace(current, until=until), start)
    rule = Rule(Freq(pattern.value.upper()), interval=interval, until=until)
    return _clamped(rule, start)


def pattern_of(rule: Rule, start: datetime, zone: ZoneInfo) -> tuple[Pattern, int, datetime | None]:
    """Pattern, interval and last moment (UTC) of a rule, as far as they can say it; else CUSTOM.

    A pattern is the answer where every occurrence after `start` is one that the pattern gives: so FREQ alone,
    one weekday of a week, one day of a month that every month has, one date of a year that every year has,
    and the forms that fall on the last day of shorter months. FREQ=MONTHLY from the 31st is CUSTOM (it skips
    short months), and so is every rule with COUNT.
    """
    pattern = Pattern(rule.freq.value.lower()) if _is_pattern(rule, start) else Pattern.CUSTOM
    return pattern, rule.interval, _end(rule, zone)


def settled(rule: Rule, start: datetime) -> Rule:
    """The rule as it is to be stored: with the day written out that SKIP may move, for a moved start lacks it."""
    if rule.skip is Skip.OMIT:
        return rule
    clamped = _clamped(replace(rule, skip=Skip.OMIT), start)
    if rule.skip is Skip.BACKWARD and _lean(clamped) in _CLAMPED and _lean(rule) == Rule(rule.freq, skip=rule.skip):
        return clamped
    return explicit(rule, start)


# A missing day becomes the last of its month: the last of the days that month has among 28 and what is meant.
_CLAMPED = {
    Rule(Freq.MONTHLY, by_month_day=(28, 29), by_set_pos=(-1,)): 29,
    Rule(Freq.MONTHLY, by_month_day=(28, 29, 30), by_set_pos=(-1,)): 30,
    Rule(Freq.MONTHLY, by_month_day=(28, 29, 30, 31), by_set_pos=(-1,)): 31,
    Rule(Freq.YEARLY, by_month=(2,), by_month_day=(28, 29), by_set_pos=(-1,)): 29,
}


def _lean(rule: Rule) -> Rule:
    """What the rule says of days alone."""
    return replace(rule, interval=1, count=None, until=None, week_start=0)


def _clamped(rule: Rule, start: date) -> Rule:
    """A rule of FREQ alone, so that a day which `start` has and other months lack becomes their last."""
    for form, day in _CLAMPED.items():
        if form.freq is rule.freq and day == start.day and form.by_month in ((), (start.month,)):
            return replace(rule, by_month=form.by_month, by_month_day=form.by_month_day, by_set_pos=form.by_set_pos)
    return rule


def _is_pattern(rule: Rule, start: datetime) -> bool:
    lean, bare = _lean(rule), Rule(rule.freq)
    if rule.count is not None:
        return False
    if lean in _CLAMPED:
        return _is_last_or(_CLAMPED[lean], start) and lean.by_month in ((), (start.month,))
    if _clamped(bare, start) != bare:
        return explicit(lean, start) == explicit(replace(bare, skip=Skip.BACKWARD), start)
    return explicit(replace(lean, skip=Skip.OMIT), start) == explicit(bare, start)


def _is_last_or(day: int, start: datetime) -> bool:
    return start.day == min(day, monthrange(start.year, start.month)[1])


def _whole_second(moment: datetime) -> datetime:
    """UNTIL has no fractions; rounding up keeps an occurrence at the very end."""
    utc = moment.astimezone(UTC)
    return utc if not utc.microsecond else utc.replace(microsecond=0) + timedelta(seconds=1)


def _end(rule: Rule, zone: ZoneInfo) -> datetime | None:
    if rule.until is None or (isinstance(rule.until, datetime) and rule.until.tzinfo):
        return rule.until
    last = rule.until if isinstance(rule.until, datetime) else datetime.combine(rule.until, time(23, 59, 59))
    # In the year 9999 the zone would have to give way.
    return to_instant(last, zone) if last.year < date.max.year else last.replace(tzinfo=UTC)


# Series.


def next_occurrence(
    rule: Rule,
    *,
    scheduled_for: datetime,
    zone: ZoneInfo,
    anchor: Anchor,
    index: int,
    now: datetime,
    completed_at: datetime,
) -> Slot | None:
    """The occurrence after the one at `scheduled_for` (naive, local), which is number `index` (from 1).

    None when COUNT or UNTIL ends the series. COUNT bounds the slots of the grid, as in RFC 5545: a slot that
    NEXT_SLOT steps over was one of them, so "10 times" ends on the day it would have without the misses. With
    COMPLETION there is no grid: only what was spawned counts. `now` and `completed_at` are aware.
    """
    last = _last_slot(rule, scheduled_for, zone)
    endless = replace(rule, count=None, until=None)
    if anchor is Anchor.COMPLETION:
        local = _after_completion(endless, scheduled_for, to_local(completed_at, zone))
        number = index + 1
    else:
        floor = to_instant(scheduled_for, zone)
        local = _first_later(endless, scheduled_for, zone, max(floor, now) if anchor is Anchor.NEXT_SLOT else floor)
        number = index if local is None else index + count_between(endless, scheduled_for, local)
    if local is None or (last is not None and local > last) or (rule.count is not None and number > rule.count):
        return None
    return Slot(local, to_instant(local, zone), number)


def upcoming(rule: Rule, *, scheduled_for: datetime, zone: ZoneInfo, index: int, count: int) -> list[datetime]:
    """At most `count` (1..50) instants (UTC) of the grid from the current occurrence, number `index`, on."""
    here = localized(rule, scheduled_for.time(), zone)
    left = count if rule.count is None else max(1, min(count, rule.count - index + 1))
    slots = islice(occurrences(replace(here, count=None), scheduled_for), min(left, MOST_UPCOMING))
    # A zone that skips a day makes two slots one instant.
    return sorted({to_instant(slot, zone) for slot in slots})


def check(rule: Rule, start: datetime, zone: ZoneInfo) -> None:
    """Raises RuleError, saying why, for a rule that has no occurrence after `start` (naive, local)."""
    if rule.count == 1:
        raise RuleError("COUNT=1 does not recur: COUNT includes the task itself, so it must be at least 2")
    last = _last_slot(rule, start, zone)
    if last is not None and last < start:
        raise RuleError(f"{_until_named(rule)} is before the task is due")
    following = next_after(replace(rule, until=None), start, start)
    if following is None:
        raise RuleError("the rule never occurs: in 400 years no day matches all of its parts")
    if last is not None and following > last:
        raise RuleError(f"{_until_named(rule)} is before the second occurrence, {following:%Y-%m-%d}")


def _until_named(rule: Rule) -> str:
    return f"UNTIL={until_text(rule.until)}" if rule.until else "UNTIL"


def _last_slot(rule: Rule, start: datetime, zone: ZoneInfo) -> datetime | None:
    """UNTIL as the last local moment that a slot with the time of day of `start` may have."""
    until = localized(rule, start.time(), zone).until
    if until is None or isinstance(until, datetime):
        return until
    return datetime.combine(until, time.max)


def _first_later(rule: Rule, start: datetime, zone: ZoneInfo, floor: datetime) -> datetime | None:
    """The first slot of the grid after `start` whose instant is later than `floor`.

    The search begins two days early: a zone can skip a whole day, and then a slot's local time is behind its
    instant's by that much.
    """
    after = max(start, to_local(floor, zone) - timedelta(days=2)) if floor.year > 1 else start
    slots = occurrences_after(rule, start, after)
    return next((slot for slot in slots if to_instant(slot, zone) > floor), None)


def _after_completion(rule: Rule, scheduled_for: datetime, completed: datetime) -> datetime | None:
    """The first slot after the day of completion, which is the new start; the time of day stays.

    A day taken from the start falls on the last of a month that lacks it. A rule that the new start would end
    (29 February every 4 years, completed in 2025) goes on in its old grid.
    """
    start = datetime.combine(completed.date(), scheduled_for.time())
    if _lean(rule) in _CLAMPED:
        moving = Rule(rule.freq, interval=rule.interval, skip=Skip.BACKWARD)
    elif rule.skip is Skip.OMIT and not (rule.by_month_day or rule.by_year_day):
        moving = replace(rule, skip=Skip.BACKWARD)
    else:
        moving = rule
    return next_after(moving, start, start) or next_after(rule, scheduled_for, max(start, scheduled_for))
