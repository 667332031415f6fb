"""Days of a quick-add line that are told from today: tomorrow, next friday, in 3 weeks, end of the month, this weekend.

Weeks begin on Monday. "Friday" is the next one after today, "next friday" that of next week.
"""

import re
from datetime import date, timedelta

from domain.quick_add_days import Day, Found, Moment, Reader, after, named, plus, real_date, shifted
from domain.quick_add_words import DAY, ENGLISH_WORDS, GERMAN_SHORT, MONTH, MONTHS, WEEKDAYS, amount, amount_of

_MONDAY, _FRIDAY, _SATURDAY, _SUNDAY = 0, 4, 5, 6
_LAST_DAY_OF_YEAR = (12, 31)

# Words.

_NAMED = {
    **dict.fromkeys(("today", "tod", "heute"), 0),
    **dict.fromkeys(("tomorrow", "tomorow", "tommorow", "tommorrow", "tmrw", "tmr", "tmw", "morgen"), 1),
    **dict.fromkeys(("overmorrow", "übermorgen", "uebermorgen"), 2),
}


def _named(match: re.Match[str], today: date) -> Found:
    # What is not in the table is "day after tomorrow".
    return named(match, plus(today, _NAMED.get(match["word"], 2)))


def _part_of_today(match: re.Match[str], today: date) -> Found:
    return named(match, today, part=match["part"] or "evening")


def _named_later(match: re.Match[str], today: date) -> Found:
    """Monday in two weeks, a week from friday."""
    name = match["name"]
    base = plus(today, _NAMED[name]) if name in _NAMED else _next_weekday(WEEKDAYS[name], today)
    return _later(match, base)


def _relative(match: re.Match[str], today: date) -> Found:
    number, unit = amount_of(match)
    minutes = number * _MINUTES.get(unit, 0)
    if match["unit2"]:
        more, lesser = amount_of(match, "2")
        if lesser not in _MINUTES:
            return None
        minutes += more * _MINUTES[lesser]
    if unit not in _MINUTES:
        return None if match["unit2"] else _later(match, today)
    return Moment(match.start(), match.end(), int(minutes))


_MINUTES = {"minute": 1, "hour": 60}


def _later(match: re.Match[str], base: date | None) -> Day | None:
    number, unit = amount_of(match)
    return named(match, after(base, number, unit)) if base else None


# Weekdays, weeks, months.

_NEXT = r"next|nächste[nrs]?|naechste[nrs]?"
_THIS = r"this|diese[nrs]?"
_COMING = r"coming|upcoming|this\s+coming|kommende[nrs]?"
_AFTER_NEXT = r"übernächste[nrs]?|uebernaechste[nrs]?"


def _next_weekday(weekday: int, today: date) -> date | None:
    return plus(today, (weekday - today.weekday() - 1) % 7 + 1)


def _of_week(weekday: int, today: date, weeks: int) -> date | None:
    return plus(today, weekday - today.weekday() + 7 * weeks)


def _weeks(word: str | None) -> int:
    """How many weeks, months or years ahead: this, next, the one after next."""
    if word is None or re.fullmatch(_THIS, word):
        return 0
    return 2 if re.fullmatch(_AFTER_NEXT, word) else 1


def _weekday(match: re.Match[str], today: date) -> Found:
    name, which = match["name"], match["which"]
    weekday = WEEKDAYS[name]
    if which is None or re.fullmatch(_COMING, which):
        doubt = "word" if name in ENGLISH_WORDS else "german" if name in GERMAN_SHORT else None
        return named(match, _next_weekday(weekday, today), doubt=None if which else doubt)
    if re.fullmatch(_THIS, which):
        return named(match, plus(today, (weekday - today.weekday()) % 7))
    return named(match, _of_week(weekday, today, _weeks(which)))


def _weekday_of_week(match: re.Match[str], today: date) -> Found:
    name = match["name"] or match["name2"]
    return named(match, _of_week(WEEKDAYS[name], today, _weeks(match["which"] or match["which2"])))


def _span(match: re.Match[str], today: date) -> Found:
    """Next week is its Monday, this week its Friday; next month its first day, this month its last."""
    ahead, unit = 2 if match["after"] else _weeks(match["which"]), match["unit"] or match["after"]
    first = _first_of(unit, today, ahead)
    return named(match, first if ahead else _last_of(unit, today, 0))


def _first_of(unit: str, today: date, ahead: int) -> date | None:
    if unit.startswith("w"):
        return _of_week(_MONDAY, today, ahead)
    if unit.startswith("m"):
        return shifted(today.replace(day=1), ahead)
    return real_date(today.year + ahead, 1, 1)


def _last_of(unit: str, today: date, ahead: int) -> date | None:
    """The last day; of a week that is its Friday, or its Sunday once that is past."""
    if unit.startswith("w"):
        late = ahead == 0 and today.weekday() > _FRIDAY
        return _of_week(_SUNDAY if late else _FRIDAY, today, ahead)
    if unit.startswith("m"):
        following = shifted(today.replace(day=1), ahead + 1)
        return following - timedelta(1) if following else None
    return real_date(today.year + ahead, *_LAST_DAY_OF_YEAR)


def _border(match: re.Match[str], today: date) -> Found:
    """The end or the beginning of a week, month or year, this one or a later; of a month that is named."""
    at_end = match["border"] not in {"start", "beginning", "anfang"}
    if match["month"]:
        first = _upcoming_month(MONTHS[match["month"]], today, at_end=at_end)
        return named(match, _last_of("month", first, 0) if first and at_end else first)
    ahead = _weeks(match["which"])
    if at_end:
        return named(match, _last_of(match["unit"], today, ahead))
    # The start of this month is over: what is meant is that of the next.
    return named(match, _first_of(match["unit"], today, max(ahead, 1)))


def _upcoming_month(month: int, today: date, *, at_end: bool) -> date | None:
    """The first day of the next such month; of the present one where its end is meant."""
    over = month < today.month or (month == today.month and not at_end and today.day > 1)
    return real_date(today.year + over, month, 1)


_SHORT_ENDS = {"eow": "week", "eom": "month", "eoy": "year", "monatsende": "month", "jahresende": "year"}


def _short_end(match: re.Match[str], today: date) -> Found:
    return named(match, _last_of(_SHORT_ENDS[match["short"]], today, 0))


def _weekend(match: re.Match[str], today: date) -> Found:
    """Its Saturday; on a Sunday what is left of this one."""
    saturday = _of_week(_SATURDAY, today, _weeks(match["which"]) if match["which"] != "kommendes" else 0)
    return named(match, today if saturday and saturday < today and today.weekday() == _SUNDAY else saturday)


_PART = r"morning|afternoon|evening|night"
_WEEK = r"week|woche"
_SPAN = r"week|month|year|woche|monats?|jahr(?:es)?"

TABLE: list[tuple[str, Reader]] = [
    (rf"(?P<word>(?:the\s+)?day\s+after\s+tomorrow|(?<!guten\s)(?:{'|'.join(_NAMED)}))", _named),
    (rf"(?:ton(?:ight|ite)|this\s+(?P<part>{_PART}))", _part_of_today),
    (rf"(?:in|within|innerhalb\s+von|binnen)\s+{amount()}(?:\s*(?:and\s+|und\s+)?{amount('2')})?", _relative),
    (rf"{amount()}\s+from\s+(?:now|today)(?P<unit2>)?", _relative),
    (rf"{amount()}\s+(?:from|after)\s+(?P<name>{DAY}|tomorrow)", _named_later),
    (rf"(?P<name>{DAY}|today|tomorrow|heute|morgen)\s+in\s+{amount()}", _named_later),
    (rf"(?:(?P<which>{_NEXT}|{_THIS}|{_COMING}|{_AFTER_NEXT})\s+)?(?P<name>{DAY})\.?", _weekday),
    (
        (
            rf"(?:(?P<which>{_NEXT}|{_THIS}|{_AFTER_NEXT})\s+(?:{_WEEK})\s+(?:on\s+|am\s+)?(?P<name>{DAY})"
            rf"|(?P<name2>{DAY})\s+(?:of\s+)?(?P<which2>{_NEXT}|{_THIS}|{_AFTER_NEXT})\s+(?:{_WEEK}))"
        ),
        _weekday_of_week,
    ),
    (
        (
            rf"(?:(?P<which>{_NEXT}|{_THIS}|{_AFTER_NEXT})\s+(?P<unit>{_SPAN})"
            r"|(?:the\s+)?(?P<after>week|month|year)\s+after\s+next)"
        ),
        _span,
    ),
    (
        (
            r"(?:the\s+)?(?P<border>end|ende|start|beginning|anfang)\s+(?:of\s+|des\s+|der\s+)?(?:the\s+)?"
            rf"(?:(?:(?P<which>{_NEXT}|{_THIS}|{_AFTER_NEXT})\s+)?(?P<unit>{_SPAN})|(?P<month>{MONTH}))"
        ),
        _border,
    ),
    (rf"(?P<short>{'|'.join(_SHORT_ENDS)})", _short_end),
    (
        (
            rf"(?:(?P<which>{_NEXT}|{_THIS}|kommendes)\s+(?:weekend|wochenende)"
            r"|(?:on|at|over|the|am|übers)\s+(?:the\s+)?(?:weekend|wochenende))"
        ),
        _weekend,
    ),
]
