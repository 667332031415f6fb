r"""The parts of a quick-add line that begin with a sign: #tags, !priorities, "quotes" and \# escapes.

Reads a line once, from left to right. What is quoted or escaped, and what is an address of the web or of mail, is
never looked at again; tags and priorities are told from the words that are left for the other patterns.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from db.tasks import Priority

MOST_TAG_NAME = 50
# Stands for a character that is understood already, or that must not be understood. Neither is white space.
TAKEN, LITERAL = "\x01", "\x00"

_PRIORITIES = {
    "!1": Priority.URGENT,
    "!2": Priority.HIGH,
    "!3": Priority.MEDIUM,
    "!4": Priority.LOW,
    "!urgent": Priority.URGENT,
    "!high": Priority.HIGH,
    "!medium": Priority.MEDIUM,
    "!med": Priority.MEDIUM,
    "!low": Priority.LOW,
    "!none": Priority.NONE,
    "!dringend": Priority.URGENT,
    "!hoch": Priority.HIGH,
    "!mittel": Priority.MEDIUM,
    "!niedrig": Priority.LOW,
    "p1": Priority.URGENT,
    "p2": Priority.HIGH,
    "p3": Priority.MEDIUM,
    "p4": Priority.LOW,
}
_CLOSING = {'"': '"', "“": "”", "„": "“”", "«": "»"}
_CLOSES = {opening: re.compile(rf"[{ends}](?=[\s,.;:!?)\]]|$)") for opening, ends in _CLOSING.items()}
_OPENERS = "([{"
_PUNCTUATION = ",.;:!?)]}…"
_CHUNK = re.compile(r"\S+")
_TAG = re.compile(r"#([^\s#]+)")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|www\.|mailto:|[^@\s]+@[^@\s]+\.[^@\s]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """One part of the line, from `start` to `end`: a tag's name, a priority, or None for what is to be left alone."""

    start: int
    end: int
    value: str | Priority | None


def find(text: str) -> Iterator[Mark]:
    """The marks of a line, in order; they do not overlap."""
    unclosed: set[str] = set()
    at = 0
    while chunk := _CHUNK.search(text, at):
        start = chunk.end() - len(chunk[0].lstrip(_OPENERS))
        at = chunk.end()
        word = text[start:at]
        quote = word[1:2] if word.startswith("#") else word[:1]
        end = _closed(text, start + word.find(quote), quote, unclosed) if quote in _CLOSING else None
        if end is not None:
            yield Mark(start, end, _quoted_tag(text[start:end]))
            at = end
        elif word:
            yield from _plain(word, start)


def _closed(text: str, at: int, quote: str, unclosed: set[str]) -> int | None:
    """Behind the end of a quotation; one that never ends is looked for only once."""
    if quote in unclosed:
        return None
    end = _CLOSES[quote].search(text, at + 1)
    if end is None:
        unclosed.add(quote)
    return end.end() if end else None


def _quoted_tag(word: str) -> str | None:
    """The name within #"..."; None for a plain quotation, and for a name that no tag can have."""
    name = word[2:-1].strip()
    return name if word.startswith("#") and 0 < len(name) <= MOST_TAG_NAME else None


def _plain(word: str, start: int) -> Iterator[Mark]:
    if word.startswith("\\") or _ADDRESS.match(word):
        yield Mark(start, start + len(word), None)
        return
    core = word.rstrip(_PUNCTUATION)
    if core.lower() in _PRIORITIES:
        yield Mark(start, start + len(core), _PRIORITIES[core.lower()])
    elif word.startswith("#"):
        for tag in _TAG.finditer(core):
            name = tag[1].rstrip(_PUNCTUATION)
            # #42 is the number of something.
            if name and not name.isdecimal() and len(name) <= MOST_TAG_NAME:
                yield Mark(start + tag.start(), start + tag.start() + 1 + len(name), name)


def lowered(text: str) -> str:
    """In lower case, each letter in its place; the few that would become two letters stay as they are."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    return lower.replace(TAKEN, LITERAL)
