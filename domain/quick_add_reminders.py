"""The reminders of a quick-add line: remind me 30 min before and at due time, Erinnerung 1 Tag vorher.

Minutes before the task is due. "Remind me to call" asks for one when it is due. Two distances joined by "and" are two
reminders, two side by side ("1 hour 30 minutes") are one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.quick_add_words import LEFT, RIGHT, amount, amount_of, phrase
from domain.reminders import MOST_MINUTES


@dataclass(frozen=True, slots=True)
class Reminders:
    """What is asked for from `start` to `end`; `bare` when no distance is said: then it may be followed by a time."""

    start: int
    end: int
    minutes: tuple[int, ...]
    bare: bool = False


_HEAD = re.compile(
    rf"{LEFT}(?:(?:and|with|und|mit)\s+)?(?:an?\s+|einer\s+)?"
    r"(?P<word>remind(?:ers?)?|alert|notify|erinner(?:e|n|ung|ungen)?)(?P<me>\s+(?:me|mich))?(?=[\s:]):?"
)
_AND = re.compile(r"\s*(?:,|&|\+)?\s*(?:(?:and|und)\s+)?(?:remind\s+me\s+)?")
_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}
_BEFORE = (
    r"(?:\s+(?:before(?:hand)?|early|earlier|ahead|prior|in\s+advance|vorher|davor|zuvor|im\s+voraus)"
    r"(?:\s+(?:it(?:['\u2019]s|\s+is)\s+)?(?:due|(?:the\s+)?(?:due\s+(?:date|time)|deadline)))?)?"
)
_DISTANCE = re.compile(rf"{amount()}(?:\s*{amount('2')})?{_BEFORE}{RIGHT}")
_THE_DAY_BEFORE = re.compile(
    rf"(?:the\s+(?P<unit>day|week|hour)\s+before|(?P<tag>am\s+(?:vor)?tag\s+(?:davor|vorher))){RIGHT}"
)
_WHEN_DUE = re.compile(
    r"(?:(?:at|on)\s+(?:the\s+)?(?:due|time|moment|start)(?:\s+(?:time|date))?|when\s+(?:it(?:['\u2019]s|\s+is)\s+)?due"
    rf"|zur\s+fälligkeit|bei\s+fälligkeit|pünktlich|rechtzeitig){RIGHT}"
)
_TO = re.compile(r"\s+(?:to|that|about|of|an|daran,?)(?=\s)")
LEFT_OVER = phrase(r"(?:to|about|that|an|daran)")
"""What is left of "remind me tomorrow to" at the beginning of a title."""


def find(text: str) -> Iterator[Reminders]:
    """Every reminder of the text, in order; those without a distance only where they plainly are meant as one."""
    done = 0
    for head in _HEAD.finditer(text):
        if head.start() < done:
            continue
        found = _after(text, head) or _bare(text, head)
        if found:
            done = found.end
            yield found


def _after(text: str, head: re.Match[str]) -> Reminders | None:
    """The distances behind "remind me", as far as they go."""
    minutes: list[int] = []
    end = head.end()
    place = _skipped(text, end)
    while item := _item(text, place):
        value, end = item
        minutes.append(value)
        more = _AND.match(text, end)
        place = more.end() if more else end
        if place == end:
            break
    return Reminders(head.start(), end, tuple(minutes)) if minutes else None


def _skipped(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _item(text: str, place: int) -> tuple[int, int] | None:
    if match := _WHEN_DUE.match(text, place):
        return 0, match.end()
    if match := _THE_DAY_BEFORE.match(text, place):
        return _MINUTES[match["unit"] or "day"], match.end()
    match = _DISTANCE.match(text, place)
    minutes = _minutes(match) if match else None
    return (minutes, match.end()) if match and minutes is not None else None


def _minutes(match: re.Match[str]) -> int | None:
    total = 0
    for tag in ("", "2"):
        if match[f"unit{tag}"]:
            number, unit = amount_of(match, tag)
            # A month before is no number of minutes.
            if unit not in _MINUTES:
                return None
            total += int(number * _MINUTES[unit])
    return total if total <= MOST_MINUTES else None


def _bare(text: str, head: re.Match[str]) -> Reminders | None:
    """Remind me to …, at the beginning of the line; "remind me" at its end or before a time."""
    if head["me"] is None:
        return None
    if not text[: head.start()].strip():
        to = _TO.match(text, head.end())
        return Reminders(head.start(), to.end() if to else head.end(), (0,), bare=True)
    rest = text[head.end() : head.end() + _NEAR].strip(" .!")
    if not rest or _TIME.match(rest):
        return Reminders(head.start(), head.end(), (0,), bare=True)
    return None


_NEAR = 24
_TIME = re.compile(r"(?:at|um)\s+(?:noon|mittag|[0-9])")
