"""The RFC's own examples (RFC 5545, section 3.8.5.3): all that recur daily or less often."""

from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from domain.recurrence import localized
from domain.rrule import occurrences, parse_rule

NEW_YORK = ZoneInfo("America/New_York")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def days(text: str) -> list[date]:
    """The dates that "1997 Sep 2-4 9 Oct 1 1998 Jan 5" says."""
    found, year, month = [], 0, 0
    for word in text.split():
        if word in MONTHS:
            month = MONTHS.index(word) + 1
        elif int(word.partition("-")[0]) > 31:
            year = int(word)
        else:
            first, _, last = word.partition("-")
            found += [date(year, month, day) for day in range(int(first), int(last or first) + 1)]
    return found


def first_days(text: str, start: str, count: int) -> list[date]:
    """Days of a series at 09:00 in New York."""
    moment = datetime.fromisoformat(f"{start}T09:00")
    rule = localized(parse_rule(text), moment.time(), NEW_YORK)
    return [moment.date() for moment in islice(occurrences(rule, moment), count)]


# In the RFC's order: rule, start, days, and whether the series ends with them (else they are what it prints).
RFC_EXAMPLES = {
    "daily for 10 occurrences": ("FREQ=DAILY;COUNT=10", "1997-09-02", "1997 Sep 2-11", True),
    "daily until December 24": (
        "FREQ=DAILY;UNTIL=19971224T000000Z",
        "1997-09-02",
        "1997 Sep 2-30 Oct 1-31 Nov 1-30 Dec 1-23",
        True,
    ),
    "every other day": (
        "FREQ=DAILY;INTERVAL=2",
        "1997-09-02",
        (
            "1997 Sep 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 Oct 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 "
            "Nov 1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 Dec 1 3"
        ),
        False,
    ),
    "every 10 days, 5 occurrences": (
        "FREQ=DAILY;INTERVAL=10;COUNT=5",
        "1997-09-02",
        "1997 Sep 2 12 22 Oct 2 12",
        True,
    ),
    "every day in January for 3 years, yearly": (
        "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
        "1998-01-01",
        "1998 Jan 1-31 1999 Jan 1-31 2000 Jan 1-31",
        True,
    ),
    "every day in January for 3 years, daily": (
        "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
        "1998-01-01",
        "1998 Jan 1-31 1999 Jan 1-31 2000 Jan 1-31",
        True,
    ),
    "weekly for 10 occurrences": (
        "FREQ=WEEKLY;COUNT=10",
        "1997-09-02",
        "1997 Sep 2 9 16 23 30 Oct 7 14 21 28 Nov 4",
        True,
    ),
    "weekly until December 24": (
        "FREQ=WEEKLY;UNTIL=19971224T000000Z",
        "1997-09-02",
        "1997 Sep 2 9 16 23 30 Oct 7 14 21 28 Nov 4 11 18 25 Dec 2 9 16 23",
        True,
    ),
    "every other week": (
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997-09-02",
        "1997 Sep 2 16 30 Oct 14 28 Nov 11 25 Dec 9 23 1998 Jan 6 20 Feb 3 17",
        False,
    ),
    "weekly on Tuesday and Thursday until October 7": (
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        "1997-09-02",
        "1997 Sep 2 4 9 11 16 18 23 25 30 Oct 2",
        True,
    ),
    "weekly on Tuesday and Thursday, 10 occurrences": (
        "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
        "1997-09-02",
        "1997 Sep 2 4 9 11 16 18 23 25 30 Oct 2",
        True,
    ),
    "every other week on Monday, Wednesday and Friday until December 24": (
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "1997-09-01",
        "1997 Sep 1 3 5 15 17 19 29 Oct 1 3 13 15 17 27 29 31 Nov 10 12 14 24 26 28 Dec 8 10 12 22",
        True,
    ),
    "every other week on Tuesday and Thursday, 8 occurrences": (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
        "1997-09-02",
        "1997 Sep 2 4 16 18 30 Oct 2 14 16",
        True,
    ),
    "monthly on the first Friday, 10 occurrences": (
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "1997-09-05",
        "1997 Sep 5 Oct 3 Nov 7 Dec 5 1998 Jan 2 Feb 6 Mar 6 Apr 3 May 1 Jun 5",
        True,
    ),
    "monthly on the first Friday until December 24": (
        "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
        "1997-09-05",
        "1997 Sep 5 Oct 3 Nov 7 Dec 5",
        True,
    ),
    "every other month on the first and last Sunday, 10 occurrences": (
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "1997-09-07",
        "1997 Sep 7 28 Nov 2 30 1998 Jan 4 25 Mar 1 29 May 3 31",
        True,
    ),
    "monthly on the second-to-last Monday for 6 months": (
        "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
        "1997-09-22",
        "1997 Sep 22 Oct 20 Nov 17 Dec 22 1998 Jan 19 Feb 16",
        True,
    ),
    "monthly on the third-to-the-last day": (
        "FREQ=MONTHLY;BYMONTHDAY=-3",
        "1997-09-28",
        "1997 Sep 28 Oct 29 Nov 28 Dec 29 1998 Jan 29 Feb 26",
        False,
    ),
    "monthly on the 2nd and 15th, 10 occurrences": (
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        "1997-09-02",
        "1997 Sep 2 15 Oct 2 15 Nov 2 15 Dec 2 15 1998 Jan 2 15",
        True,
    ),
    "monthly on the first and last day, 10 occurrences": (
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "1997-09-30",
        "1997 Sep 30 Oct 1 31 Nov 1 30 Dec 1 31 1998 Jan 1 31 Feb 1",
        True,
    ),
    "every 18 months on the 10th to 15th, 10 occurrences": (
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "1997-09-10",
        "1997 Sep 10-15 1999 Mar 10-13",
        True,
    ),
    "every Tuesday, every other month": (
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997-09-02",
        "1997 Sep 2 9 16 23 30 Nov 4 11 18 25 1998 Jan 6 13 20 27 Mar 3 10 17 24 31",
        False,
    ),
    "yearly in June and July, 10 occurrences": (
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "1997-06-10",
        "1997 Jun 10 Jul 10 1998 Jun 10 Jul 10 1999 Jun 10 Jul 10 2000 Jun 10 Jul 10 2001 Jun 10 Jul 10",
        True,
    ),
    "every other year in January, February and March, 10 occurrences": (
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "1997-03-10",
        "1997 Mar 10 1999 Jan 10 Feb 10 Mar 10 2001 Jan 10 Feb 10 Mar 10 2003 Jan 10 Feb 10 Mar 10",
        True,
    ),
    "every third year on the 1st, 100th and 200th day, 10 occurrences": (
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "1997-01-01",
        "1997 Jan 1 Apr 10 Jul 19 2000 Jan 1 Apr 9 Jul 18 2003 Jan 1 Apr 10 Jul 19 2006 Jan 1",
        True,
    ),
    "every 20th Monday of the year": (
        "FREQ=YEARLY;BYDAY=20MO",
        "1997-05-19",
        "1997 May 19 1998 May 18 1999 May 17",
        False,
    ),
    "Monday of week number 20": (
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "1997-05-12",
        "1997 May 12 1998 May 11 1999 May 17",
        False,
    ),
    "every Thursday in March": (
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "1997-03-13",
        "1997 Mar 13 20 27 1998 Mar 5 12 19 26 1999 Mar 4 11 18 25",
        False,
    ),
    "every Thursday, only in June, July and August": (
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "1997-06-05",
        (
            "1997 Jun 5 12 19 26 Jul 3 10 17 24 31 Aug 7 14 21 28 1998 Jun 4 11 18 25 Jul 2 9 16 23 30 "
            "Aug 6 13 20 27 1999 Jun 3 10 17 24 Jul 1 8 15 22 29 Aug 5 12 19 26"
        ),
        False,
    ),
    # The RFC takes the start away again with EXDATE; it is no Friday the 13th.
    "every Friday the 13th": (
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "1997-09-02",
        "1997 Sep 2 1998 Feb 13 Mar 13 Nov 13 1999 Aug 13 2000 Oct 13",
        False,
    ),
    "the first Saturday that follows the first Sunday": (
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997-09-13",
        "1997 Sep 13 Oct 11 Nov 8 Dec 13 1998 Jan 10 Feb 7 Mar 7 Apr 11 May 9 Jun 13",
        False,
    ),
    "U.S. presidential election day": (
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996-11-05",
        "1996 Nov 5 2000 Nov 7 2004 Nov 2",
        False,
    ),
    "the third Tuesday, Wednesday or Thursday for 3 months": (
        "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
        "1997-09-04",
        "1997 Sep 4 Oct 7 Nov 6",
        True,
    ),
    "the second-to-last weekday": (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997-09-29",
        "1997 Sep 29 Oct 30 Nov 27 Dec 30 1998 Jan 29 Feb 26 Mar 30",
        False,
    ),
    "weeks that begin on Monday": (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
        "1997-08-05",
        "1997 Aug 5 10 19 24",
        True,
    ),
    "weeks that begin on Sunday": (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
        "1997-08-05",
        "1997 Aug 5 17 19 31",
        True,
    ),
    "an invalid date is ignored": (
        "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
        "2007-01-15",
        "2007 Jan 15 30 Feb 15 Mar 15 30",
        True,
    ),
}


@pytest.mark.parametrize(("text", "start", "expected", "ends"), RFC_EXAMPLES.values(), ids=RFC_EXAMPLES)
def test_the_examples_of_the_rfc(text: str, start: str, expected: str, ends: bool) -> None:
    listed = days(expected)
    found = first_days(text, start, len(listed) + 1)
    assert found[: len(listed)] == listed
    assert (len(found) == len(listed)) is ends
