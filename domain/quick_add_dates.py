"""The days of a quick-add line, from `quick_add_near` and `quick_add_calendar`, and the words that lead to them.

Finds every day that is named; which of them the task is due on is decided in `quick_add_choice`. How what can be read
in two ways is read is told to users in docs/graphql.md.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from domain import quick_add_calendar as calendar
from domain import quick_add_near as near
from domain.quick_add_days import Day, Moment
from domain.quick_add_words import WEEKDAYS, phrase

_PATTERNS = [(phrase(pattern), reader) for pattern, reader in [*near.TABLE, *calendar.TABLE]]
# What comes before a day and belongs to it.
_LEAD = re.compile(
    r"(?:due|starting|beginning|latest|fällig|spätestens|deadline)?:?\s*"
    r"(?:(?:on|by|before|for|from|until|till|til|am|bis(?:\s+zum)?|zum|ab(?:\s+dem)?|vor(?:\s+dem)?|für|as\s+of)\s+)?"
)
_LEAD_BEFORE = re.compile(rf"(?<!\S)(?P<lead>{_LEAD.pattern})$")
_STRICTLY_BEFORE = re.compile(r"(?:before|vor(?:\s+dem)?)\s*$")
_LONGEST_LEAD = 24
_PAST = re.compile(r"(?<!\S)(?:last|past|previous|yesterday|letzte[nrs]?|vorige[nrs]?|vergangene[nrs]?)\s+$")


def find(text: str, today: date) -> list[Day | Moment]:
    """Every day of the text, by its place; where two share words, the longer one."""
    found = [read(match, today) for pattern, read in _PATTERNS for match in pattern.finditer(text)]
    apart: list[Day | Moment] = []
    for claim in sorted((claim for claim in found if claim), key=lambda claim: claim.start):
        if _PAST.search(text[max(0, claim.start - _LONGEST_LEAD) : claim.start]):
            continue
        if not apart or claim.start >= apart[-1].end:
            apart.append(claim)
        elif claim.end - claim.start > apart[-1].end - apart[-1].start:
            apart[-1] = claim
    return list(_merged(text, apart))


def _merged(text: str, found: Sequence[Day | Moment]) -> Iterator[Day | Moment]:
    """With a weekday and its date as one: friday, nov 27. Where they disagree, the weekday is left as a word."""
    last: Day | Moment | None = None
    for claim in found:
        both = _one_day(text, last, claim) if last else None
        if last and not both:
            yield last
        last = both or claim
    if last:
        yield last


def _one_day(text: str, left: Day | Moment, right: Day | Moment) -> Day | None:
    if not (isinstance(left, Day) and isinstance(right, Day)) or text[left.end : right.start].strip(" ,"):
        return None
    names = [WEEKDAYS.get(text[day.start : day.end].rstrip(".")) for day in (left, right)]
    if names[1] is None and names[0] == right.date.weekday():
        return replace(right, start=left.start, doubt=None)
    if names[0] is None and names[1] == left.date.weekday():
        return replace(left, end=right.end, doubt=None)
    return None


def at(text: str, place: int, today: date) -> Day | None:
    """The day that is named just there, such as the one behind "until"."""
    found = [read(match, today) for pattern, read in _PATTERNS if (match := pattern.match(text, place))]
    return max((claim for claim in found if isinstance(claim, Day)), key=lambda day: day.end, default=None)


def lead_of(text: str, start: int) -> tuple[int, bool]:
    """Where the words begin that lead to the day at `start` (due on, by, until); whether they are "before"."""
    match = _LEAD_BEFORE.search(text[max(0, start - _LONGEST_LEAD) : start])
    lead = match["lead"] if match else ""
    return start - len(lead), _STRICTLY_BEFORE.search(lead) is not None
