"""The engine against a day-by-day reading of RFC 5545 that shares nothing with it but the parsed rule.

`TICKLER_HYPOTHESIS_EXAMPLES` sets how many rules each property is tried with (default 300).
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import takewhile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.recurrence_text import describe
from domain.rrule import (
    Freq,
    Rule,
    RuleError,
    Skip,
    count_between,
    explicit,
    next_after,
    occurrences,
    parse_rule,
    rule_text,
)

EXAMPLES = int(os.environ.get("TICKLER_HYPOTHESIS_EXAMPLES", "300"))
YEARS = 4
ONE_DAY = timedelta(days=1)

many = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# The reading of the RFC, day by day.


def days_between(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += ONE_DAY


def last_of_month(day: date) -> date:
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return after - ONE_DAY


def week_of(day: date, week_start: int) -> date:
    while day.weekday() != week_start:
        day -= ONE_DAY
    return day


@cache
def week_year_and_numbers(day: date, week_start: int) -> tuple[int, int, int]:
    """The year a week counts in is that of its fourth day: at least four of its days lie in it."""
    week = week_of(day, week_start)
    year = (week + 3 * ONE_DAY).year
    near = days_between(date(year, 1, 1) - 7 * ONE_DAY, date(year, 12, 31))
    weeks = [day for day in near if day.weekday() == week_start and (day + 3 * ONE_DAY).year == year]
    return year, weeks.index(week) + 1, weeks.index(week) - len(weeks)


def span_of(rule: Rule, day: date) -> tuple[date, date]:
    """The span that the numbers of BYDAY count in."""
    if rule.freq is Freq.MONTHLY or rule.by_month:
        return day.replace(day=1), last_of_month(day)
    return date(day.year, 1, 1), date(day.year, 12, 31)


def matches_by_day(rule: Rule, day: date) -> bool:
    if not rule.by_day:
        return True
    first, last = span_of(rule, day)
    before = sum(1 for other in days_between(first, day) if other.weekday() == day.weekday())
    after = sum(1 for other in days_between(day, last) if other.weekday() == day.weekday())
    return any(value.weekday == day.weekday() and value.ordinal in (0, before, -after) for value in rule.by_day)


def in_list(numbers: tuple[int, ...], number: int, length: int) -> bool:
    return not numbers or number in numbers or number - length - 1 in numbers


def in_month(rule: Rule, day: date) -> bool:
    return not rule.by_month or day.month in rule.by_month


def on_month_day(rule: Rule, day: date) -> bool:
    return in_list(rule.by_month_day, day.day, last_of_month(day).day)


def on_year_day(rule: Rule, day: date) -> bool:
    length = (date(day.year, 12, 31) - date(day.year, 1, 1)).days + 1
    return in_list(rule.by_year_day, (day - date(day.year, 1, 1)).days + 1, length)


def moved(first: date, last: date, number: int, skip: Skip) -> date | None:
    """The number-th day of a span, or what SKIP says to take for it (RFC 7529, 4.1)."""
    days = list(days_between(first, last))
    if 1 <= number <= len(days):
        return days[number - 1]
    if -len(days) <= number <= -1:
        return days[number]
    beyond_end = number > 0
    if skip is Skip.OMIT:
        return None
    if skip is Skip.BACKWARD:
        return last if beyond_end else first - ONE_DAY
    return last + ONE_DAY if beyond_end else first


Period = tuple[int, ...]


def numbered_days(rule: Rule, years: range) -> Iterator[tuple[Period, date]]:
    """Days that BYYEARDAY or BYMONTHDAY makes where they expand, each with the period it was made for."""
    for year in years:
        if rule.by_year_day:
            for number in rule.by_year_day:
                day = moved(date(year, 1, 1), date(year, 12, 31), number, rule.skip)
                if day and in_month(rule, day) and on_month_day(rule, day) and matches_by_day(rule, day):
                    yield (year,), day
            continue
        for month in range(1, 13):
            first = date(year, month, 1)
            for number in rule.by_month_day:
                day = moved(first, last_of_month(first), number, rule.skip)
                if day and in_month(rule, first) and matches_by_day(rule, day):
                    yield (year,) if rule.freq is Freq.YEARLY else (year * 12 + month,), day


def existing_days(rule: Rule, years: range) -> Iterator[tuple[Period, date]]:
    """Every day that all parts allow, with the period it lies in."""
    for day in days_between(date(years[0], 1, 1), date(years[-1], 12, 31)):
        parts = in_month(rule, day) and on_month_day(rule, day) and on_year_day(rule, day)
        if not parts or not matches_by_day(rule, day):
            continue
        if rule.by_week_no:
            year, number, backward = week_year_and_numbers(day, rule.week_start)
            if number in rule.by_week_no or backward in rule.by_week_no:
                yield (year,), day
        else:
            yield calendar_period(rule, day), day


def calendar_period(rule: Rule, day: date) -> Period:
    return {
        Freq.DAILY: (day.toordinal(),),
        Freq.WEEKLY: ((week_of(day, rule.week_start) - date(1990, 1, 1)).days // 7,),
        Freq.MONTHLY: (day.year * 12 + day.month,),
        Freq.YEARLY: (day.year,),
    }[rule.freq]


def read_by_hand(rule: Rule, start: datetime, end: date) -> list[date]:
    """All days of the series up to `end`, the start's among them."""
    rule = with_parts_of_start(rule, start)
    years = range(start.year - 1, end.year + 2)
    expands = (rule.by_month_day or rule.by_year_day) and not rule.by_week_no and rule.freq is not Freq.DAILY
    sets: dict[Period, set[date]] = defaultdict(set)
    for period, day in (numbered_days if expands else existing_days)(rule, years):
        sets[period].add(day)
    chosen = {period: by_position(rule, sorted(days)) for period, days in sets.items()}
    home = calendar_period(rule, start.date())
    if start.date() not in chosen.get(home, ()):
        spilled = [period for period, days in chosen.items() if start.date() in days]
        home = spilled[0] if spilled else home
    days = {day for period, taken in chosen.items() if (period[0] - home[0]) % rule.interval == 0 for day in taken}
    days = {day for day in days if start.date() < day <= end}
    if isinstance(rule.until, date):
        days = {day for day in days if until_allows(rule.until, datetime.combine(day, start.time()))}
    return [start.date(), *sorted(days)][: rule.count]


def until_allows(until: date | datetime, moment: datetime) -> bool:
    return moment <= until if isinstance(until, datetime) else moment.date() <= until


def by_position(rule: Rule, days: list[date]) -> list[date]:
    if not rule.by_set_pos:
        return days
    return [day for at, day in enumerate(days) if at + 1 in rule.by_set_pos or at - len(days) in rule.by_set_pos]


def with_parts_of_start(rule: Rule, start: datetime) -> Rule:
    """3.3.10: "Information, not contained in the rule, … are derived from the Start Time"."""
    text = rule_text(rule)
    if rule.by_day or rule.by_month_day or rule.by_year_day or rule.freq is Freq.DAILY:
        return rule
    if rule.freq is Freq.WEEKLY or rule.by_week_no:
        return parse_rule(f"{text};BYDAY={start:%a}".upper()[: len(text) + 9])
    if rule.freq is Freq.YEARLY and not rule.by_month:
        text += f";BYMONTH={start.month}"
    # Set positions are checked against parts given, so that the text with them is legal again.
    return parse_rule(f"{text};BYMONTHDAY={start.day}")


# Rules and starts.


def some(values: st.SearchStrategy[int], most: int = 4) -> st.SearchStrategy[list[int]]:
    return st.lists(values, min_size=1, max_size=most, unique=True)


def either_sign(highest: int) -> st.SearchStrategy[int]:
    near_ends = st.sampled_from([1, 2, 3, highest - 2, highest - 1, highest])
    return st.builds(lambda number, sign: number * sign, near_ends | st.integers(1, highest), st.sampled_from([1, -1]))


WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
plain_days = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7, unique=True)
ordinals = st.integers(-5, 5).filter(bool) | st.sampled_from([-53, -52, -10, 6, 20, 52, 53])
numbered_weekdays = st.lists(
    st.builds(lambda number, day: f"{number}{day}", ordinals, st.sampled_from(WEEKDAYS)),
    min_size=1,
    max_size=3,
)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Any legal rule; each part is there with some chance, small intervals are likelier."""
    freq = draw(st.sampled_from(list(Freq)))
    yearly = freq is Freq.YEARLY
    parts: dict[str, object] = {}

    def maybe(name: str, values: st.SearchStrategy[object], *, allowed: bool = True, chance: int = 3) -> None:
        if allowed and draw(st.integers(1, chance)) == 1:
            value = draw(values)
            parts[name] = ",".join(map(str, value)) if isinstance(value, list) else value

    maybe("INTERVAL", st.integers(1, 6) | st.integers(1, 40), chance=2)
    maybe("BYMONTH", some(st.integers(1, 12)))
    maybe("BYWEEKNO", some(either_sign(53)), allowed=yearly)
    maybe("BYYEARDAY", some(either_sign(366), 8), allowed=yearly)
    maybe("BYMONTHDAY", some(either_sign(31), 8), allowed=freq is not Freq.WEEKLY)
    numbers_allowed = freq in (Freq.MONTHLY, Freq.YEARLY) and "BYWEEKNO" not in parts
    maybe("BYDAY", plain_days | numbered_weekdays if numbers_allowed else plain_days, chance=2)
    maybe("BYSETPOS", some(either_sign(7), 3), allowed=any(name.startswith("BY") for name in parts))
    maybe("WKST", st.sampled_from(WEEKDAYS))
    maybe("SKIP", st.sampled_from(list(Skip)))
    maybe("COUNT", st.integers(1, 12), chance=6)
    if "COUNT" not in parts:
        maybe(
            "UNTIL",
            st.dates(date(1996, 1, 1), date(2034, 1, 1)).map(lambda day: f"{day:%Y%m%d}T090000"),
            chance=6,
        )
    return ";".join([f"FREQ={freq}", *(f"{name}={value}" for name, value in parts.items())])


edges = st.builds(
    date,
    st.integers(1995, 2030),
    st.sampled_from([1, 2, 3, 12]),
    st.sampled_from([1, 2, 27, 28]),
) | st.sampled_from([date(2024, 2, 29), date(2026, 1, 31), date(2018, 12, 31), date(2020, 12, 30), date(2027, 1, 3)])
starts = st.builds(
    datetime.combine,
    st.dates(date(1995, 1, 1), date(2030, 12, 31)) | edges,
    st.sampled_from([time(9), time(0), time(23, 59, 59)]),
)


def engine_days(rule: Rule, start: datetime, end: date) -> list[date]:
    return [moment.date() for moment in takewhile(lambda moment: moment.date() <= end, occurrences(rule, start))]


@many
@given(rules(), starts)
def test_the_engine_finds_the_days_that_reading_day_by_day_finds(text: str, start: datetime) -> None:
    rule = parse_rule(text)
    end = date(start.year + YEARS, 6, 30)
    assert engine_days(rule, start, end) == read_by_hand(rule, start, end)


@many
@given(rules(), starts)
def test_the_text_of_a_rule_is_the_rule(text: str, start: datetime) -> None:
    rule = parse_rule(text)
    assert parse_rule(rule_text(rule)) == rule
    assert rule_text(parse_rule(rule_text(rule))) == rule_text(rule)
    # What comes from the start can be written out without changing a day.
    end = date(start.year + YEARS, 6, 30)
    assert engine_days(explicit(rule, start), start, end) == engine_days(rule, start, end)


@many
@given(rules(), starts, st.integers(-40, 4000))
def test_a_jump_lands_where_walking_lands(text: str, start: datetime, days: int) -> None:
    rule = parse_rule(text.replace("COUNT=", "INTERVAL=") if "INTERVAL" not in text else text.partition(";COUNT")[0])
    after = start + timedelta(days=days, hours=1)
    end = after.date() + timedelta(days=366 * YEARS)
    walked = next((day for day in engine_days(rule, start, end) if datetime.combine(day, start.time()) > after), None)
    jumped = next_after(rule, start, after)
    assert (jumped.date() if jumped and jumped.date() <= end else None) == walked


@many
@given(rules(), starts, st.integers(0, 3000), st.integers(-1, 1))
def test_counting_is_as_walking(text: str, start: datetime, days: int, hours: int) -> None:
    rule = parse_rule(text)
    endless = parse_rule(";".join(part for part in text.split(";") if not part.startswith(("COUNT", "UNTIL"))))
    end = start + timedelta(days=days, hours=hours)
    walked = takewhile(lambda moment: moment <= end, occurrences(endless, start))
    assert count_between(rule, start, end) == max(0, sum(1 for _ in walked) - 1)


@many
@given(rules(), rules(), starts)
def test_rules_that_read_alike_are_alike(one: str, other: str, start: datetime) -> None:
    first, second = (parse_rule(text) for text in (one, other))
    if describe(first, start=start, all_day=True) == describe(second, start=start, all_day=True):
        end = date(start.year + YEARS, 6, 30)
        assert engine_days(first, start, end) == engine_days(second, start, end)


near_rules = st.text(alphabet="FREQ=DAILYWKMONTHS;BUTIV,+-0123456789 :\n٣", max_size=60) | st.builds(
    lambda text, at, junk: text[:at] + junk + text[at:],
    rules(),
    st.integers(0, 60),
    st.sampled_from([";", "=", ",", "0", "-", "999999999", "BYDAY=", ";FREQ=DAILY", "٣", "\n", "Z", ";COUNT=2"]),
)


@many
@given(near_rules)
def test_any_text_is_a_rule_or_refused_with_a_reason(text: str) -> None:
    try:
        rule = parse_rule(text)
    except RuleError as refusal:
        reason = str(refusal)
    else:
        reason = "read again"
        assert parse_rule(rule_text(rule)) == rule
    assert len(reason) >= len("read again")


Change = Callable[[str], str]
changes: st.SearchStrategy[Change] = st.sampled_from(
    [
        lambda text: text + ";WKST=SU" if "WKST" not in text else text,
        lambda text: text + ";SKIP=FORWARD" if "SKIP" not in text else text,
        lambda text: text + ";SKIP=BACKWARD" if "SKIP" not in text else text,
        lambda text: text.replace("BYDAY=", "BYDAY=MO,"),
        lambda text: text.replace("BYMONTHDAY=", "BYMONTHDAY=1,"),
        lambda text: text.replace("BYSETPOS=", "BYSETPOS=-1,"),
        lambda text: text.replace("BYMONTH=", "BYMONTH=12,"),
        lambda text: text.replace("FREQ=WEEKLY", "FREQ=DAILY") if "BYDAY" in text else text,
        lambda text: text.replace("FREQ=YEARLY", "FREQ=MONTHLY"),
        lambda text: ";".join(part for part in text.split(";") if not part.startswith("BYDAY")),
        lambda text: ";".join(part for part in text.split(";") if not part.startswith("BYMONTHDAY")),
        lambda text: ";".join(part for part in text.split(";") if not part.startswith("BYSETPOS")),
    ]
)


@many
@given(rules(), changes, starts)
def test_a_changed_rule_reads_the_same_only_if_it_means_the_same(text: str, change: Change, start: datetime) -> None:
    try:
        first, second = parse_rule(text), parse_rule(change(text))
    except RuleError:
        return
    if describe(first, start=start, all_day=True) == describe(second, start=start, all_day=True):
        end = date(start.year + YEARS, 6, 30)
        assert engine_days(first, start, end) == engine_days(second, start, end)
