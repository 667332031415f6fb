"""The text of a recurrence rule: RFC 5545 RRULE values (3.3.10) with SKIP of RFC 7529, read and written.

Here is what a rule is and which rules are allowed. What days it means is in `domain.rrule`; zones, patterns
and series are in `domain.recurrence`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple

MOST_TEXT = 1000
MOST_INTERVAL = 999
MOST_COUNT = 100_000

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class RuleError(ValueError):
    """A recurrence rule that cannot be used; the message names the part and says what is allowed."""


class Freq(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class Skip(StrEnum):
    """What becomes of a day that a month or year does not have (RFC 7529, section 4.1)."""

    OMIT = "OMIT"
    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"


class ByDay(NamedTuple):
    """One value of BYDAY: `ordinal` 0 is every such day, 2 the second, -1 the last; `weekday` 0 is Monday."""

    ordinal: int
    weekday: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE. Lists are sorted without duplicates, the positive numbers before the negative ones.

    `until` is inclusive: a date, a naive datetime (floating local time) or an aware one in UTC.
    """

    freq: Freq
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    by_month: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[ByDay, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0
    skip: Skip = Skip.OMIT


def parse_rule(text: str) -> Rule:
    """Read an RRULE value; a leading "RRULE:" is allowed, names are read in either case.

    Raises RuleError for all that RFC 5545 forbids and for what a task cannot do (more than once a day).
    SKIP is taken without RSCALE too, though RFC 7529 wants both: only the Gregorian calendar exists here.
    """
    parts = _parts(text)
    rule = Rule(
        freq=_freq(parts),
        interval=_number(parts, "INTERVAL", MOST_INTERVAL) or 1,
        count=_number(parts, "COUNT", MOST_COUNT),
        until=_until(parts),
        by_month=_numbers(parts, "BYMONTH"),
        by_week_no=_numbers(parts, "BYWEEKNO"),
        by_year_day=_numbers(parts, "BYYEARDAY"),
        by_month_day=_numbers(parts, "BYMONTHDAY"),
        by_day=_by_day(parts),
        by_set_pos=_numbers(parts, "BYSETPOS"),
        week_start=_week_start(parts),
        skip=_skip(parts),
    )
    _refuse_combinations(rule)
    # A rule's own text must be readable again: RSCALE, which SKIP brings, can make it longer than it came.
    _refuse_long(rule_text(rule))
    return rule


def rule_text(rule: Rule) -> str:
    """The one canonical text of a rule: FREQ first, defaults left out; `parse_rule` gives the same rule."""
    values = {
        "FREQ": rule.freq.value,
        "INTERVAL": str(rule.interval) if rule.interval != 1 else "",
        "COUNT": str(rule.count) if rule.count is not None else "",
        "UNTIL": until_text(rule.until) if rule.until is not None else "",
        "BYMONTH": _joined(rule.by_month),
        "BYWEEKNO": _joined(rule.by_week_no),
        "BYYEARDAY": _joined(rule.by_year_day),
        "BYMONTHDAY": _joined(rule.by_month_day),
        "BYDAY": ",".join(by_day_text(value) for value in rule.by_day),
        "BYSETPOS": _joined(rule.by_set_pos),
        "WKST": WEEKDAYS[rule.week_start] if rule.week_start else "",
        "RSCALE": "GREGORIAN" if rule.skip is not Skip.OMIT else "",
        "SKIP": rule.skip.value if rule.skip is not Skip.OMIT else "",
    }
    return ";".join(f"{name}={value}" for name, value in values.items() if value)


def by_day_text(value: ByDay) -> str:
    """A BYDAY value as the RFC writes it: MO, 2TU, -1FR."""
    return f"{value.ordinal or ''}{WEEKDAYS[value.weekday]}"


def until_text(until: date | datetime) -> str:
    """UNTIL as the RFC writes it: 20261231, 20261231T090000 or 20261231T080000Z."""
    if not isinstance(until, datetime):
        return f"{until.year:04}{until:%m%d}"
    return f"{until.year:04}{until:%m%dT%H%M%S}{'Z' if until.tzinfo else ''}"


_PARTS = (
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYSETPOS",
    "WKST",
    "RSCALE",
    "SKIP",
)
_TOO_FINE = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
_TOO_OFTEN = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
# The highest number of each list, and whether it may be negative, to count from the end.
_RANGES = {
    "BYMONTH": (12, False),
    "BYWEEKNO": (53, True),
    "BYYEARDAY": (366, True),
    "BYMONTHDAY": (31, True),
    "BYSETPOS": (366, True),
}
# The table of section 3.3.10: where a part is not N/A.
_ONLY_WITH = {
    "BYWEEKNO": (Freq.YEARLY,),
    "BYYEARDAY": (Freq.YEARLY,),
    "BYMONTHDAY": (Freq.DAILY, Freq.MONTHLY, Freq.YEARLY),
}
# At most three digits: a longer number is out of every range, and is never converted.
_SIGNED = re.compile(r"[+-]?[0-9]{1,3}")
_UNSIGNED = re.compile(r"[0-9]{1,6}")
_BY_DAY = re.compile(rf"([+-]?[0-9]{{1,2}})?({'|'.join(WEEKDAYS)})")
_UNTIL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?")


def _refuse_long(text: str) -> None:
    if len(text) > MOST_TEXT:
        raise RuleError(f"the rule is too long: at most {MOST_TEXT} characters are allowed")


def _parts(text: str) -> dict[str, str]:
    """The parts by name, in upper case; each known, given once and not empty."""
    _refuse_long(text)
    if not text.isascii():
        raise RuleError("the rule has characters that an RRULE cannot have: only ASCII is allowed")
    body = text.strip().upper().removeprefix("RRULE:")
    if not body:
        raise RuleError("the rule is empty: it needs at least FREQ, as in FREQ=DAILY")
    parts: dict[str, str] = {}
    for part in body.split(";"):
        name, value = _name_and_value(part)
        if name in parts:
            raise RuleError(f"{name} is given twice: each part is allowed once")
        parts[name] = value
    return parts


def _name_and_value(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if name in _TOO_FINE:
        raise RuleError(f"{name} is not supported: a task occurs at most once a day, at the time it is due")
    if name not in _PARTS:
        raise RuleError(f"{_shown(part)} is not a part of a rule: allowed are {', '.join(_PARTS)}")
    if not equals or not value:
        raise RuleError(f"{name} has no value: write it as {name}=…")
    return name, value


def _shown(value: str) -> str:
    """The value as a message shows it: quoted, short, whatever was sent."""
    return repr(value if len(value) <= 20 else value[:20] + "…")  # noqa: PLR2004 - a readable length, nothing more


def _freq(parts: Mapping[str, str]) -> Freq:
    value = parts.get("FREQ")
    if value is None:
        raise RuleError("FREQ is missing: it must be one of DAILY, WEEKLY, MONTHLY, YEARLY")
    if value in _TOO_OFTEN:
        raise RuleError(f"FREQ={value} is not supported: a task recurs DAILY, WEEKLY, MONTHLY or YEARLY")
    try:
        return Freq(value)
    except ValueError:
        message = f"FREQ cannot be {_shown(value)}: it must be one of DAILY, WEEKLY, MONTHLY, YEARLY"
        raise RuleError(message) from None


def _number(parts: Mapping[str, str], name: str, highest: int) -> int | None:
    value = parts.get(name)
    if value is None:
        return None
    if not _UNSIGNED.fullmatch(value) or not 1 <= int(value) <= highest:
        raise RuleError(f"{name} cannot be {_shown(value)}: it must be a whole number from 1 to {highest}")
    return int(value)


def _numbers(parts: Mapping[str, str], name: str) -> tuple[int, ...]:
    value = parts.get(name)
    if value is None:
        return ()
    return _sorted(_list_number(name, item) for item in value.split(","))


def _list_number(name: str, item: str) -> int:
    highest, signed = _RANGES[name]
    pattern = _SIGNED if signed else _UNSIGNED
    if not pattern.fullmatch(item) or not 1 <= abs(int(item)) <= highest:
        allowed = f"1 to {highest} or -{highest} to -1" if signed else f"1 to {highest}"
        raise RuleError(f"{name} cannot contain {_shown(item)}: allowed are numbers from {allowed}")
    return int(item)


def _sorted(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(numbers), key=lambda number: (number < 0, number)))


def _by_day(parts: Mapping[str, str]) -> tuple[ByDay, ...]:
    value = parts.get("BYDAY")
    if value is None:
        return ()
    days = {_by_day_value(item) for item in value.split(",")}
    return tuple(sorted(days, key=lambda day: (day.ordinal < 0, day)))


def _by_day_value(item: str) -> ByDay:
    match = _BY_DAY.fullmatch(item)
    if match is None or (match[1] and not 1 <= abs(int(match[1])) <= _RANGES["BYWEEKNO"][0]):
        raise RuleError(
            f"BYDAY cannot contain {_shown(item)}: allowed are {', '.join(WEEKDAYS)}, "
            "with a number from 1 to 53 or -53 to -1 before them where FREQ is MONTHLY or YEARLY",
        )
    return ByDay(int(match[1] or 0), WEEKDAYS.index(match[2]))


def _week_start(parts: Mapping[str, str]) -> int:
    value = parts.get("WKST", "MO")
    if value not in WEEKDAYS:
        raise RuleError(f"WKST cannot be {_shown(value)}: it must be one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(value)


def _skip(parts: Mapping[str, str]) -> Skip:
    calendar = parts.get("RSCALE", "GREGORIAN")
    if calendar != "GREGORIAN":
        raise RuleError(f"RSCALE={_shown(calendar)} is not supported: only GREGORIAN is allowed")
    value = parts.get("SKIP", "OMIT")
    try:
        return Skip(value)
    except ValueError:
        raise RuleError(f"SKIP cannot be {_shown(value)}: it must be OMIT, BACKWARD or FORWARD") from None


def _until(parts: Mapping[str, str]) -> date | datetime | None:
    value = parts.get("UNTIL")
    if value is None:
        return None
    match = _UNTIL.fullmatch(value)
    if match is None:
        raise _not_a_moment(value)
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    try:
        if match[4] is None:
            return date(year, month, day)
        # Section 3.3.12: a leap second is second 60, to be read as 59 by what does not know leap seconds.
        second = 59 if second == 60 else second  # noqa: PLR2004 - as above
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC if match[7] else None)
    except ValueError:
        raise _not_a_moment(value) from None


def _not_a_moment(value: str) -> RuleError:
    return RuleError(
        f"UNTIL cannot be {_shown(value)}: it must be a date (20261231), a local time (20261231T090000) "
        "or a time in UTC (20261231T080000Z)",
    )


def _refuse_combinations(rule: Rule) -> None:
    """What the parts forbid each other: the table and the notes of section 3.3.10."""
    if rule.count is not None and rule.until is not None:
        raise RuleError("COUNT and UNTIL exclude each other: give only one")
    given = {"BYWEEKNO": rule.by_week_no, "BYYEARDAY": rule.by_year_day, "BYMONTHDAY": rule.by_month_day}
    for name, allowed in _ONLY_WITH.items():
        if given[name] and rule.freq not in allowed:
            raise RuleError(f"{name} is not allowed with FREQ={rule.freq}: only with {', '.join(allowed)}")
    _refuse_ordinals(rule)
    if rule.by_set_pos and not any((*given.values(), rule.by_month, rule.by_day)):
        raise RuleError("BYSETPOS picks from what other parts say: it needs another BY part, such as BYDAY")


def _refuse_ordinals(rule: Rule) -> None:
    numbered = next((by_day_text(value) for value in rule.by_day if value.ordinal), None)
    if numbered is None:
        return
    if rule.freq not in (Freq.MONTHLY, Freq.YEARLY):
        raise RuleError(f"BYDAY={numbered} is not allowed with FREQ={rule.freq}: only weekdays without a number are")
    if rule.by_week_no:
        raise RuleError(f"BYDAY={numbered} is not allowed with BYWEEKNO: only weekdays without a number")


def _joined(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))
