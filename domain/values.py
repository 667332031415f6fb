"""Rules for single values that several nouns share: text, ids, zones, instants."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from domain.errors import Invalid

_ID = re.compile(r"[1-9][0-9]{0,18}")
_MAX_ID = 2**63 - 1
# Instants outside leave no room for zones and reminders around them.
EARLIEST_YEAR, LATEST_YEAR = 1970, 9000


def clean_text(value: str, *, field: str, longest: int, shortest: int = 0) -> str:
    """The text without surrounding white space, `shortest`..`longest` characters long."""
    if "\x00" in value:
        raise Invalid("must not contain the NUL character", [field])
    text = value.strip()
    if len(text) < shortest:
        raise Invalid("must not be empty" if shortest == 1 else f"must have at least {shortest} characters", [field])
    if len(text) > longest:
        raise Invalid(f"must have at most {longest} characters, has {len(text)}", [field])
    return text


def parse_id(value: str) -> int | None:
    """The number of an id; None for text that can be nobody's id."""
    if not _ID.fullmatch(value):
        return None
    number = int(value)
    return number if number <= _MAX_ID else None


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str, *, field: str = "time_zone") -> ZoneInfo:
    """The zone of an IANA name."""
    if name not in _zone_names():
        raise Invalid(f"is not an IANA time zone name such as Europe/Berlin: {name[:64]!r}", [field])
    return ZoneInfo(name)


def rfc3339(instant: datetime) -> str:
    """An aware instant as RFC 3339 text in UTC with Z; fractions only where there are any."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def rfc3339_micros(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def distinct_sorted(values: Sequence[int]) -> list[int]:
    return sorted(set(values))
