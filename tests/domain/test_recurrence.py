"""Series: where the next occurrence is, in every zone, for every anchor, and what patterns mean."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.recurrence import (
    Anchor,
    Pattern,
    Rule,
    RuleError,
    Slot,
    check,
    localized,
    next_occurrence,
    parse_rule,
    pattern_of,
    rule_of_pattern,
    rule_text,
    settled,
    to_instant,
    to_local,
    upcoming,
)

at = datetime.fromisoformat
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
CASABLANCA = ZoneInfo("Africa/Casablanca")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
APIA = ZoneInfo("Pacific/Apia")
ALL_PATTERNS = [Pattern.DAILY, Pattern.WEEKLY, Pattern.MONTHLY, Pattern.YEARLY]


def following(
    rule: Rule,
    scheduled_for: str,
    *,
    anchor: Anchor = Anchor.EVERY_SLOT,
    now: str = "2026-01-01T00:00Z",
    zone: ZoneInfo = BERLIN,
    index: int = 1,
) -> Slot | None:
    """The next occurrence of a task that is completed now."""
    return next_occurrence(
        rule,
        scheduled_for=at(scheduled_for),
        zone=zone,
        anchor=anchor,
        index=index,
        now=at(now),
        completed_at=at(now),
    )


def chain(text: str | Rule, start: str, count: int, zone: ZoneInfo = BERLIN) -> list[Slot]:
    """The next `count` occurrences, each found from the one before; the rule is kept as text between them."""
    rule = text if isinstance(text, Rule) else settled(parse_rule(text), at(start))
    kept, slots = rule_text(rule), [Slot(at(start), to_instant(at(start), zone), 1)]
    for _ in range(count):
        last = slots[-1]
        found = following(parse_rule(kept), last.local.isoformat(), zone=zone, index=last.index)
        if found is None:
            break
        slots.append(found)
    return slots[1:]


def days(slots: list[Slot]) -> str:
    return " ".join(f"{slot.local:%Y-%m-%d}" for slot in slots)


# Zones.


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        (NEW_YORK, "2026-03-08T02:30", "2026-03-08T07:30Z"),  # in the gap: the offset before it, so 03:30
        (NEW_YORK, "2026-03-08T01:59:59", "2026-03-08T06:59:59Z"),
        (NEW_YORK, "2026-03-08T03:00", "2026-03-08T07:00Z"),
        (NEW_YORK, "2026-11-01T01:30", "2026-11-01T05:30Z"),  # twice: the first
        (NEW_YORK, "2026-11-01T02:00", "2026-11-01T07:00Z"),
        (BERLIN, "2026-03-29T02:30", "2026-03-29T01:30Z"),
        (BERLIN, "2026-10-25T02:30", "2026-10-25T00:30Z"),
        (LORD_HOWE, "2026-10-04T02:15", "2026-10-03T15:45Z"),  # a gap of half an hour
        (LORD_HOWE, "2026-04-05T01:45", "2026-04-04T14:45Z"),
        (CASABLANCA, "2025-02-23T02:30", "2025-02-23T01:30Z"),  # back for Ramadan: 02:30 is twice
        (CASABLANCA, "2025-04-06T02:30", "2025-04-06T02:30Z"),  # and forward after it
        (SAO_PAULO, "2018-11-04T00:00", "2018-11-04T03:00Z"),  # midnight does not exist
        (SAO_PAULO, "2018-02-17T23:30", "2018-02-18T01:30Z"),
        (KATHMANDU, "2026-06-01T09:00", "2026-06-01T03:15Z"),
        (APIA, "2011-12-30T09:00", "2011-12-30T19:00Z"),  # a day that Samoa skipped
    ],
)
def test_a_local_time_is_the_instant_that_the_rfc_says(zone: ZoneInfo, local: str, instant: str) -> None:
    assert to_instant(at(local), zone) == at(instant)
    assert to_instant(at(local).replace(fold=1), zone) == at(instant)
    assert to_instant(at(local), zone).tzinfo is UTC


def test_an_instant_has_one_local_time() -> None:
    second = to_local(at("2026-11-01T06:30Z"), NEW_YORK)
    assert second == at("2026-11-01T01:30")
    assert second.tzinfo is None
    assert second.fold == 0


@pytest.mark.parametrize(
    ("zone", "start", "clocks"),
    [
        (NEW_YORK, "2026-03-07T02:30", "02:30 03:30 02:30"),
        (BERLIN, "2026-03-28T02:30", "02:30 03:30 02:30"),
        (LORD_HOWE, "2026-10-03T02:15", "02:15 02:45 02:15"),
        (CASABLANCA, "2025-04-05T02:30", "02:30 03:30 02:30"),
        (SAO_PAULO, "2018-11-03T00:00", "00:00 01:00 00:00"),
        (NEW_YORK, "2026-10-31T01:30", "01:30 01:30 01:30"),
        (BERLIN, "2026-10-24T02:30", "02:30 02:30 02:30"),
        (LORD_HOWE, "2026-04-04T01:45", "01:45 01:45 01:45"),
        (CASABLANCA, "2025-02-22T02:30", "02:30 02:30 02:30"),
        (SAO_PAULO, "2018-02-16T23:30", "23:30 23:30 23:30"),
        (KATHMANDU, "2026-03-28T00:15", "00:15 00:15 00:15"),
    ],
)
def test_a_daily_series_keeps_its_time_of_day_over_a_change_of_clocks(zone: ZoneInfo, start: str, clocks: str) -> None:
    slots = chain("FREQ=DAILY", start, 2, zone)
    shown = [to_local(slot.instant, zone) for slot in slots]
    assert [f"{at(start):%H:%M}", *(f"{moment:%H:%M}" for moment in shown)] == clocks.split()
    assert [moment.date() for moment in shown] == [at(start).date() + timedelta(days=day) for day in (1, 2)]
    assert [slot.local.time() for slot in slots] == [at(start).time()] * 2


def test_two_slots_that_are_one_instant_are_one_occurrence() -> None:
    # 30 December 2011 at 09:00 in Samoa is, by 3.3.5, the same instant as the 31st at 09:00.
    slots = chain("FREQ=DAILY", "2011-12-29T09:00", 3, APIA)
    assert [slot.instant.isoformat()[:10] for slot in slots] == ["2011-12-30", "2011-12-31", "2012-01-01"]
    assert days(slots) == "2011-12-30 2012-01-01 2012-01-02"
    instants = upcoming(parse_rule("FREQ=DAILY"), scheduled_for=at("2011-12-29T09:00"), zone=APIA, index=1, count=4)
    assert len(instants) == len(set(instants)) == 3


def test_next_slot_steps_over_a_slot_that_is_the_same_instant() -> None:
    now = "2011-12-01T00:00Z"
    found = following(parse_rule("FREQ=DAILY"), "2011-12-30T09:00", anchor=Anchor.NEXT_SLOT, now=now, zone=APIA)
    assert found is not None
    assert found.local == at("2012-01-01T09:00")


# Long chains: what is kept between two tasks is the rule's text and the last place.


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("FREQ=MONTHLY", "2026-01-31", "2026-03-31 2026-05-31 2026-07-31 2026-08-31 2026-10-31"),
        (
            "FREQ=MONTHLY;SKIP=BACKWARD",
            "2026-01-31",
            "2026-02-28 2026-03-31 2026-04-30 2026-05-31 2026-06-30",
        ),
        ("FREQ=MONTHLY;SKIP=FORWARD", "2026-01-31", "2026-03-01 2026-03-31 2026-05-01 2026-05-31 2026-07-01"),
        ("FREQ=MONTHLY;INTERVAL=2;SKIP=FORWARD", "2025-12-31", "2026-03-01 2026-05-01 2026-07-01 2026-08-31"),
        ("FREQ=YEARLY", "2024-02-29", "2028-02-29 2032-02-29"),
        ("FREQ=YEARLY;SKIP=BACKWARD", "2024-02-29", "2025-02-28 2026-02-28 2027-02-28 2028-02-29 2029-02-28"),
        ("FREQ=YEARLY;SKIP=FORWARD", "2024-02-29", "2025-03-01 2026-03-01 2027-03-01 2028-02-29 2029-03-01"),
        ("FREQ=YEARLY;BYWEEKNO=53", "2020-12-31", "2026-12-31 2032-12-30 2037-12-31"),
        (
            "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO",
            "2018-12-31",
            "2021-01-04 2023-01-02 2024-12-30 2027-01-04",
        ),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "2026-11-25", "2026-11-27 2026-12-07 2026-12-11 2026-12-21"),
        ("FREQ=DAILY;INTERVAL=10;COUNT=4", "2026-01-01", "2026-01-11 2026-01-21 2026-01-31"),
        ("FREQ=WEEKLY;UNTIL=20260120T080000Z", "2026-01-06", "2026-01-13 2026-01-20"),
        ("FREQ=WEEKLY;UNTIL=20260120T075959Z", "2026-01-06", "2026-01-13"),
    ],
)
def test_a_series_lived_task_by_task_is_the_series_of_the_rule(text: str, start: str, expected: str) -> None:
    wanted = expected.split()
    # Lists that COUNT or UNTIL ends are asked for one more than they have.
    ends = "COUNT" in text or "UNTIL" in text
    assert days(chain(text, f"{start}T09:00", len(wanted) + ends)).split() == wanted


@pytest.mark.parametrize(
    ("pattern", "interval", "start", "expected"),
    [
        (Pattern.DAILY, 3, "2026-02-27", "2026-03-02 2026-03-05"),
        (Pattern.WEEKLY, 2, "2026-01-31", "2026-02-14 2026-02-28"),
        (Pattern.MONTHLY, 1, "2026-01-31", "2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
        (Pattern.MONTHLY, 1, "2027-12-30", "2028-01-30 2028-02-29 2028-03-30 2028-04-30"),
        (Pattern.MONTHLY, 1, "2026-01-29", "2026-02-28 2026-03-29"),
        (Pattern.MONTHLY, 3, "2026-08-31", "2026-11-30 2027-02-28 2027-05-31"),
        (Pattern.MONTHLY, 1, "2026-01-28", "2026-02-28 2026-03-28"),
        (Pattern.YEARLY, 1, "2024-02-29", "2025-02-28 2026-02-28 2027-02-28 2028-02-29 2029-02-28"),
        (Pattern.YEARLY, 4, "2096-02-29", "2100-02-28 2104-02-29"),
        (Pattern.YEARLY, 2, "2026-12-31", "2028-12-31 2030-12-31"),
    ],
)
def test_a_pattern_clamps_to_the_end_of_a_month_and_comes_back(
    pattern: Pattern, interval: int, start: str, expected: str
) -> None:
    rule = rule_of_pattern(pattern, interval, None, at(f"{start}T09:00"), BERLIN)
    assert days(chain(rule, f"{start}T09:00", len(expected.split()))) == expected


# Patterns and rules.


@pytest.mark.parametrize("pattern", ALL_PATTERNS)
@pytest.mark.parametrize("start", ["2026-01-15", "2026-01-29", "2026-01-30", "2026-01-31", "2024-02-29", "2026-02-28"])
@pytest.mark.parametrize("end", [None, "2030-06-30T21:59:59Z"])
def test_the_rule_of_a_pattern_is_that_pattern(pattern: Pattern, start: str, end: str | None) -> None:
    begin, end_date = at(f"{start}T09:00"), at(end) if end else None
    rule = rule_of_pattern(pattern, 2, end_date, begin, BERLIN)
    assert pattern_of(parse_rule(rule_text(rule)), begin, BERLIN) == (pattern, 2, end_date)
    for slot in chain(rule, begin.isoformat(), 12):
        assert pattern_of(rule, slot.local, BERLIN)[0] is pattern


def test_the_end_date_is_inclusive_and_whatever_its_zone_the_same_instant() -> None:
    start = at("2026-01-05T09:00")
    end = at("2026-01-07T09:00+01:00")
    rule = rule_of_pattern(Pattern.DAILY, 1, end, start, BERLIN)
    assert rule_text(rule) == "FREQ=DAILY;UNTIL=20260107T080000Z"
    assert days(chain(rule, start.isoformat(), 5)) == "2026-01-06 2026-01-07"
    late = rule_of_pattern(Pattern.DAILY, 1, end + timedelta(microseconds=1), start, BERLIN)
    assert rule_text(late) == "FREQ=DAILY;UNTIL=20260107T080001Z"


@pytest.mark.parametrize(
    ("text", "start", "pattern"),
    [
        ("FREQ=DAILY", "2026-01-31", Pattern.DAILY),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "2026-01-30", Pattern.CUSTOM),
        ("FREQ=DAILY;COUNT=3", "2026-01-31", Pattern.CUSTOM),
        ("FREQ=WEEKLY;WKST=SU", "2026-01-31", Pattern.WEEKLY),
        ("FREQ=WEEKLY;BYDAY=SA", "2026-01-31", Pattern.WEEKLY),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-01-31", Pattern.CUSTOM),
        ("FREQ=WEEKLY;BYDAY=SA,SU", "2026-01-31", Pattern.CUSTOM),
        ("FREQ=MONTHLY", "2026-01-28", Pattern.MONTHLY),
        ("FREQ=MONTHLY", "2026-01-31", Pattern.CUSTOM),  # it skips February
        ("FREQ=MONTHLY;SKIP=BACKWARD", "2026-01-31", Pattern.MONTHLY),
        ("FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD", "2026-01-31", Pattern.MONTHLY),
        ("FREQ=MONTHLY;SKIP=FORWARD", "2026-01-31", Pattern.CUSTOM),
        ("FREQ=MONTHLY;SKIP=FORWARD", "2026-01-15", Pattern.MONTHLY),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "2026-01-15", Pattern.MONTHLY),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31", Pattern.CUSTOM),
        ("FREQ=MONTHLY;BYMONTHDAY=16", "2026-01-15", Pattern.CUSTOM),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "2026-02-28", Pattern.MONTHLY),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "2026-03-31", Pattern.CUSTOM),
        ("FREQ=MONTHLY;BYDAY=1MO", "2026-01-05", Pattern.CUSTOM),
        ("FREQ=MONTHLY;BYMONTH=1,2", "2026-01-05", Pattern.CUSTOM),
        ("FREQ=YEARLY", "2026-01-31", Pattern.YEARLY),
        ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=31", "2026-01-31", Pattern.YEARLY),
        ("FREQ=YEARLY;BYMONTH=1", "2026-01-31", Pattern.YEARLY),
        ("FREQ=YEARLY;BYMONTH=6,7", "2026-06-10", Pattern.CUSTOM),
        ("FREQ=YEARLY", "2024-02-29", Pattern.CUSTOM),  # it skips common years
        ("FREQ=YEARLY;BYMONTHDAY=31", "2026-01-31", Pattern.CUSTOM),
    ],
)
def test_the_pattern_of_a_rule_is_exact_or_custom(text: str, start: str, pattern: Pattern) -> None:
    begin, rule = at(f"{start}T09:00"), parse_rule(text)
    assert pattern_of(rule, begin, BERLIN) == (pattern, 1, None)
    if pattern is not Pattern.CUSTOM:
        same = rule_of_pattern(pattern, 1, None, begin, BERLIN, current=rule)
        assert days(chain(same, begin.isoformat(), 8)) == days(chain(text, begin.isoformat(), 8))


@pytest.mark.parametrize(
    ("until", "end"),
    [
        ("20261231T120000Z", "2026-12-31T12:00Z"),
        ("20261231T120000", "2026-12-31T11:00Z"),
        ("20261231", "2026-12-31T22:59:59Z"),
    ],
)
def test_the_end_of_a_rule_is_an_instant(until: str, end: str) -> None:
    assert pattern_of(parse_rule(f"FREQ=DAILY;UNTIL={until}"), at("2026-01-01"), BERLIN)[2] == at(end)


def test_a_changed_end_date_does_not_shift_a_series_that_is_at_a_short_month() -> None:
    start = at("2026-01-31T09:00")
    rule = rule_of_pattern(Pattern.MONTHLY, 1, None, start, BERLIN)
    february = at("2026-02-28T09:00")
    end = at("2026-06-30T00:00Z")
    changed = rule_of_pattern(Pattern.MONTHLY, 1, end, february, BERLIN, current=rule)
    assert days(chain(changed, february.isoformat(), 9)) == "2026-03-31 2026-04-30 2026-05-31"
    other = rule_of_pattern(Pattern.MONTHLY, 2, None, february, BERLIN, current=rule)
    assert rule_text(other) == "FREQ=MONTHLY;INTERVAL=2"


@pytest.mark.parametrize(("pattern", "interval"), [(Pattern.CUSTOM, 1), (Pattern.DAILY, 0), (Pattern.DAILY, 1000)])
def test_a_pattern_that_says_nothing_is_refused(pattern: Pattern, interval: int) -> None:
    with pytest.raises(RuleError):
        rule_of_pattern(pattern, interval, None, at("2026-01-01"), BERLIN)


# Anchors.

DAILY = parse_rule("FREQ=DAILY")


def test_every_slot_is_the_one_after_even_if_past() -> None:
    found = following(DAILY, "2026-01-05T09:00", now="2026-03-01T12:00Z")
    assert found == Slot(at("2026-01-06T09:00"), at("2026-01-06T08:00Z"), 2)


def test_next_slot_steps_over_what_is_past_and_counts_it() -> None:
    found = following(DAILY, "2026-01-05T09:00", anchor=Anchor.NEXT_SLOT, now="2026-03-01T12:00Z")
    assert found == Slot(at("2026-03-02T09:00"), at("2026-03-02T08:00Z"), 57)


@pytest.mark.parametrize(
    ("now", "local"),
    [
        ("2026-01-02T00:00Z", "2026-01-06T09:00"),  # completed early: after the current one all the same
        ("2026-01-08T07:59:59Z", "2026-01-08T09:00"),
        ("2026-01-08T08:00Z", "2026-01-09T09:00"),  # a slot that is now is not after now
    ],
)
def test_next_slot_is_after_now_and_after_the_current_one(now: str, local: str) -> None:
    found = following(DAILY, "2026-01-05T09:00", anchor=Anchor.NEXT_SLOT, now=now)
    assert found is not None
    assert found.local == at(local)


def test_next_slot_sees_that_a_slot_in_a_gap_is_still_to_come() -> None:
    # 03:10 in Berlin on the day of the change; the slot at 02:30 is at 03:30 that day.
    found = following(DAILY, "2026-03-27T02:30", anchor=Anchor.NEXT_SLOT, now="2026-03-29T01:10Z")
    assert found == Slot(at("2026-03-29T02:30"), at("2026-03-29T01:30Z"), 3)


@pytest.mark.parametrize(
    ("text", "scheduled_for", "completed", "local"),
    [
        ("FREQ=DAILY;INTERVAL=3", "2026-01-05T09:00", "2026-01-08T22:00Z", "2026-01-11T09:00"),
        ("FREQ=DAILY", "2026-01-05T09:00", "2026-01-08T23:30Z", "2026-01-10T09:00"),  # the 9th in Berlin
        ("FREQ=DAILY", "2026-01-20T09:00", "2026-01-08T12:00Z", "2026-01-09T09:00"),  # early
        ("FREQ=WEEKLY;INTERVAL=2", "2026-01-05T09:00", "2026-01-08T12:00Z", "2026-01-22T09:00"),
        ("FREQ=MONTHLY", "2026-01-05T09:00", "2026-01-31T12:00Z", "2026-02-28T09:00"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
            "2026-01-31T09:00",
            "2026-02-15T12:00Z",
            "2026-03-15T09:00",
        ),
        ("FREQ=YEARLY", "2023-05-05T09:00", "2024-02-29T12:00Z", "2025-02-28T09:00"),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-01-05T09:00", "2026-01-08T12:00Z", "2026-01-12T09:00"),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-01-05T09:00", "2026-01-12T12:00Z", "2026-01-19T09:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "2026-01-15T09:00", "2026-01-20T12:00Z", "2026-02-15T09:00"),
        ("FREQ=MONTHLY;BYMONTH=2", "2026-02-15T09:00", "2026-03-31T12:00Z", "2027-02-28T09:00"),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
            "2024-02-29T09:00",
            "2025-02-03T12:00Z",
            "2028-02-29T09:00",
        ),
    ],
)
def test_completion_counts_from_the_local_day_of_completion(
    text: str, scheduled_for: str, completed: str, local: str
) -> None:
    found = following(parse_rule(text), scheduled_for, anchor=Anchor.COMPLETION, now=completed)
    assert found == Slot(at(local), to_instant(at(local), BERLIN), 2)


@pytest.mark.parametrize(
    ("anchor", "last_index"),
    [(Anchor.EVERY_SLOT, 9), (Anchor.NEXT_SLOT, 4), (Anchor.COMPLETION, 9)],
)
def test_count_ends_the_series(anchor: Anchor, last_index: int) -> None:
    """Ten times, completed five days late: with NEXT_SLOT six slots are gone, with the others one."""
    rule = parse_rule("FREQ=DAILY;COUNT=10")
    for index in range(1, 11):
        found = following(rule, "2026-01-05T09:00", anchor=anchor, now="2026-01-10T12:00Z", index=index)
        assert (found is not None) == (index <= last_index), index


@pytest.mark.parametrize("anchor", list(Anchor))
def test_until_ends_the_series(anchor: Anchor) -> None:
    rule = parse_rule("FREQ=DAILY;UNTIL=20260110T080000Z")
    assert following(rule, "2026-01-09T09:00", anchor=anchor, now="2026-01-09T12:00Z") is not None
    assert following(rule, "2026-01-10T09:00", anchor=anchor, now="2026-01-10T12:00Z") is None


def test_a_utc_until_is_compared_as_an_instant() -> None:
    clock = at("2026-10-25T02:45").time()
    # The second 02:30 of that night is later than the first 02:45.
    rule = localized(parse_rule("FREQ=DAILY;UNTIL=20261025T013000Z"), clock, BERLIN)
    assert rule.until == at("2026-10-25T02:45")
    # In the gap the slot at 02:45 is at 03:45, later than 03:30.
    rule = localized(parse_rule("FREQ=DAILY;UNTIL=20260329T013000Z"), clock, BERLIN)
    assert rule.until == at("2026-03-28T02:45")


def test_a_utc_until_sees_a_slot_that_clocks_put_back_over_midnight_leave_behind() -> None:
    # On 7 November 2010 clocks in St. John's went from 00:01 back to 23:01 of the 6th.
    clock = at("2010-11-07T00:00:30").time()
    rule = localized(parse_rule("FREQ=DAILY;UNTIL=20101107T030000Z"), clock, ZoneInfo("America/St_Johns"))
    assert rule.until == at("2010-11-07T00:00:30")


# What is shown, and what is refused.


def test_upcoming_begins_with_the_current_occurrence() -> None:
    rule = parse_rule("FREQ=WEEKLY")
    found = upcoming(rule, scheduled_for=at("2026-03-22T02:30"), zone=BERLIN, index=1, count=3)
    assert found == [at("2026-03-22T01:30Z"), at("2026-03-29T01:30Z"), at("2026-04-05T00:30Z")]


@pytest.mark.parametrize(
    ("text", "index", "count", "length"),
    [
        ("FREQ=DAILY", 1, 50, 50),
        ("FREQ=DAILY", 1, 1, 1),
        ("FREQ=DAILY;COUNT=10", 1, 50, 10),
        ("FREQ=DAILY;COUNT=10", 8, 50, 3),
        ("FREQ=DAILY;COUNT=10", 10, 50, 1),
        ("FREQ=DAILY;UNTIL=20260107T080000Z", 1, 50, 3),
    ],
)
def test_upcoming_ends_where_the_series_does(text: str, index: int, count: int, length: int) -> None:
    rule = parse_rule(text)
    assert len(upcoming(rule, scheduled_for=at("2026-01-05T09:00"), zone=BERLIN, index=index, count=count)) == length


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never occurs"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "never occurs"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20301231", "never occurs"),
        ("FREQ=DAILY;COUNT=1", "COUNT=1 does not recur"),
        ("FREQ=DAILY;UNTIL=20251231", "UNTIL=20251231 is before the task is due"),
        ("FREQ=DAILY;UNTIL=20260105T075959Z", "UNTIL=20260105T075959Z is before the task is due"),
        ("FREQ=MONTHLY;UNTIL=20260204", "UNTIL=20260204 is before the second occurrence, 2026-02-05"),
    ],
)
def test_a_rule_without_a_second_occurrence_is_refused_and_says_why(text: str, reason: str) -> None:
    with pytest.raises(RuleError, match=reason):
        check(parse_rule(text), at("2026-01-05T09:00"), BERLIN)


@pytest.mark.parametrize("text", ["FREQ=DAILY", "FREQ=DAILY;COUNT=2", "FREQ=DAILY;UNTIL=20260106T080000Z"])
def test_a_rule_with_a_second_occurrence_passes(text: str) -> None:
    check(parse_rule(text), at("2026-01-05T09:00"), BERLIN)


@pytest.mark.parametrize("until", ["99991231", "99991231T235959", "99991231T235959Z"])
@pytest.mark.parametrize("zone", [NEW_YORK, KATHMANDU])
def test_an_end_in_the_year_9999_is_no_end(until: str, zone: ZoneInfo) -> None:
    rule, start = parse_rule(f"FREQ=DAILY;UNTIL={until}"), at("2026-01-05T09:00")
    check(rule, start, zone)
    assert pattern_of(rule, start, zone) == (Pattern.DAILY, 1, at("9999-12-31T23:59:59Z"))
    assert days(chain(rule, start.isoformat(), 1, zone)) == "2026-01-06"


def test_what_no_instant_can_be_written_for_is_a_rule_error() -> None:
    with pytest.raises(RuleError, match="too far"):
        to_instant(datetime.combine(date.max, at("2026-01-01T23:00").time()), NEW_YORK)
    with pytest.raises(RuleError, match="too far"):
        to_local(at("0001-01-01T00:00Z"), NEW_YORK)
