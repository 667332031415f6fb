"""The times of day of a quick-add line: 5pm, 17:00, at 9, um 17 Uhr, noon, half past 5, in the morning.

Finds every time that is named, as minutes since the beginning of its day: midnight is its end, 1440. How a time that
can be read in two ways is read is told to users in docs/graphql.md.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from domain.quick_add_words import GERMAN_DAY, NUMBERS, either, phrase

_HOUR, _NOON, _DAY = 60, 12, 24 * 60
MIDNIGHT = _DAY
# An hour without am or pm, from one to six: nobody means the night.
_LAST_OF_AFTERNOON = 6
_LAST_OF_NIGHT = 3


@dataclass(frozen=True, slots=True)
class Clock:
    """A time named from `start` to `end`; without minutes it is the end of the day, and the task all-day.

    A `loose` hour is one that "in the evening" can still change. `doubt` says that it is a time only beside a day or
    at the end of the line (noon; by 5).
    """

    start: int
    end: int
    minutes: int | None
    loose: bool = False
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day: morning, afternoon, evening or night. Without `own` it needs a day before it."""

    start: int
    end: int
    name: str
    own: bool


# When a part of the day is, if no hour is given.
DEFAULTS = {"morning": 9 * 60, "afternoon": 15 * 60, "evening": 19 * 60, "night": 19 * 60, "noon": 12 * 60}

Reader = Callable[[re.Match[str]], Clock | None]


def _clock(match: re.Match[str], hour: int, minute: int, *, loose: bool = False, doubt: bool = False) -> Clock | None:
    if hour > 24 or minute > 59 or (hour == 24 and minute):  # noqa: PLR2004 - a clock's numbers
        return None
    return Clock(match.start(), match.end(), hour * _HOUR + minute, loose, doubt)


def _twelve(match: re.Match[str]) -> Clock | None:
    """With am or pm."""
    hour = int(match["hour"])
    if not 1 <= hour <= _NOON:
        return None
    return _clock(match, hour % _NOON + (_NOON if match["half"] == "p" else 0), int(match["minute"] or 0))


def _colon(match: re.Match[str]) -> Clock | None:
    """17:00; 5:30 is in the afternoon, 05:30 is not, and in German neither is 5:30."""
    written = match["hour"]
    german = (match["lead"] or "").startswith(("um", "gegen", "ab", "bis", "vor")) or match["uhr"]
    loose = not german and 1 <= int(written) <= _NOON and not written.startswith("0")
    return _clock(match, _afternoon(int(written)) if loose else int(written), int(match["minute"]), loose=loose)


def _afternoon(hour: int) -> int:
    return hour + _NOON if 1 <= hour <= _LAST_OF_AFTERNOON else hour


def _uhr(match: re.Match[str]) -> Clock | None:
    return _clock(match, int(match["hour"]), int(match["minute"] or match["after"] or 0))


def _h(match: re.Match[str]) -> Clock | None:
    """17h30, and with a point where "at" makes clear that it is no other number."""
    return _clock(match, int(match["hour"]), int(match["minute"] or match["point"] or 0))


def _bare(match: re.Match[str]) -> Clock | None:
    """An hour alone behind "at": at 9; "um 5" is the morning, for in German the hours go to 24."""
    word, lead = match["hour"], match["lead"]
    hour = NUMBERS.get(word) or int(word)
    loose = 1 <= hour <= _NOON and not word.startswith("0")
    german = lead in {"um", "gegen", "ab"}
    doubt = lead not in {"at", "um", "@"}
    return _clock(match, hour if german or not loose else _afternoon(hour), 0, loose=loose, doubt=doubt)


def _o_clock(match: re.Match[str]) -> Clock | None:
    word = match["hour"]
    hour = NUMBERS.get(word) or int(word)
    return _clock(match, _afternoon(hour), 0, loose=hour <= _NOON)


_FRACTIONS = {
    "half past": 30,
    "quarter past": 15,
    "quarter to": -15,
    "halb": -30,
    "viertel nach": 15,
    "viertel vor": -15,
    "dreiviertel": -15,
}


def _spoken(match: re.Match[str]) -> Clock | None:
    """Half past 5 is 17:30, halb 6 as well."""
    hour = NUMBERS.get(match["hour"]) or int(match["hour"])
    if not 1 <= hour <= _NOON:
        return None
    hour = hour % _NOON + (_NOON if match["half"] == "p" else 0) if match["half"] else _afternoon(hour)
    minutes = hour * _HOUR + _FRACTIONS[" ".join(match["words"].split())]
    return Clock(match.start(), match.end(), minutes % _DAY, loose=match["half"] is None)


_WORDS = {
    **dict.fromkeys(("noon", "midday", "mittag", "mittags"), 12 * 60),
    **dict.fromkeys(("midnight", "mitternacht"), MIDNIGHT),
}


def _word(match: re.Match[str]) -> Clock | None:
    return Clock(match.start(), match.end(), _WORDS[match["word"]], doubt=match["lead"] is None)


def _end_of_day(match: re.Match[str]) -> Clock | None:
    return Clock(match.start(), match.end(), None)


_LEAD = r"(?P<lead>(?:due\s+)?(?:at|by|@|around|before|for|from|until|till|um|gegen|ab|bis(?:\s+um)?|vor))\s*"
_H, _M = r"[0-9]{1,2}", r"[0-9]{2}"
_NUMBER = either([word for word in NUMBERS if len(word) > len("an")])
# In "um 5 am Montag" it is a German word.
_AM_PM = rf"(?P<half>[ap])\.?m(?!\w)\.?(?!\s+(?:{GERMAN_DAY}|[0-9]{{1,2}}\.))"

_TABLE: list[tuple[str, Reader]] = [
    (rf"(?:{_LEAD})?(?P<hour>{_H})(?:[:.](?P<minute>{_M}))?\s*{_AM_PM}", _twelve),
    (rf"(?:{_LEAD})?(?P<hour>{_H}):(?P<minute>{_M})(?P<uhr>\s*uhr|h)?", _colon),
    (rf"(?:{_LEAD})?(?P<hour>{_H})(?:[:.](?P<minute>{_M}))?\s*uhr(?:\s+(?P<after>{_M}))?", _uhr),
    (rf"(?:at|@|by|um)\s*(?P<hour>{_H})(?:h(?P<minute>{_M})?|\.(?P<point>{_M}))", _h),
    (rf"(?:(?:at|by|@|around)\s*)?(?P<hour>{_H}|{_NUMBER})\s*o['\u2019]?clock", _o_clock),
    (rf"(?:due\s+)?(?P<lead>at|by|@|around|um|gegen|ab)\s*(?P<hour>{_H}|(?<=\s)(?:{_NUMBER}))", _bare),
    (
        rf"(?:(?:at|by|um|gegen)\s+)?(?P<words>{either(_FRACTIONS)})\s+(?P<hour>{_H}|{_NUMBER})(?:\s*(?P<half>[ap])\.?m\.?)?",
        _spoken,
    ),
    (rf"(?:{_LEAD})?(?:the\s+)?(?P<word>{either(_WORDS)})", _word),
    (r"(?:(?:by|at|until|till)\s+)?(?:the\s+)?(?:eod|end\s+of\s+(?:the\s+)?day|close\s+of\s+business)", _end_of_day),
]
_PATTERNS = [(phrase(pattern), reader) for pattern, reader in _TABLE]

_PARTS = {
    "morning": "morning",
    "afternoon": "afternoon",
    "evening": "evening",
    "night": "night",
    "früh": "morning",
    "frueh": "morning",
    "morgens": "morning",
    "vormittag": "morning",
    "vormittags": "morning",
    "nachmittag": "afternoon",
    "nachmittags": "afternoon",
    "abend": "evening",
    "abends": "evening",
    "nacht": "night",
    "nachts": "night",
}
PART = either(_PARTS)
_PART = phrase(rf"(?P<own>(?:in\s+the|at|am|in\s+der)\s+)?(?P<part>{PART})")
# Adverbs that say when, wherever they stand.
_ADVERBS = {"morgens", "vormittags", "nachmittags", "abends", "nachts"}


def find(text: str) -> list[Clock]:
    """Every time of the text, by its place; where two begin in the same words, the longer one."""
    found = [claim for pattern, reader in _PATTERNS for match in pattern.finditer(text) if (claim := reader(match))]
    found.sort(key=lambda claim: (claim.start, -claim.end))
    apart: list[Clock] = []
    for claim in found:
        if not apart or claim.start >= apart[-1].end:
            apart.append(claim)
    return apart


def parts(text: str) -> list[Part]:
    return [
        Part(match.start(), match.end(), _PARTS[match["part"]], bool(match["own"]) or match["part"] in _ADVERBS)
        for match in _PART.finditer(text)
    ]


def in_part(clock: Clock, part: str) -> int | None:
    """The minutes of a time in that part of the day: 8 in the evening is 20:00, 1 in the night is the next day's."""
    if clock.minutes is None or not clock.loose:
        return clock.minutes
    hour, minute = divmod(clock.minutes, _HOUR)
    hour = hour % _NOON
    if part == "morning":
        return hour * _HOUR + minute
    late = part in {"evening", "night"} and hour <= _LAST_OF_NIGHT
    return (hour + (2 * _NOON if late else _NOON)) * _HOUR + minute
