"""What one request may ask for, and the check of the JSON values it brings. Documents: api/limits_documents.py."""

import re
from dataclasses import dataclass
from typing import Any

from config.settings import GatewaySettings

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')

# Where a value lies: a linked list from the inside out, as only a refused value needs to be told.
_Path = tuple["_Path", str] | None


class LimitExceeded(Exception):
    """A request asks for more than is allowed; `code` says of what, `path` where, if it is a value."""

    def __init__(self, message: str, code: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message, self.code, self.path = message, code, path


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest of everything, for one request."""

    body_bytes: int
    document_characters: int
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
            document_characters=settings.max_document_characters,
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
    members = 0
    waiting: list[tuple[Any, _Path]] = [(value, None)]
    while waiting:
        current, path = waiting.pop()
        if isinstance(current, str):
            check_text(current, path)
        elif isinstance(current, dict):
            check_length(len(current), most, path)
            members += len(current)
            for name, item in current.items():
                check_text(name, path)
                waiting.append((item, (path, name)))
        elif isinstance(current, list):
            check_length(len(current), most, path)
            waiting += [(item, (path, str(place))) for place, item in enumerate(current)]
    return members


def check_length(length: int, most: int, path: "_Path" = None) -> None:
    if length > most:
        message = f"a list or object has {length} items, {most} are allowed"
        raise LimitExceeded(message, "LIST_TOO_LONG", _names(path))


def check_text(text: str, path: "_Path" = None) -> None:
    """Refuses NUL, which PostgreSQL cannot store, and halves of surrogate pairs, which UTF-8 cannot."""
    if "\x00" in text:
        raise LimitExceeded("text must not contain the NUL character", "INVALID", _names(path))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise LimitExceeded("text must not contain half a surrogate pair", "INVALID", _names(path)) from error


def _names(path: "_Path") -> tuple[str, ...]:
    names: list[str] = []
    while path is not None:
        path, name = path
        names.append(name)
    return tuple(reversed(names))


def members_written(body: bytes) -> int:
    """How many object members valid JSON writes: its colons outside strings. Parsing keeps one of equal names.

    More members than the parsed value has means that a name is there twice (RFC 8259, section 4: unpredictable).
    """
    return _STRING.sub(b"", body).count(b":")
