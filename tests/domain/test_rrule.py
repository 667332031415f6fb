"""The days that rules mean where the RFC has no example, and that every search ends in few steps."""

import sys
from calendar import leapdays
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from types import FrameType

import pytest

from domain.rrule import RuleError, count_between, next_after, occurrences, parse_rule

at = datetime.fromisoformat


DAYS = {
    "monthly from the 31st skips shorter months": (
        "FREQ=MONTHLY",
        "2026-01-31",
        "2026-01-31 2026-03-31 2026-05-31 2026-07-31",
    ),
    "yearly from 29 February skips common years, and 1900": (
        "FREQ=YEARLY",
        "1892-02-29",
        "1892-02-29 1896-02-29 1904-02-29",
    ),
    "SKIP=BACKWARD takes the last day": (
        "FREQ=MONTHLY;SKIP=BACKWARD",
        "2026-01-31",
        "2026-01-31 2026-02-28 2026-03-31 2026-04-30",
    ),
    "SKIP=FORWARD takes the day after": (
        "FREQ=MONTHLY;SKIP=FORWARD",
        "2026-01-31",
        "2026-01-31 2026-03-01 2026-03-31 2026-05-01 2026-05-31 2026-07-01",
    ),
    "one day from two months comes once": (
        "FREQ=MONTHLY;BYMONTHDAY=1,31;SKIP=FORWARD",
        "2026-01-31",
        "2026-01-31 2026-02-01 2026-03-01 2026-03-31 2026-04-01 2026-05-01 2026-05-31",
    ),
    "SKIP and a day counted from the end": (
        "FREQ=MONTHLY;BYMONTHDAY=-31;SKIP=FORWARD",
        "2026-01-01",
        "2026-01-01 2026-02-01 2026-03-01 2026-04-01",
    ),
    "a leap day moved forward": (
        "FREQ=YEARLY;SKIP=FORWARD",
        "2024-02-29",
        "2024-02-29 2025-03-01 2026-03-01 2027-03-01 2028-02-29",
    ),
    "day 366 moved forward is in the next year": (
        "FREQ=YEARLY;BYYEARDAY=366;SKIP=FORWARD",
        "2024-12-31",
        "2024-12-31 2026-01-01 2027-01-01 2028-01-01 2028-12-31 2030-01-01",
    ),
    "BYDAY comes after SKIP": (
        "FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=SU;SKIP=FORWARD",
        "2026-01-01",
        "2026-01-01 2026-03-01 2026-05-31 2027-01-31",
    ),
    "SKIP moves nothing where a part only limits": (
        "FREQ=DAILY;BYMONTHDAY=31;SKIP=BACKWARD",
        "2026-01-31",
        "2026-01-31 2026-03-31 2026-05-31",
    ),
    "only years with a 53rd week have one": (
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=FR",
        "2016-01-01",
        "2016-01-01 2021-01-01 2027-01-01 2032-12-31",
    ),
    "week 1 begins in December": (
        "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO",
        "2018-12-31",
        "2018-12-31 2019-12-30 2021-01-04 2022-01-03",
    ),
    "every other week 1 goes by the year of the week": (
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO",
        "2018-12-31",
        "2018-12-31 2021-01-04 2023-01-02 2024-12-30",
    ),
    "weeks that begin on Sunday are numbered otherwise": (
        "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;WKST=SU",
        "2024-01-01",
        "2024-01-01 2024-12-30 2026-01-05 2027-01-04",
    ),
    "the last week": (
        "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU",
        "2019-12-29",
        "2019-12-29 2021-01-03 2022-01-02 2023-01-01 2023-12-31",
    ),
    "a week without BYDAY has the start's weekday": (
        "FREQ=YEARLY;BYWEEKNO=20",
        "1997-05-15",
        "1997-05-15 1998-05-14 1999-05-20",
    ),
    "the last weekday of a year": (
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "2026-12-31",
        "2026-12-31 2027-12-31 2028-12-29",
    ),
    "a start that does not match is the first, and counts": (
        "FREQ=WEEKLY;BYDAY=MO;COUNT=3",
        "2026-11-25",
        "2026-11-25 2026-11-30 2026-12-07",
    ),
    "the date form of UNTIL has the whole day": (
        "FREQ=DAILY;UNTIL=20261127",
        "2026-11-25",
        "2026-11-25 2026-11-26 2026-11-27",
    ),
    "UNTIL is inclusive": (
        "FREQ=DAILY;UNTIL=20261127T090000",
        "2026-11-25",
        "2026-11-25 2026-11-26 2026-11-27",
    ),
    "UNTIL a second before is not": (
        "FREQ=DAILY;UNTIL=20261127T085959",
        "2026-11-25",
        "2026-11-25 2026-11-26",
    ),
    "a day of a week 1 in December has its own year's number": (
        "FREQ=YEARLY;BYWEEKNO=1;BYYEARDAY=365",
        "2012-06-01",
        "2012-06-01 2013-12-31 2014-12-31 2018-12-31",
    ),
    "a number in BYDAY counts in the month that BYMONTH names": (
        "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1,2,3,4,5,6,7;BYDAY=1MO",
        "2026-03-02",
        "2026-03-02 2027-03-01 2028-03-06",
    ),
    "every 999 years": ("FREQ=YEARLY;INTERVAL=999", "2024-02-29", "2024-02-29 6020-02-29"),
}


@pytest.mark.parametrize(("text", "start", "expected"), DAYS.values(), ids=DAYS)
def test_the_days_of_a_rule(text: str, start: str, expected: str) -> None:
    listed = expected.split()
    moment = at(f"{start}T09:00")
    found = islice(occurrences(parse_rule(text), moment), len(listed))
    assert [moment.date().isoformat() for moment in found] == listed


def test_an_occurrence_has_the_time_of_day_of_the_start() -> None:
    start = at("2026-11-23T23:59:58")
    assert list(occurrences(parse_rule("FREQ=DAILY;COUNT=2"), start)) == [start, start + timedelta(days=1)]


def test_the_next_occurrence_is_strictly_later_and_never_before_the_start() -> None:
    rule, start = parse_rule("FREQ=DAILY"), at("2026-11-23T09:00")
    assert next_after(rule, start, start - timedelta(days=3)) == start
    assert next_after(rule, start, start) == start + timedelta(days=1)
    assert next_after(rule, start, start + timedelta(days=5, seconds=-1)) == start + timedelta(days=5)
    assert next_after(rule, start, start + timedelta(days=5)) == start + timedelta(days=6)


@pytest.mark.parametrize(
    ("text", "start", "after", "expected"),
    [
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=FR,SU", "2020-01-03", "2021-01-02T09:00", "2021-01-03T09:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;SKIP=FORWARD", "2026-01-31", "2026-03-01T08:59", "2026-03-01T09:00"),
        ("FREQ=YEARLY;BYYEARDAY=366;SKIP=FORWARD", "2024-12-31", "2027-01-01T00:00", "2027-01-01T09:00"),
    ],
)
def test_a_search_sees_what_the_period_before_spills_over(text: str, start: str, after: str, expected: str) -> None:
    assert next_after(parse_rule(text), at(f"{start}T09:00"), at(after)) == at(expected)


def test_a_utc_until_must_be_made_local_first() -> None:
    rule, start = parse_rule("FREQ=DAILY;UNTIL=20261231T000000Z"), at("2026-01-01T09:00")
    with pytest.raises(ValueError, match="UTC"):
        next_after(rule, start, start)


def test_a_series_with_gaps_outlives_the_cycle_of_the_calendar() -> None:
    rule, start = parse_rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), at("2000-02-29")
    assert count_between(rule, start, at("4000-01-01")) == leapdays(2001, 4000)


def test_a_series_without_gaps_outlives_the_cycle_of_the_calendar() -> None:
    rule, start = parse_rule("FREQ=WEEKLY;COUNT=100000"), at("2026-01-01")
    end = start + timedelta(weeks=99_999)
    assert count_between(rule, start, end) == 99_999
    assert list(islice(occurrences(rule, start), 99_999, None)) == [end]


# Every search ends.


def calls_of(work: Callable[[], object]) -> int:
    """How many functions the work calls: what it costs, whatever the machine."""
    calls = 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30,31",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=5",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;BYDAY=TU;BYSETPOS=2",
        "FREQ=WEEKLY;BYDAY=TU;BYSETPOS=2",
        "FREQ=WEEKLY;BYMONTH=2;BYDAY=TU;BYSETPOS=-2",
        "FREQ=YEARLY;BYYEARDAY=100;BYMONTH=1",
        "FREQ=YEARLY;BYWEEKNO=30;BYMONTH=1",
        "FREQ=YEARLY;INTERVAL=4;BYYEARDAY=366",
        "FREQ=YEARLY;BYDAY=MO;BYSETPOS=54",
        "FREQ=YEARLY;BYMONTHDAY=1,2,3,4,5,6,7,8,9,10;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=366",
    ],
)
def test_a_rule_that_never_matches_is_found_out_in_bounded_steps(text: str) -> None:
    start = at("2026-01-01T09:00")  # a Thursday
    rule = parse_rule(text)
    assert next_after(rule, start, start) is None
    assert list(occurrences(rule, start)) == [start]
    assert calls_of(lambda: next_after(rule, start, start)) < 50_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU", "2032-02-29"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU", "2028-02-29"),
        ("FREQ=YEARLY;INTERVAL=5;BYMONTH=2;BYMONTHDAY=29", "2036-02-29"),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU;BYMONTHDAY=3;BYMONTH=1", "2027-01-03"),
        ("FREQ=MONTHLY;INTERVAL=7;BYMONTH=2;BYMONTHDAY=29", "2044-02-29"),
    ],
)
def test_a_rare_day_is_found_in_few_steps(text: str, expected: str) -> None:
    rule, start = parse_rule(text), at("2026-01-01T09:00")
    found = next_after(rule, start, start)
    assert found is not None
    assert found.date().isoformat() == expected
    assert calls_of(lambda: next_after(rule, start, start)) < 3_000


def test_a_daily_rule_that_meets_its_limits_after_more_than_400_years_ends() -> None:
    rule, start = parse_rule("FREQ=DAILY;INTERVAL=400;BYMONTHDAY=31,1,-30;BYDAY=SU,SA"), at("2026-01-06T09:00")
    assert next_after(rule, start, start) is None
    # By stepping: the first day that all parts allow.
    assert next_after(rule, start, at("2700-01-01")) == at("2866-01-02T09:00")


@pytest.mark.parametrize("text", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,FR", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY"])
def test_a_search_far_from_the_start_jumps(text: str) -> None:
    rule, start = parse_rule(text), at("1926-03-01T09:00")
    later = at("2926-03-01")
    near, far = (
        calls_of(lambda: next_after(rule, start, start)),
        calls_of(lambda: next_after(rule, start, later)),
    )
    assert far < near + 50


@pytest.mark.parametrize("year", [1, 2, 9997, 9998, 9999])
@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY",
        "FREQ=WEEKLY;WKST=SU;BYDAY=SU,MO",
        "FREQ=WEEKLY;WKST=WE;BYDAY=SU,WE;BYMONTH=1,12;INTERVAL=3",
        "FREQ=DAILY;INTERVAL=5;BYMONTHDAY=1,-1;BYDAY=SA,SU,MO",
        "FREQ=MONTHLY;BYMONTHDAY=-31;BYDAY=MO;SKIP=BACKWARD;INTERVAL=2",
        "FREQ=YEARLY;BYWEEKNO=1,-1;WKST=SU;INTERVAL=2",
        "FREQ=YEARLY;BYYEARDAY=366,-366;SKIP=FORWARD;INTERVAL=3",
    ],
)
def test_the_ends_of_the_calendar_are_no_error(text: str, year: int) -> None:
    for start in (at(f"{year:04}-01-01"), at(f"{year:04}-12-31T23:59")):
        found = list(islice(occurrences(parse_rule(text), start), 3))
        assert found[0] == start
        assert found == sorted(found)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;" * 100_000,
        "9" * 1_000_000,
        "FREQ=DAILY;COUNT=" + "9" * 980,
        "FREQ=YEARLY;BYYEARDAY=" + "1," * 480,
        ";" * 1000,
        "=" * 1000,
    ],
)
def test_hostile_text_is_refused_in_few_steps(text: str) -> None:
    def attempt() -> None:
        with pytest.raises(RuleError):
            parse_rule(text)

    assert calls_of(attempt) < 5_000
