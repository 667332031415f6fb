"""The words of quick add, English and German, and the pieces its patterns are put together from.

Pure tables. A pattern sees the text in lower case, letter for letter as long as it was typed, so that a place in one
is the same place in the other. No pattern repeats what can itself repeat: each is done after a bounded number of words.
"""

import re
from collections.abc import Iterable
from fractions import Fraction


def either(words: Iterable[str]) -> str:
    """One of these words, the longest that fits; a space in one is any white space."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first)


# Where a phrase may begin and end: at white space, or at the punctuation of a sentence.
LEFT = r"(?<![^\s(\[,;])"
RIGHT = r"(?=[,;](?![0-9])|[,;:.!?)\]…]*(?:\s|$))"


def phrase(pattern: str) -> re.Pattern[str]:
    """A pattern that only takes whole words."""
    return re.compile(f"{LEFT}(?:{pattern}){RIGHT}")


_LONG_DAYS = (
    ("monday", "montag"),
    ("tuesday", "dienstag"),
    ("wednesday", "mittwoch"),
    ("thursday", "donnerstag"),
    ("friday", "freitag"),
    ("saturday", "samstag", "sonnabend"),
    ("sunday", "sonntag"),
)
_SHORT_DAYS = {"mon": 0, "tue": 1, "tues": 1, "thu": 3, "thur": 3, "thurs": 3, "fri": 4}
# Also plain English words: they need something around them that says they are days.
ENGLISH_WORDS = {"wed": 2, "weds": 2, "sat": 5, "sun": 6}
GERMAN_SHORT = {"mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6}
_LONG = {name: day for day, names in enumerate(_LONG_DAYS) for name in names}
WEEKDAYS = {**_LONG, **_SHORT_DAYS, **ENGLISH_WORDS, **GERMAN_SHORT}
PLURAL_DAYS = {f"{name}s": day for name, day in _LONG.items()}
DAY = either(WEEKDAYS)
# The names that no English word is mistaken for.
GERMAN_DAY = either([name for names in _LONG_DAYS for name in names[1:]])

_MONTHS = (
    ("january", "jan", "januar", "jänner"),
    ("february", "feb", "februar"),
    ("march", "mar", "märz", "maerz", "mär", "mrz"),
    ("april", "apr"),
    ("may", "mai"),
    ("june", "jun", "juni"),
    ("july", "jul", "juli"),
    ("august", "aug"),
    ("september", "sep", "sept"),
    ("october", "oct", "oktober", "okt"),
    ("november", "nov"),
    ("december", "dec", "dezember", "dez"),
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
MONTH = either(MONTHS)

NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "a an one ein eine einen einem einer eins",
            "two zwei",
            "three drei",
            "four vier",
            "five fünf fuenf",
            "six sechs",
            "seven sieben",
            "eight acht",
            "nine neun",
            "ten zehn",
            "eleven elf",
            "twelve zwölf zwoelf",
        ),
        1,
    )
    for word in words.split()
}
_ROUGH = {
    "a couple of": Fraction(2),
    "a couple": Fraction(2),
    "a few": Fraction(3),
    "ein paar": Fraction(3),
    "half an": Fraction(1, 2),
    "half a": Fraction(1, 2),
    "einer halben": Fraction(1, 2),
    "eine halbe": Fraction(1, 2),
    "einem halben": Fraction(1, 2),
    "ein halbes": Fraction(1, 2),
    "anderthalb": Fraction(3, 2),
}
_AMOUNTS = {**{word: Fraction(number) for word, number in NUMBERS.items()}, **_ROUGH}

UNITS = {
    name: unit
    for unit, names in {
        "minute": "m min mins minute minutes minuten",
        "hour": "h hr hrs hour hours std stunde stunden",
        "day": "d day days tag tage tagen",
        "week": "w wk wks week weeks woche wochen",
        "month": "month months monat monate monaten",
        "year": "y yr yrs year years jahr jahre jahren",
    }.items()
    for name in names.split()
}


def amount(tag: str = "") -> str:
    """A number and a unit, such as 3 days, 30min, half an hour; read by `amount_of` with the same tag."""
    return (
        rf"(?:(?P<digits{tag}>[0-9]{{1,4}}(?:[.,]5)?)\s*|(?P<word{tag}>{either(_AMOUNTS)})\s+)"
        rf"(?P<unit{tag}>{either(UNITS)})(?P<half{tag}>\s+and\s+a\s+half)?"
    )


def amount_of(match: re.Match[str], tag: str = "") -> tuple[Fraction, str]:
    """The number, and the unit in the singular."""
    digits, word = match[f"digits{tag}"], match[f"word{tag}"]
    number = Fraction(digits.replace(",", ".")) if digits else _AMOUNTS[" ".join(word.split())]
    return number + (Fraction(1, 2) if match[f"half{tag}"] else 0), UNITS[match[f"unit{tag}"]]


ORDINALS = {
    word: number
    for number, words in {
        1: "first 1st erste ersten erster erstes",
        2: "second 2nd zweite zweiten zweiter zweites",
        3: "third 3rd dritte dritten dritter drittes",
        4: "fourth 4th vierte vierten vierter viertes",
        5: "fifth 5th fünfte fünften fünfter fünftes",
        -1: "last letzte letzten letzter letztes",
    }.items()
    for word in words.split()
}
ORDINAL = either(ORDINALS)

_YEAR = r"(?:19|20)[0-9]{2}"
MONTH_DATE = (
    rf"(?:(?:the\s+)?(?P<day_first>[0-9]{{1,2}})(?:st|nd|rd|th|\.)?\s*(?:of\s+)?(?P<month_last>{MONTH})"
    rf"(?:\.?,?\s*(?P<year_last>{_YEAR}))?"
    rf"|(?P<month_first>{MONTH})\.?\s*(?:the\s+)?(?P<day_last>[0-9]{{1,2}})(?:st|nd|rd|th)?"
    rf"(?:,?\s*(?P<year_after>{_YEAR}))?)"
)
"""A day with its month by name, such as 25 January 2027 or jan 25th."""


def month_date(match: re.Match[str]) -> tuple[int, int, int | None]:
    """Month, day and year of a MONTH_DATE."""
    year = match["year_last"] or match["year_after"]
    month, day = match["month_last"] or match["month_first"], match["day_first"] or match["day_last"]
    return MONTHS[month], int(day), int(year) if year else None
