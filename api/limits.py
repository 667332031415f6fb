"""What one request may ask for, and the check of the JSON values it brings. Documents: api/limits_documents.py."""

import re
from dataclasses import dataclass
from typing import Any

from config.settings import GatewaySettings

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')


class LimitExceeded(Exception):
    """A request asks for more than is allowed; `code` says of what."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message, self.code = message, code


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest of everything, for one request."""

    body_bytes: int
    tokens: int
    depth: int
    aliases: int
    root_fields: int
    directives: int
    fragments: int
    cost: int
    list_items: int
    seconds: float

    @classmethod
    def of(cls, settings: GatewaySettings) -> "Limits":
        return cls(
            body_bytes=settings.max_body_bytes,
            tokens=settings.max_tokens,
            depth=settings.max_depth,
            aliases=settings.max_aliases,
            root_fields=settings.max_root_fields,
            directives=settings.max_directives,
            fragments=settings.max_fragments,
            cost=settings.max_cost,
            list_items=settings.max_list_items,
            seconds=settings.request_seconds,
        )


def check_values(value: Any, *, most: int) -> int:
    """Raises LimitExceeded for a list or object with more than `most` items, at any depth, and for forbidden text.

    Returns how many members all objects in it have. A loop, not a recursion: depth is the caller's choice.
    """
    members, waiting = 0, [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, str):
            check_text(current)
        elif isinstance(current, dict | list):
            if len(current) > most:
                raise LimitExceeded(f"a list or object has {len(current)} items, {most} are allowed", "LIST_TOO_LONG")
            if isinstance(current, dict):
                members += len(current)
                waiting += current
                waiting += current.values()
            else:
                waiting += current
    return members


def check_text(text: str) -> None:
    """Refuses NUL, which PostgreSQL cannot store, and halves of surrogate pairs, which UTF-8 cannot."""
    if "\x00" in text:
        raise LimitExceeded("text must not contain the NUL character", "TEXT_NOT_ALLOWED")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise LimitExceeded("text must not contain half a surrogate pair", "TEXT_NOT_ALLOWED") from error


def members_written(body: bytes) -> int:
    """How many object members valid JSON writes: its colons outside strings. Parsing keeps one of equal names.

    More members than the parsed value has means that a name is there twice (RFC 8259, section 4: unpredictable).
    """
    return _STRING.sub(b"", body).count(b":")
