"""Rates as settings say them: `600/minute`, `5 per hour`, `10 per 15 minutes`."""

from typing import Annotated

from limits import RateLimitItem, parse
from pydantic import PlainValidator


def _rate(value: object) -> RateLimitItem:
    if isinstance(value, RateLimitItem):
        return value
    try:
        return parse(str(value))
    except ValueError as error:
        msg = "has to be a rate such as 600/minute or 10 per 15 minutes"
        raise ValueError(msg) from error


Rate = Annotated[RateLimitItem, PlainValidator(_rate)]


def rate(text: str) -> RateLimitItem:
    return parse(text)
