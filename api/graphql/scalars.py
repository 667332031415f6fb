"""Scalars of the contract. Each refuses what it cannot mean, before anything is written."""

import re
from datetime import date, datetime
from typing import Any, NewType
from uuid import UUID

import strawberry
from strawberry.types.scalar import ScalarDefinition

from domain.errors import Invalid
from domain.values import rfc3339, zone

TimeZone = NewType("TimeZone", str)
Color = NewType("Color", str)
Json = NewType("Json", object)

# RFC 3339, section 5.6, with the offset that the contract asks for.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII)
_NANOSECONDS = re.compile(r"(\.\d{6})\d{1,3}")
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def parse_instant(value: Any) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("must be an RFC 3339 instant with an offset, such as 2026-01-25T15:00:00+01:00")
    try:
        instant = datetime.fromisoformat(_NANOSECONDS.sub(r"\1", value.upper()))
    except ValueError as error:
        raise ValueError(f"is not a real date and time: {error}") from error
    try:
        rfc3339(instant)
    except OverflowError as error:
        raise ValueError("is too far away") from error
    return instant


def parse_day(value: Any) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("must be a day of the form YYYY-MM-DD")
    return date.fromisoformat(value)


def _parse_zone(value: Any) -> TimeZone:
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 - graphql-core reports any error, and a ValueError is no bug
    try:
        zone(value)
    except Invalid as refusal:
        raise ValueError(refusal.message) from refusal
    return TimeZone(value)


def _parse_color(value: Any) -> Color:
    if not isinstance(value, str) or not _COLOR.fullmatch(value):
        raise ValueError("must be a colour of the form #RRGGBB")
    return Color(value)


def parse_uuid(value: Any) -> UUID:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError("must be a UUID such as 0b6f1a1e-4b0c-4f7e-9a52-3c1d2e4f5a6b")
    return UUID(value)


def _as_is(value: Any) -> Any:
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, RFC 3339 with an offset or Z. Without an offset, or if it is not a real date, it is "
        "refused. Always sent back in UTC with Z.",
        serialize=rfc3339,
        parse_value=parse_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day, YYYY-MM-DD.",
        serialize=date.isoformat,
        parse_value=parse_day,
    ),
    TimeZone: strawberry.scalar(
        name="TimeZone",
        description="An IANA time zone name, such as Europe/Berlin. Unknown names are refused.",
        serialize=str,
        parse_value=_parse_zone,
    ),
    Color: strawberry.scalar(name="Color", description="A colour, #RRGGBB.", serialize=str, parse_value=_parse_color),
    UUID: strawberry.scalar(
        name="UUID",
        description="A UUID (RFC 9562) in its usual text form.",
        serialize=str,
        parse_value=parse_uuid,
    ),
    Json: strawberry.scalar(name="JSON", description="Any JSON value.", serialize=_as_is, parse_value=_as_is),
}
