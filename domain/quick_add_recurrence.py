"""The recurrences of a quick-add line: every other friday, monthly on the 15th, jeden letzten Freitag im Monat.

Reads what repeats, and until when; when it begins is the business of `domain.quick_add_due`. A rule without days
("every month") takes them from its first occurrence. How what can be read in two ways is read is told to users in
docs/graphql.md.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from domain.quick_add_days import real_date
from domain.quick_add_times import PART
from domain.quick_add_words import (
    DAY,
    GERMAN_SHORT,
    LEFT,
    MONTH,
    MONTH_DATE,
    MONTHS,
    NUMBERS,
    ORDINAL,
    ORDINALS,
    PLURAL_DAYS,
    RIGHT,
    WEEKDAYS,
    either,
    month_date,
    phrase,
)
from domain.rrule_parse import MOST_INTERVAL, ByDay, Freq, Rule

_WORKDAYS, _WEEKEND = range(5), (5, 6)
_LONGEST_MONTH = 31
_LEAP_YEAR = 2028


@dataclass(frozen=True, slots=True)
class Series:
    """What repeats, from `start` to `end`; `after_completion` as in every! 3 days. `part` is every morning's."""

    start: int
    end: int
    rule: Rule
    part: str | None = None
    after_completion: bool = False


# What is repeated.

_UNITS: dict[str, Rule] = {
    name: rule
    for names, rule in {
        "day days tag tage": Rule(Freq.DAILY),
        "week weeks woche wochen": Rule(Freq.WEEKLY),
        "fortnight": Rule(Freq.WEEKLY, interval=2),
        "month months monat monate": Rule(Freq.MONTHLY),
        "quarter quarters quartal quartale": Rule(Freq.MONTHLY, interval=3),
        "year years jahr jahre": Rule(Freq.YEARLY),
    }.items()
    for name in names.split()
}


def _weekly(*days: int) -> Rule:
    return Rule(Freq.WEEKLY, by_day=tuple(ByDay(0, day) for day in sorted(set(days))))


_GROUPS: dict[str, Rule] = {
    **dict.fromkeys(
        (
            "weekday",
            "weekdays",
            "workday",
            "work day",
            "business day",
            "working day",
            "werktag",
            "arbeitstag",
            "wochentag",
        ),
        _weekly(*_WORKDAYS),
    ),
    # One task a weekend; both days are "on weekends".
    **dict.fromkeys(("weekend", "wochenende"), _weekly(_WEEKEND[0])),
}
_ADVERBS: dict[str, Rule] = {
    **dict.fromkeys(("daily", "täglich", "taeglich", "once a day"), Rule(Freq.DAILY)),
    **dict.fromkeys(("weekly", "wöchentlich", "woechentlich", "once a week"), Rule(Freq.WEEKLY)),
    **dict.fromkeys(("biweekly", "bi-weekly", "fortnightly", "zweiwöchentlich"), Rule(Freq.WEEKLY, interval=2)),
    **dict.fromkeys(("monthly", "monatlich", "once a month"), Rule(Freq.MONTHLY)),
    **dict.fromkeys(("quarterly", "vierteljährlich"), Rule(Freq.MONTHLY, interval=3)),
    **dict.fromkeys(("yearly", "annually", "jährlich", "jaehrlich", "once a year"), Rule(Freq.YEARLY)),
    **dict.fromkeys(("weekdays", "on weekdays", "werktags", "wochentags"), _weekly(*_WORKDAYS)),
    **dict.fromkeys(("weekends", "on weekends", "on the weekends"), _weekly(*_WEEKEND)),
}
_EVERY = r"(?:every|each|jede[nrsm]?|alle)"
_MULTIPLES = {"other": 2, "andere": 2, "anderen": 2, "anderes": 2, **NUMBERS}
_ON = r"(?:\s+(?:on|at|am|im|in)(?:\s+the)?)?"
_AND = r"(?:\s*[,/&+]\s*(?:and\s+|und\s+)?|\s+(?:and|und)\s+)"
_TO = r"(?:\s*[-\u2013]\s*|\s+(?:to|through|thru|bis)\s+)"
_DAYS = either([*WEEKDAYS, *PLURAL_DAYS])
# Those that can follow without a comma: "every mon do laundry" is no Thursday.
_CLEAR_DAYS = either(name for name in WEEKDAYS if name not in GERMAN_SHORT)
_LIST = rf"(?P<days>(?:{_DAYS})\.?(?:(?:{_AND}|{_TO})(?:{_DAYS})\.?|\s+(?:{_CLEAR_DAYS})(?=[\s,]|$)){{0,6}})"
_NUMBER = r"[0-9]{1,2}(?:st|nd|rd|th|\.)"
_MONTH_DAYS = rf"(?P<numbers>(?:the\s+)?{_NUMBER}(?:{_AND}(?:the\s+)?{_NUMBER}){{0,5}})"
_OF_MONTH = r"(?:\s+(?:of|in|im|des)\s+(?:the\s+|each\s+|every\s+|jeden\s+)?(?:month|monats?))"
_NTH = rf"(?P<nth>{ORDINAL})\s+(?:(?P<nth_day>{DAY})|(?P<any>day|tag)|(?P<work>weekday|workday|business\s+day|werktag))"

_START = re.compile(rf"{LEFT}{_EVERY}(?P<bang>!)?\s+")
_INTERVAL = re.compile(
    rf"(?:(?:(?P<digits>[0-9]{{1,4}})(?P<suffix>st|nd|rd|th|\.)?|(?P<word>{either(_MULTIPLES)})|(?P<nth>{ORDINAL}))\s+)?"
    rf"(?:(?P<unit>{either(_UNITS)})|(?P<group>{either(_GROUPS)})|(?P<part>{PART}|morgen|mittag)|{_LIST}){RIGHT}"
)
_ORDINAL_DAYS = re.compile(rf"(?:{_MONTH_DAYS}|(?P<first>first|last)(?=\s+(?:of|im)\s)){_OF_MONTH}?{RIGHT}")
_ORDINAL_WEEKDAY = re.compile(rf"{_NTH}(?P<of>{_OF_MONTH}|\s+(?:of|in|im)\s+(?P<month>{MONTH}))?{RIGHT}")
_DATE = re.compile(rf"{MONTH_DATE}{RIGHT}")
_ADVERB = phrase(rf"(?P<adverb>{either(_ADVERBS)})(?P<bang>!)?")
_PLURAL = phrase(rf"(?:on\s+)?(?P<days>(?:{either(PLURAL_DAYS)})(?:{_AND}(?:{_DAYS})){{0,6}})")
# The days first: on the 1st of every month, am letzten Freitag jedes Monats.
_WHOLE = r"\s+(?:of\s+(?:every|each)|eines\s+jeden|jede[ns])\s+(?:month|monats)"
_OF_EVERY = phrase(
    rf"(?:due\s+)?(?:(?:on|by|am|zum)\s+)?(?:the\s+)?(?:(?P<of>{_NTH})|{_MONTH_DAYS}|(?P<first>first|last)){_WHOLE}"
)
# Behind the unit: every month on the 15th, weekly on monday, jedes Jahr am 3. März.
_TAIL_WEEK = re.compile(rf"{_ON}\s+{_LIST}{RIGHT}")
_TAIL_MONTH = re.compile(rf"{_ON}\s+(?:{_NTH}|{_MONTH_DAYS}){_OF_MONTH}?{RIGHT}")
_TAIL_YEAR = re.compile(rf"{_ON}\s+(?:{_NTH}\s+(?:of|in|im)\s+(?P<month>{MONTH})|{MONTH_DATE}){RIGHT}")
_FIRST_NAME = re.compile(r"[\wäöü]+")


def find(text: str) -> Series | None:
    """The first series of the text; one that begins with "every" before one that an adverb says."""
    for pattern, reader in ((_OF_EVERY, _of_every), (_START, _after_every), (_ADVERB, _adverb), (_PLURAL, _plural)):
        for match in pattern.finditer(text):
            series = reader(text, match)
            if series:
                return series
    return None


def _after_every(text: str, start: re.Match[str]) -> Series | None:
    place = start.end()
    found = [series for reader in _READERS for series in reader(text, place)]
    if not found:
        return None
    longest = max(found, key=lambda series: series.end)
    return replace(longest, start=start.start(), after_completion=start["bang"] is not None)


def _interval(text: str, place: int) -> Iterator[Series]:
    match = _INTERVAL.match(text, place)
    many = _many(match) if match else None
    if match is None or many is None:
        return
    if match["unit"]:
        rule = _UNITS[match["unit"]]
        if many * rule.interval <= MOST_INTERVAL:
            yield _with_tail(text, Series(place, match.end(), replace(rule, interval=rule.interval * many)))
    elif match["days"]:
        if not match["suffix"] or many == 2:  # noqa: PLR2004 - every second friday; every third is one of a month
            yield Series(place, match.end(), replace(_days_of(match["days"]), interval=many))
    elif match["group"]:
        rule = _GROUPS[" ".join(match["group"].split())]
        if many == 1 or len(rule.by_day) == 1:
            yield Series(place, match.end(), replace(rule, interval=many))
    else:
        yield Series(place, match.end(), Rule(Freq.DAILY, interval=many), part=_part(match["part"]))


def _many(match: re.Match[str]) -> int | None:
    """The interval; None for a number that is none."""
    if match["digits"]:
        many = int(match["digits"])
    elif match["nth"]:
        many = ORDINALS[match["nth"]]
    else:
        many = _MULTIPLES[match["word"]] if match["word"] else 1
    unusable = match["nth"] and match["days"] and many != 2  # noqa: PLR2004 - as above
    return many if 1 <= many <= MOST_INTERVAL and not unusable else None


def _part(word: str) -> str:
    return {
        "morgen": "morning",
        "morning": "morning",
        "mittag": "noon",
        "afternoon": "afternoon",
        "nachmittag": "afternoon",
        "evening": "evening",
        "abend": "evening",
    }.get(word, "night")


def _days_of(text: str) -> Rule:
    """A list of weekdays: mon, wed and fri; mon-fri."""
    days: list[int] = []
    last = 0
    for name in _FIRST_NAME.finditer(text):
        weekday = WEEKDAYS.get(name[0], PLURAL_DAYS.get(name[0]))
        if weekday is None:
            continue
        between = text[last : name.start()].strip(" .")
        if days and between in {"-", "\u2013", "to", "through", "thru", "bis"}:
            days.extend(day % 7 for day in range(days[-1], days[-1] + (weekday - days[-1]) % 7))
        days.append(weekday)
        last = name.end()
    return _weekly(*days)


def _with_tail(text: str, series: Series) -> Series:
    """With the days that follow the unit: every 2 weeks on monday, every month on the 1st."""
    pattern, reader = _TAILS.get(series.rule.freq, (None, None))
    match = pattern.match(text, series.end) if pattern else None
    if match is None or reader is None:
        return series
    rule = reader(match)
    if rule is None:
        return series
    return replace(series, end=match.end(), rule=replace(rule, interval=series.rule.interval))


def _month_days(match: re.Match[str]) -> Rule | None:
    first = match["first"] if "first" in match.re.groupindex else None
    numbers = [int(number) for number in re.findall(r"[0-9]+", match["numbers"] or "")]
    if first:
        numbers = [1 if first == "first" else -1]
    return _on_days(numbers)


def _on_days(numbers: list[int]) -> Rule | None:
    """Days of the month; what a short month lacks becomes its last day."""
    if any(number == 0 or number > _LONGEST_MONTH for number in numbers):
        return None
    if len(numbers) == 1 and numbers[0] in _CLAMPED:
        return Rule(Freq.MONTHLY, by_month_day=tuple(range(28, numbers[0] + 1)), by_set_pos=(-1,))
    days = {-1 if number == _LONGEST_MONTH else number for number in numbers}
    return Rule(Freq.MONTHLY, by_month_day=tuple(sorted(days, key=lambda day: (day < 0, day))))


_CLAMPED = (29, 30)


def _nth_rule(match: re.Match[str], month: int | None = None) -> Rule | None:
    nth = ORDINALS[match["nth"]]
    months = (month,) if month else ()
    freq = Freq.YEARLY if month else Freq.MONTHLY
    if match["nth_day"]:
        return Rule(freq, by_day=(ByDay(nth, WEEKDAYS[match["nth_day"]]),), by_month=months)
    if match["work"]:
        return Rule(freq, by_day=_weekly(*_WORKDAYS).by_day, by_set_pos=(nth,), by_month=months)
    return Rule(freq, by_month_day=(nth,), by_month=months)


def _month_tail(match: re.Match[str]) -> Rule | None:
    return _nth_rule(match) if match["nth"] else _month_days(match)


def _year_tail(match: re.Match[str]) -> Rule | None:
    return _nth_rule(match, MONTHS[match["month"]]) if match["nth"] else _yearly(match)


def _yearly(match: re.Match[str]) -> Rule | None:
    month, day, year = month_date(match)
    if year is not None or real_date(_LEAP_YEAR, month, day) is None:
        return None
    if (month, day) == (2, 29):
        return Rule(Freq.YEARLY, by_month=(2,), by_month_day=(28, 29), by_set_pos=(-1,))
    return Rule(Freq.YEARLY, by_month=(month,), by_month_day=(day,))


_TAILS: dict[Freq, tuple[re.Pattern[str], Callable[[re.Match[str]], Rule | None]]] = {
    Freq.WEEKLY: (_TAIL_WEEK, lambda match: _days_of(match["days"])),
    Freq.MONTHLY: (_TAIL_MONTH, _month_tail),
    Freq.YEARLY: (_TAIL_YEAR, _year_tail),
}


def _ordinal_days(text: str, place: int) -> Iterator[Series]:
    match = _ORDINAL_DAYS.match(text, place)
    rule = _month_days(match) if match else None
    if match and rule:
        yield Series(place, match.end(), rule)


def _ordinal_weekday(text: str, place: int) -> Iterator[Series]:
    """Every last friday; "every second friday" is every other one unless it says of what."""
    match = _ORDINAL_WEEKDAY.match(text, place)
    if match is None or (ORDINALS[match["nth"]] == 2 and not match["of"]):  # noqa: PLR2004 - the second
        return
    rule = _nth_rule(match, MONTHS[match["month"]] if match["month"] else None)
    if rule:
        yield Series(place, match.end(), rule)


def _date(text: str, place: int) -> Iterator[Series]:
    match = _DATE.match(text, place)
    rule = _yearly(match) if match else None
    if match and rule:
        yield Series(place, match.end(), rule)


_READERS = (_interval, _ordinal_days, _ordinal_weekday, _date)


def _of_every(_text: str, match: re.Match[str]) -> Series | None:
    rule = _nth_rule(match) if match["of"] else _month_days(match)
    return Series(match.start(), match.end(), rule) if rule else None


# An adverb before another word describes it: "weekly report" is a title.
_FOLLOWED = re.compile(
    r"(?=[\s,;.!?)\]…]*(?:$|[\x00\x01@]|[0-9]|(?:on|at|by|until|till|from|starting|for|in|after|um|am|bis|ab|remind|and)\s))"
)


def _adverb(text: str, match: re.Match[str]) -> Series | None:
    rule = _ADVERBS[" ".join(match["adverb"].split())]
    series = _with_tail(text, Series(match.start(), match.end("adverb"), rule))
    plain = not rule.by_day and not _FOLLOWED.match(text, series.end)
    return None if plain and series.end == match.end("adverb") else series


_COUNTED = re.compile(rf"(?<!\S)(?:[0-9]+|{either(NUMBERS)})\s+$")
_NEAR = 12


def _plural(text: str, match: re.Match[str]) -> Series | None:
    """On mondays; not two mondays from now."""
    if _COUNTED.search(text[max(0, match.start() - _NEAR) : match.start()]):
        return None
    return Series(match.start(), match.end(), _days_of(match["days"]))
