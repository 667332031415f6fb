"""When a quick-add task is due: a day, a time and a series, put together in the user's zone.

Pure. A time without a day is today's, or tomorrow's once it is past; a series begins with its first occurrence that is
not past. Local times become instants as everywhere (`domain.recurrence.to_instant`).
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from domain import quick_add_times as times
from domain.quick_add_choice import Choice
from domain.quick_add_days import after
from domain.quick_add_limits import Limit, Repeats
from domain.quick_add_recurrence import Series
from domain.quick_add_spans import Span
from domain.quick_add_times import MIDNIGHT
from domain.recurrence import (
    Anchor,
    Pattern,
    Rule,
    RuleError,
    check,
    rule_of_pattern,
    rule_text,
    settled,
    to_instant,
    to_local,
)
from domain.recurring import RecurrenceSpec
from domain.rrule import occurrences_after

# A gap of a zone, and a first occurrence that is past already.
_MOST_PAST = 3


def instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """That many minutes of wall-clock time after the day has begun; 1440 is the beginning of the next."""
    days, left = divmod(minutes, MIDNIGHT)
    return to_instant(datetime.combine(day, time(left // 60, left % 60)) + timedelta(days), zone)


def instant_of(day: date | None, minutes: int | None, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant of a day, or of a time that is still to come."""
    if day is None and minutes is None:
        return None
    today = to_local(now, zone).date()
    if day is not None or minutes is None:
        return instant(day or today, minutes or 0, zone)
    first = instant(today, minutes, zone)
    return first if first > now else instant(today + timedelta(1), minutes, zone)


def first_of(rule: Rule, since: date | None, minutes: int | None, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The local start of a series: the first slot of its days from `since` on, or from now."""
    today = to_local(now, zone).date()
    clock = time() if minutes is None else time(minutes % MIDNIGHT // 60, minutes % 60)
    base = datetime.combine(since or today, clock)
    if _takes_days_from_start(rule):
        slots = [base, base + timedelta(1)]
    else:
        before = base - timedelta(1)
        # Its days, whichever of the weeks or months they are first in.
        slots = list(islice(occurrences_after(replace(rule, interval=1), before, before), _MOST_PAST))
    past_counts = since is not None or minutes is None
    return next((slot for slot in slots if past_counts or to_instant(slot, zone) > now), None)


def rule_from(rule: Rule, start: datetime, limit: Limit | None, zone: ZoneInfo) -> Rule | None:
    """The rule as a task can have it, with its end; None where it would never occur again."""
    if _takes_days_from_start(rule):
        rule = rule_of_pattern(Pattern(rule.freq.value.lower()), rule.interval, None, start, zone)
    if limit is not None:
        until = limit.until
        if limit.lasts is not None:
            number, unit = limit.lasts
            following = after(start.date(), number, unit)
            until = following - timedelta(1) if following else None
        rule = replace(rule, count=limit.count, until=until)
    try:
        check(rule, start, zone)
    except RuleError:
        return None
    return settled(rule, start)


def _takes_days_from_start(rule: Rule) -> bool:
    return not (rule.by_day or rule.by_month_day)


@dataclass(frozen=True, slots=True)
class Due:
    instant: datetime | None
    all_day: bool
    recurrence: RecurrenceSpec | None
    spans: list[Span]
    day: date | None = None


def due(repeats: Repeats, chosen: Choice, *, now: datetime, zone: ZoneInfo) -> Due:
    """The first occurrence of a series that can be one; else the day and time that are named."""
    minutes = _minutes_of(chosen, repeats.series, now=now, zone=zone)
    spans = _due_spans(chosen)
    for limit in (repeats.limit, None):
        recurring = _recurring(replace(repeats, limit=limit), chosen, minutes, now=now, zone=zone)
        if recurring:
            start, spec = recurring
            claims = replace(repeats, limit=limit).claims
            spans += [Span("recurrence", claim.start, claim.end) for claim in claims]
            return Due(to_instant(start, zone), minutes is None, spec, spans, start.date())
    if chosen.moment:
        soon = now.replace(microsecond=0).astimezone(UTC) + timedelta(minutes=chosen.moment.minutes)
        return Due(soon, all_day=False, recurrence=None, spans=spans)
    day = _day_of(chosen, now=now, zone=zone)
    at = instant_of(day, minutes, now=now, zone=zone)
    return Due(at, at is not None and minutes is None, None, spans, day)


def _recurring(
    repeats: Repeats, chosen: Choice, minutes: int | None, *, now: datetime, zone: ZoneInfo
) -> tuple[datetime, RecurrenceSpec] | None:
    """The local start and the rule; None for what never occurs again."""
    if repeats.series is None:
        return None
    if chosen.moment:
        start: datetime | None = to_local(now, zone).replace(microsecond=0) + timedelta(minutes=chosen.moment.minutes)
    else:
        since = chosen.day.date if chosen.day else None
        start = first_of(repeats.series.rule, since, minutes, now=now, zone=zone)
    rule = rule_from(repeats.series.rule, start, repeats.limit, zone) if start else None
    if start is None or rule is None:
        return None
    completes = repeats.series.after_completion or repeats.completion
    anchor = Anchor.COMPLETION if completes else Anchor.NEXT_SLOT
    return start, RecurrenceSpec(rule=rule_text(rule), anchor=anchor)


def _minutes_of(chosen: Choice, series: Series | None, *, now: datetime, zone: ZoneInfo) -> int | None:
    """The time of day, as the clock or the part of the day says it; None for all day."""
    said = chosen.part.name if chosen.part else chosen.day.part if chosen.day and chosen.day.part else None
    part = said or (series.part if series else None)
    if chosen.clock:
        return times.in_part(chosen.clock, part) if part else chosen.clock.minutes
    if part is None:
        return chosen.day.minutes if chosen.day else None
    minutes = times.DEFAULTS[part]
    over = chosen.day and series is None and instant(chosen.day.date, minutes, zone) <= now
    # "Tonight", said at 10 in the evening, still means today.
    return None if over else minutes


def _day_of(chosen: Choice, *, now: datetime, zone: ZoneInfo) -> date | None:
    if chosen.day is None:
        # The end of the day, without a day, is today's.
        return to_local(now, zone).date() if chosen.clock and chosen.clock.minutes is None else None
    strictly = chosen.before and chosen.clock is None and chosen.part is None
    return chosen.day.date - timedelta(1) if strictly else chosen.day.date


def _due_spans(chosen: Choice) -> list[Span]:
    named = chosen.day or chosen.moment
    spans = [Span("dueDate", chosen.start, named.end)] if named else []
    return spans + [Span("dueDate", each.start, each.end) for each in (chosen.clock, chosen.part) if each]
