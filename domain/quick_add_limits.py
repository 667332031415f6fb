"""Where a series of a quick-add line ends (until 1 june, 10 times, for 2 weeks), and whether it counts from completion.

Only looked at beside a series (`quick_add_recurrence`): elsewhere these words are a title, or lead to a due date.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from domain import quick_add_dates as dates
from domain.quick_add_recurrence import Series, find
from domain.quick_add_spans import mask
from domain.quick_add_words import NUMBERS, amount, amount_of, either, phrase
from domain.rrule_parse import MOST_COUNT


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a series ends: after so many times, on a day, or some time after it has begun."""

    start: int
    end: int
    count: int | None = None
    until: date | None = None
    lasts: tuple[Fraction, str] | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """The words that count from completion: after completion, nach Erledigung."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Repeats:
    """A series with the phrases that belong to it."""

    series: Series | None = None
    limit: Limit | None = None
    completion: Completion | None = None

    @property
    def claims(self) -> list[Series | Limit | Completion]:
        return [claim for claim in (self.series, self.limit, self.completion) if claim]


# With "for": "3 times every day" says how often on each.
_TIMES = phrase(
    rf"(?:for|für|(?:for\s+)?the\s+next|die\s+nächsten)\s+"
    rf"(?P<count>[0-9]{{1,6}}|{either(NUMBERS)})\s*(?:x|times|occurrences|mal)"
)
_LASTS = phrase(rf"(?:for|für)\s+(?:the\s+next\s+|die\s+nächsten\s+)?{amount()}")
_WHOLE_DAYS = {"day", "week", "month", "year"}
_UNTIL = re.compile(
    r"(?<![^\s,;])(?:until|untill|till|til|through|thru|up\s+to|ending|ends|bis)(?:\s+(?:on|am|zum))?\s+"
)
_COMPLETION = phrase(
    r"(?:after|from|upon|nach|ab)\s+(?:the\s+|der\s+|dem\s+)?(?:last\s+)?"
    r"(?:completion|completing(?:\s+it)?|completed|done|finishing(?:\s+it)?|finished|it(?:['\u2019]s|\s+is)\s+done"
    r"|it\s+is\s+completed|i\s+(?:finish|complete)(?:\s+it)?|erledigung|abschluss|fertigstellung)"
)


def repeats(line: str, today: date) -> Repeats:
    """What repeats, and the limit that comes behind it; of several the last."""
    series = find(line)
    if series is None:
        return Repeats()
    line = mask(line, series.start, series.end)
    match = _COMPLETION.search(line)
    completion = Completion(*match.span()) if match else None
    limits = [limit for limit in _limits(line, today) if limit.start >= series.end]
    return Repeats(series, max(limits, key=lambda limit: limit.start, default=None), completion)


def _limits(text: str, today: date) -> Iterator[Limit]:
    for match in _TIMES.finditer(text):
        count = NUMBERS.get(match["count"]) or int(match["count"])
        if 1 < count <= MOST_COUNT:
            yield Limit(match.start(), match.end(), count=count)
    for match in _UNTIL.finditer(text):
        day = dates.at(text, match.end(), today)
        if day:
            yield Limit(match.start(), day.end, until=day.date)
    for match in _LASTS.finditer(text):
        number, unit = amount_of(match)
        # For 30 minutes is how long, not until when.
        if unit in _WHOLE_DAYS and number.denominator == 1:
            yield Limit(match.start(), match.end(), lasts=(number, unit))
