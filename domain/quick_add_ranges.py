"""Days and times of a quick-add line that say when something takes place, or are several: not when it is due.

From 9 to 5, monday to friday, jan 5 - 10, between 2pm and 3pm; mon or tue, at 9 and at 5. They stay in the title.
"""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import TypeVar

from domain.quick_add_days import Day, Moment
from domain.quick_add_times import Clock
from domain.quick_add_words import WEEKDAYS

T = TypeVar("T", Day | Moment, Clock)

_TO = re.compile(r"\s*(?:-|\u2013|\u2014|to|until|till|bis|through|thru)\s*")
_AND = re.compile(r"\s*(?:and|or|und|oder|&|/)\s*")
_LEADS_TO = ("to ", "until ", "till ", "bis ")
# A number before or behind it that is not read as a day or time by itself.
_BEGUN = re.compile(r"[0-9]\S*\s*(?:\s(?:to|bis|and|und)\s|[-\u2013\u2014])\s*$")
_GOES_ON = re.compile(r"\s*(?:[-\u2013\u2014]|to\s|bis\s)\s*[0-9]")
_NEAR = 24


def without_ranges(text: str, claims: Sequence[T], *, beside: Collection[int] = ()) -> list[T]:
    """The claims that stand alone; `beside` is where claims of another kind begin, which end no range of these."""
    together = {index for index, (left, right) in enumerate(pairwise(claims)) if _belong_together(text, left, right)}
    return [
        claim
        for index, claim in enumerate(claims)
        if not ({index, index - 1} & together or _is_open(text, claim, beside))
    ]


def _belong_together(text: str, left: T, right: T) -> bool:
    gap = text[left.end : right.start]
    if len(gap) > _NEAR:
        return False
    if _TO.fullmatch(gap) or _AND.fullmatch(gap):
        return True
    # A time has its own word with it: at 9 until 5.
    led = text[right.start : right.end].startswith(_LEADS_TO)
    return not gap.strip(" ,") and (led or (_is_weekday(text, left) and _is_weekday(text, right)))


def _is_weekday(text: str, claim: Day | Moment | Clock) -> bool:
    return text[claim.start : claim.end].rstrip(".") in WEEKDAYS


def _is_open(text: str, claim: Day | Moment | Clock, beside: Collection[int]) -> bool:
    following = claim.end + len(text[claim.end : claim.end + _NEAR]) - len(text[claim.end : claim.end + _NEAR].lstrip())
    if following not in beside and _GOES_ON.match(text, claim.end):
        return True
    return bool(_BEGUN.search(text[max(0, claim.start - _NEAR) : claim.start]))
