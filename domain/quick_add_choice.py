"""Which of the days and times in a quick-add line it is due at, where there are several.

Everything that reads like a day has been found (`quick_add_dates`, `quick_add_times`). Here what is none is dropped:
ranges, words that are also other words. Of the rest one day and one time are chosen: at the beginning or the end of the
line rather than in its middle, beside each other rather than apart, and else the last.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain import quick_add_dates as dates
from domain import quick_add_times as times
from domain.quick_add_days import Day, Moment
from domain.quick_add_marks import TAKEN
from domain.quick_add_ranges import without_ranges
from domain.quick_add_spans import mask
from domain.quick_add_times import Clock, Part
from domain.quick_add_words import WEEKDAYS

_AROUND = f" \t\r\n\f\v\u00a0{TAKEN},;.:!?()[]…"
# Before a name and another word: the friday report, the 5pm train, slides for monday standup.
_ARTICLE = re.compile(r"(?<!\S)(?:the|an?|my|our|der|die|das)\s+$")
_FOR = re.compile(r"(?<!\S)(?:for|für)\s+$")
_NEAR = 24
_ENGLISH_TOO = {"do", "so"}


@dataclass(frozen=True, slots=True)
class Choice:
    """The day or moment, the time and the part of the day that count. `reminder` is a time to be reminded at."""

    day: Day | None = None
    moment: Moment | None = None
    clock: Clock | None = None
    part: Part | None = None
    reminder: Clock | None = None
    start: int = 0
    before: bool = False


def choose(text: str, original: str, today: date, *, bare: Sequence[int]) -> Choice:
    """What counts of an open line; `bare` are the ends of every "remind me" that a time may follow."""
    named = times.find(text)
    found = without_ranges(text, dates.find(text, today), beside={clock.start for clock in named})
    clocks = [clock for clock in without_ranges(text, named) if not _overlaps(clock, found)]
    reminder = next((clock for clock in clocks if len(clocks) > 1 and _follows(text, clock.start, bare)), None)
    clocks = [clock for clock in clocks if clock is not reminder]
    if reminder:
        text = mask(text, reminder.start, reminder.end)
    day, start, before = _chosen_day(text, original, found, clocks)
    if day:
        text = mask(text, start, day.end)
    if isinstance(day, Moment):
        return Choice(moment=day, reminder=reminder, start=start)
    clock = _chosen_clock(text, clocks)
    if clock:
        text = mask(text, clock.start, clock.end)
    part = next((part for part in times.parts(text) if part.own or _is_beside(text, part.start)), None)
    return Choice(day, None, clock, part, reminder, start, before)


def _overlaps(clock: Clock, days: Sequence[Day | Moment]) -> bool:
    return any(clock.start < day.end and day.start < clock.end for day in days if day.start < clock.end)


def _follows(text: str, start: int, ends: Sequence[int]) -> bool:
    return any(end <= start and not text[end:start].strip() for end in ends)


def _chosen_day(
    text: str, original: str, found: Sequence[Day | Moment], clocks: Sequence[Clock]
) -> tuple[Day | Moment | None, int, bool]:
    """The day, where the words that lead to it begin, and whether they are "before"."""
    masked = text
    times_of_day: list[Clock | Part] = [*clocks, *times.parts(text)]
    for each in times_of_day:
        masked = mask(masked, each.start, each.end)
    first, last = _edges(masked)
    starts, ends = {each.start for each in times_of_day}, {each.end for each in times_of_day}
    best: tuple[tuple[int, int], Day | Moment, int, bool] | None = None
    for claim in found:
        start, before = dates.lead_of(text, claim.start)
        near = _skip(text, claim.end) in starts or len(text[:start].rstrip()) in ends
        at_end = claim.end >= last
        if isinstance(claim, Day) and not _is_day(
            text, original, claim, led=start < claim.start, near=near, end=at_end
        ):
            continue
        score = (2 * (at_end or start <= first) + near + (start < claim.start), claim.start)
        if best is None or score > best[0]:
            best = (score, claim, start, before)
    return best[1:] if best else (None, 0, False)


def _is_day(text: str, original: str, day: Day, *, led: bool, near: bool, end: bool) -> bool:
    name = text[day.start : day.end].rstrip(".")
    if name in WEEKDAYS and not near and _describes(text, day):
        return False
    match day.doubt:
        case None:
            return True
        case "word":
            return led or near or (end and not _ARTICLE.search(text[max(0, day.start - _NEAR) : day.start]))
        case "german":
            first_word = not text[: day.start].strip()
            written = original[day.start].isupper() and not (name in _ENGLISH_TOO and first_word)
            return (led and (written or name not in _ENGLISH_TOO)) or (written and (near or end))
        case "fraction":
            return led or end
        case _:
            return end


def _describes(text: str, claim: Day | Clock) -> bool:
    """Whether it says which report or train, and not when."""
    before = text[max(0, claim.start - _NEAR) : claim.start]
    word_follows = text[_skip(text, claim.end) :][:1].isalnum()
    return word_follows and bool(_ARTICLE.search(before) or (isinstance(claim, Day) and _FOR.search(before)))


def _chosen_clock(text: str, clocks: Sequence[Clock]) -> Clock | None:
    masked = text
    first, last = _edges(masked)

    def score(clock: Clock) -> tuple[int, int]:
        beside = _is_beside(text, clock.start) or text[_skip(text, clock.end) :][:1] == TAKEN
        return 2 * beside + (clock.start <= first or clock.end >= last), clock.start

    likely = [
        clock
        for clock in clocks
        if not _describes(text, clock) and (not clock.doubt or clock.end >= last or score(clock)[0] > 1)
    ]
    return max(likely, key=score, default=None)


def _edges(text: str) -> tuple[int, int]:
    """Where the first word that is not understood begins, and where the last one ends."""
    return len(text) - len(text.lstrip(_AROUND)), len(text.rstrip(_AROUND))


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in " ,":
        place += 1
    return place


def _is_beside(text: str, start: int) -> bool:
    """Whether what has been understood stands directly before."""
    return text[:start].rstrip(" ,").endswith(TAKEN)
