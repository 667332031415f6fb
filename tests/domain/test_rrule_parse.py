"""Rules as text: one canonical form, and every breach of the RFC refused with what is allowed instead."""

import re
from datetime import UTC, datetime

import pytest

from domain.rrule import Freq, Rule, RuleError, Skip, parse_rule, rule_text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("RRULE:freq=daily", "FREQ=DAILY"),
        (" FREQ=WEEKLY;WKST=MO;INTERVAL=1\n", "FREQ=WEEKLY"),
        ("BYDAY=FR,MO,FR;FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("FREQ=MONTHLY;BYDAY=-1FR,+2TU,1MO", "FREQ=MONTHLY;BYDAY=1MO,2TU,-1FR"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,+15,01", "FREQ=MONTHLY;BYMONTHDAY=1,15,-1"),
        ("FREQ=DAILY;RSCALE=GREGORIAN;SKIP=OMIT", "FREQ=DAILY"),
        ("FREQ=MONTHLY;SKIP=BACKWARD", "FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=BACKWARD"),
        ("FREQ=DAILY;UNTIL=20261231", "FREQ=DAILY;UNTIL=20261231"),
        ("FREQ=DAILY;UNTIL=20261231T090000", "FREQ=DAILY;UNTIL=20261231T090000"),
        ("FREQ=DAILY;UNTIL=20261231T235960Z", "FREQ=DAILY;UNTIL=20261231T235959Z"),
        ("FREQ=DAILY;COUNT=100000;INTERVAL=999", "FREQ=DAILY;INTERVAL=999;COUNT=100000"),
        ("FREQ=YEARLY;UNTIL=00010101", "FREQ=YEARLY;UNTIL=00010101"),
    ],
)
def test_a_rule_has_one_text(text: str, canonical: str) -> None:
    rule = parse_rule(text)
    assert rule_text(rule) == canonical
    assert parse_rule(canonical) == rule


def test_what_a_text_says() -> None:
    rule = parse_rule("FREQ=YEARLY;INTERVAL=2;UNTIL=20261231T080000Z;BYMONTH=2;BYMONTHDAY=29;WKST=SU;SKIP=FORWARD")
    assert rule == Rule(
        Freq.YEARLY,
        interval=2,
        until=datetime(2026, 12, 31, 8, tzinfo=UTC),
        by_month=(2,),
        by_month_day=(29,),
        week_start=6,
        skip=Skip.FORWARD,
    )


REFUSED = {
    "": "empty",
    "RRULE:": "empty",
    "INTERVAL=2": "FREQ is missing",
    "FREQ=HOURLY": "FREQ=HOURLY is not supported",
    "FREQ=SECONDLY": "FREQ=SECONDLY is not supported",
    "FREQ=FORTNIGHTLY": "FREQ cannot be 'FORTNIGHTLY': it must be one of DAILY, WEEKLY, MONTHLY, YEARLY",
    "FREQ=": "FREQ has no value",
    "FREQ": "FREQ has no value",
    "FREQ=DAILY;": "'' is not a part of a rule",
    "FREQ=DAILY;;COUNT=2": "'' is not a part of a rule",
    "FREQ=DAILY;COLOUR=RED": "'COLOUR=RED' is not a part of a rule",
    "DTSTART=20260101;FREQ=DAILY": "is not a part of a rule",
    "FREQ=DAILY\nRRULE:FREQ=DAILY": "FREQ cannot be",
    "FREQ=DAILY ;COUNT=2": "FREQ cannot be",
    "FREQ=DAILY;FREQ=DAILY": "FREQ is given twice",
    "FREQ=DAILY;COUNT=2;COUNT=3": "COUNT is given twice",
    "FREQ=DAILY;BYHOUR=9,17": "BYHOUR is not supported",
    "FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,20,40": "BYHOUR is not supported",
    "FREQ=DAILY;BYSECOND=1": "BYSECOND is not supported",
    "FREQ=DAILY;INTERVAL=0": "INTERVAL cannot be '0': it must be a whole number from 1 to 999",
    "FREQ=DAILY;INTERVAL=1000": "INTERVAL cannot be",
    "FREQ=DAILY;INTERVAL=-1": "INTERVAL cannot be",
    "FREQ=DAILY;INTERVAL=+1": "INTERVAL cannot be",
    "FREQ=DAILY;INTERVAL=1.5": "INTERVAL cannot be",
    "FREQ=DAILY;INTERVAL=٣": "only ASCII",
    "FREQ=DAILY;INTERVAL=" + "9" * 900: "INTERVAL cannot be '99999999999999999999…'",
    "FREQ=DAILY;COUNT=0": "COUNT cannot be '0'",
    "FREQ=DAILY;COUNT=100001": "from 1 to 100000",
    "FREQ=DAILY;COUNT=5;UNTIL=20261231": "COUNT and UNTIL exclude each other",
    "FREQ=DAILY;UNTIL=20260230": "UNTIL cannot be '20260230'",
    "FREQ=DAILY;UNTIL=2026-12-31": "UNTIL cannot be",
    "FREQ=DAILY;UNTIL=20261231T240000Z": "UNTIL cannot be",
    "FREQ=DAILY;UNTIL=20261231Z": "UNTIL cannot be",
    "FREQ=DAILY;UNTIL=20261231T0900": "UNTIL cannot be",
    "FREQ=DAILY;UNTIL=00000101": "UNTIL cannot be",
    "FREQ=DAILY;UNTIL=": "UNTIL has no value",
    "FREQ=DAILY;WKST=MON": "WKST cannot be 'MON'",
    "FREQ=DAILY;WKST=MO,TU": "WKST cannot be",
    "FREQ=DAILY;BYMONTH=0": "BYMONTH cannot contain '0': allowed are numbers from 1 to 12",
    "FREQ=DAILY;BYMONTH=13": "BYMONTH cannot contain",
    "FREQ=DAILY;BYMONTH=-1": "BYMONTH cannot contain",
    "FREQ=DAILY;BYMONTH=1,": "BYMONTH cannot contain ''",
    "FREQ=YEARLY;BYMONTH=5L": "BYMONTH cannot contain '5L'",
    "FREQ=MONTHLY;BYMONTHDAY=0": "BYMONTHDAY cannot contain '0': allowed are numbers from 1 to 31 or -31",
    "FREQ=MONTHLY;BYMONTHDAY=32": "BYMONTHDAY cannot contain",
    "FREQ=MONTHLY;BYMONTHDAY=-32": "BYMONTHDAY cannot contain",
    "FREQ=MONTHLY;BYMONTHDAY=1-5": "BYMONTHDAY cannot contain",
    "FREQ=WEEKLY;BYMONTHDAY=1": "BYMONTHDAY is not allowed with FREQ=WEEKLY: only with DAILY, MONTHLY",
    "FREQ=YEARLY;BYYEARDAY=0": "BYYEARDAY cannot contain",
    "FREQ=YEARLY;BYYEARDAY=367": "BYYEARDAY cannot contain",
    "FREQ=DAILY;BYYEARDAY=1": "BYYEARDAY is not allowed with FREQ=DAILY",
    "FREQ=WEEKLY;BYYEARDAY=1": "BYYEARDAY is not allowed with FREQ=WEEKLY",
    "FREQ=MONTHLY;BYYEARDAY=1": "BYYEARDAY is not allowed with FREQ=MONTHLY",
    "FREQ=YEARLY;BYWEEKNO=0": "BYWEEKNO cannot contain",
    "FREQ=YEARLY;BYWEEKNO=54": "BYWEEKNO cannot contain",
    "FREQ=DAILY;BYWEEKNO=1": "BYWEEKNO is not allowed with FREQ=DAILY",
    "FREQ=MONTHLY;BYWEEKNO=1": "BYWEEKNO is not allowed with FREQ=MONTHLY",
    "FREQ=WEEKLY;BYDAY=XX": "BYDAY cannot contain 'XX'",
    "FREQ=WEEKLY;BYDAY=MO,,TU": "BYDAY cannot contain ''",
    "FREQ=MONTHLY;BYDAY=0MO": "BYDAY cannot contain '0MO'",
    "FREQ=MONTHLY;BYDAY=54MO": "BYDAY cannot contain '54MO'",
    "FREQ=MONTHLY;BYDAY=1": "BYDAY cannot contain '1'",
    "FREQ=DAILY;BYDAY=1MO": "BYDAY=1MO is not allowed with FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO,-1FR": "BYDAY=-1FR is not allowed with FREQ=WEEKLY",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO": "BYDAY=1MO is not allowed with BYWEEKNO",
    "FREQ=MONTHLY;BYSETPOS=1": "BYSETPOS picks from what other parts say",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0": "BYSETPOS cannot contain",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367": "BYSETPOS cannot contain",
    "FREQ=MONTHLY;RSCALE=HEBREW": "RSCALE='HEBREW' is not supported: only GREGORIAN",
    "FREQ=MONTHLY;SKIP=SIDEWAYS": "SKIP cannot be 'SIDEWAYS': it must be OMIT, BACKWARD or FORWARD",
    "FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 367))): "too long: at most 1000",
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.items(), ids=lambda value: value[:40])
def test_what_the_rfc_forbids_is_refused_and_says_so(text: str, reason: str) -> None:
    with pytest.raises(RuleError, match=re.escape(reason)):
        parse_rule(text)


def test_a_rule_whose_canonical_text_would_be_too_long_is_refused() -> None:
    text = "FREQ=YEARLY;SKIP=FORWARD;BYYEARDAY=" + ",".join(map(str, range(1, 269)))
    assert len(text) < 1000 < len(text) + len(";RSCALE=GREGORIAN")
    with pytest.raises(RuleError, match="too long"):
        parse_rule(text)
    assert parse_rule(text.replace("SKIP=FORWARD;", "")).by_year_day[-1] == 268
