"""The sentences of rules. That rules with one sentence mean the same is tried in test_rrule_properties."""

# ruff: noqa: E501 - a sentence is read whole

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from domain.recurrence_text import describe
from domain.rrule import parse_rule

START = datetime.fromisoformat("2026-01-31T09:00")  # a Saturday
BERLIN = ZoneInfo("Europe/Berlin")

SENTENCES = {
    "FREQ=DAILY": "every day at 09:00",
    "FREQ=DAILY;INTERVAL=3": "every 3 days at 09:00",
    "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR": "every weekday at 09:00",
    "FREQ=DAILY;BYMONTH=1": "every day at 09:00, only in January",
    "FREQ=DAILY;INTERVAL=2;BYMONTHDAY=13;BYDAY=FR;BYMONTH=1,2": "every 2 days at 09:00, only on the 13th of a month, only if it is Friday, only in January and February",
    "FREQ=WEEKLY": "every week on Saturday at 09:00",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=10": "every weekday at 09:00, 10 times",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;UNTIL=20261231T235959Z": "every 2 weeks on Mon and Fri at 09:00 until 31 Dec 2026",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;WKST=SU": "every 2 weeks on Mon and Fri (weeks begin on Sunday) at 09:00",
    "FREQ=WEEKLY;BYDAY=SA,SU": "every weekend day at 09:00",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=-1": "every week on Wednesday at 09:00",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=-1;BYMONTH=3": "every week on Mon, Tue and Wed at 09:00, only in March, of these only the last in each week",
    "FREQ=MONTHLY": "every month on the 31st (skipped when there is none) at 09:00",
    "FREQ=MONTHLY;BYMONTHDAY=1": "every month on the 1st at 09:00",
    "FREQ=MONTHLY;BYDAY=-1FR": "every month on the last Friday at 09:00",
    "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1": "every month on the last Friday at 09:00",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1": "every month on the last weekday at 09:00",
    "FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3": "every month on the 3rd Tue, Wed or Thu at 09:00",
    "FREQ=MONTHLY;BYDAY=SU,MO,TU,WE,TH,FR,SA;BYSETPOS=-1": "every month on the last day at 09:00",
    "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1": "every month on the last day at 09:00",
    "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1": "every month on the 30th (the last day when there is none) at 09:00",
    "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD": "every month on the last day at 09:00",
    "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=FORWARD": "every month on the 31st (moved on to a day that exists when there is none) at 09:00",
    "FREQ=MONTHLY;BYMONTHDAY=1,15,-1": "every month on the 1st and 15th and the last day at 09:00",
    "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR": "every month on the 13th at 09:00, only if it is Friday",
    "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU": "every 2 months on every Tuesday at 09:00",
    "FREQ=MONTHLY;BYDAY=1MO,-1FR": "every month on the 1st Mon and the last Fri at 09:00",
    "FREQ=YEARLY": "every year on 31 Jan at 09:00",
    "FREQ=YEARLY;BYMONTH=6,7": "every year on 31 Jun and 31 Jul (skipped when there is none) at 09:00",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29": "every year on 29 Feb (skipped when there is none) at 09:00",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1": "every year on 29 Feb (28 Feb when there is none) at 09:00",
    "FREQ=YEARLY;BYMONTH=4;BYDAY=1SU": "every year on the 1st Sunday of April at 09:00",
    "FREQ=YEARLY;BYDAY=20MO": "every year on the 20th Monday of the year at 09:00",
    "FREQ=YEARLY;INTERVAL=3;BYYEARDAY=1,100,200": "every 3 years on the 1st, 100th and 200th of the year at 09:00",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO": "every year on Monday of week 20 at 09:00",
    "FREQ=YEARLY;BYWEEKNO=1,-1": "every year on Saturday of week 1 and the last week at 09:00",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=TH": "every year on every Thursday of March at 09:00",
    "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8": "every 4 years on the 2nd, 3rd, 4th, 5th, 6th, 7th and 8th of November at 09:00, only if it is Tuesday",
    "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYMONTH=1,6;BYSETPOS=1": "every year on every weekday of January and June at 09:00, of these only the 1st in each year",
    "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2": "every year on the 2nd to last weekday of the year at 09:00",
    "FREQ=YEARLY;BYMONTH=1,3,5;BYMONTHDAY=-1,3": "every year on the 3rd and the last day of January, March and May at 09:00",
    "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=30,31;SKIP=BACKWARD": "every 3 months on the 30th and 31st (moved back to a day that exists when there is none) at 09:00",
    "FREQ=MONTHLY;BYMONTHDAY=10,20,30;BYSETPOS=1,-1": "every month on the 10th, 20th and 30th (skipped when there is none) at 09:00, of these only the 1st and last in each month",
    "FREQ=MONTHLY;BYDAY=MO,WE;BYSETPOS=2;BYMONTH=1,2": "every month on the 2nd Mon or Wed at 09:00, only in January and February",
    "FREQ=YEARLY;BYYEARDAY=366,-1;SKIP=FORWARD": "every year on the 366th and the last day of the year (moved on to a day that exists when there is none) at 09:00",
    "FREQ=YEARLY;BYMONTHDAY=15": "every month on the 15th at 09:00",
    "FREQ=YEARLY;INTERVAL=2;BYMONTHDAY=15": "every 2 years on the 15th of every month at 09:00",
    "FREQ=YEARLY;BYWEEKNO=1,2;BYDAY=MO,TU,WE,TH,FR;WKST=SU;BYMONTH=1": "every year on every weekday of week 1 and week 2 (weeks begin on Sunday) at 09:00, only in January",
    "FREQ=YEARLY;BYDAY=MO": "every week on Monday at 09:00",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;SKIP=BACKWARD": "every year on 29 Feb (28 Feb when there is none) at 09:00",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;SKIP=FORWARD": "every year on 29 Feb (moved on to a day that exists when there is none) at 09:00",
    "FREQ=MONTHLY;BYMONTHDAY=11,12,13,21,22,23": "every month on the 11th, 12th, 13th, 21st, 22nd and 23rd at 09:00",
    "FREQ=MONTHLY;BYMONTHDAY=1,2,3,4,5,6,7;BYDAY=1MO,FR": "every month on the 1st, 2nd, 3rd, 4th, 5th, 6th and 7th at 09:00, only if it is any Friday or the 1st Monday of the month",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU": "every day at 09:00",
    "FREQ=DAILY;COUNT=1": "every day at 09:00, once",
    "FREQ=DAILY;BYMONTH=6;UNTIL=20270101": "every day at 09:00, only in June, until 1 Jan 2027",
}


@pytest.mark.parametrize(("text", "sentence"), SENTENCES.items(), ids=SENTENCES)
def test_the_sentence_of_a_rule(text: str, sentence: str) -> None:
    assert describe(parse_rule(text), start=START, all_day=False, zone=BERLIN) == sentence


def test_an_all_day_task_has_no_time_of_day() -> None:
    assert describe(parse_rule("FREQ=DAILY"), start=START, all_day=True) == "every day"


def test_seconds_are_said_where_there_are_some() -> None:
    start = START.replace(second=30)
    assert describe(parse_rule("FREQ=DAILY"), start=start, all_day=False) == "every day at 09:00:30"


@pytest.mark.parametrize(
    ("until", "end"),
    [
        ("20261231", "until 31 Dec 2026"),
        ("20261231T090000", "until 31 Dec 2026"),
        ("20261231T085959", "until 30 Dec 2026"),
        ("20261231T080000Z", "until 31 Dec 2026"),
        ("20261231T075959Z", "until 30 Dec 2026"),
        ("20261230T233000Z", "until 30 Dec 2026"),
    ],
)
def test_the_end_is_the_last_day_that_can_have_an_occurrence(until: str, end: str) -> None:
    rule = parse_rule(f"FREQ=DAILY;UNTIL={until}")
    assert describe(rule, start=START, all_day=False, zone=BERLIN) == f"every day at 09:00 {end}"


def test_without_a_zone_an_end_in_utc_is_said_in_utc() -> None:
    rule = parse_rule("FREQ=DAILY;UNTIL=20261231T080000Z")
    assert describe(rule, start=START, all_day=False) == "every day at 09:00 until 31 Dec 2026 08:00 UTC"
