"""Which part of a quick-add line gave which field, and the title: what nothing else was made of, without the seams."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.quick_add_marks import TAKEN

_STOPS = ",;:"
_DASHES = {"-", "\u2013", "\u2014", "&"}


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of the line gave a field; `start` and `end` count code points, as Python does."""

    field: str
    start: int
    end: int


class Claim(Protocol):
    """A part of the line."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def masked(line: str, claims: Iterable[Claim]) -> str:
    for claim in claims:
        line = mask(line, claim.start, claim.end)
    return line


def mask(text: str, start: int, end: int) -> str:
    """The line with a part of it understood, each character in its place."""
    return f"{text[:start]}{TAKEN * (end - start)}{text[end:]}"


def joined(spans: Sequence[Span], text: str) -> Iterator[Span]:
    """Spans of one field that only white space separates, as one."""
    last: Span | None = None
    for span in spans:
        if (
            last
            and last.field == span.field
            and not text[last.end : span.start].strip(" ,")
            and span.field != "tagNames"
        ):
            last = Span(span.field, last.start, span.end)
            continue
        if last:
            yield last
        last = span
    if last:
        yield last


def title_of(text: str, spans: Sequence[Span], escapes: Sequence[int]) -> str:
    """The text without the spans (in order) and without the backslashes at `escapes`; never empty if the text is not.

    Where everything was understood, the title is all of the text.
    """
    title, begin = "", 0
    for span in spans:
        title = _sewn(title, _plain(text, begin, span.start, escapes))
        begin = span.end
    title = _sewn(title, _plain(text, begin, len(text), escapes)) if spans else _plain(text, 0, len(text), escapes)
    return title.strip() or text.strip()


def _plain(text: str, start: int, end: int, escapes: Sequence[int]) -> str:
    """A part of the text; a backslash that has done its work is left out."""
    for place in reversed([place for place in escapes if start <= place < end]):
        text, end = text[:place] + text[place + 1 :], end - 1
    return text[start:end]


def _sewn(before: str, after: str) -> str:
    """Two parts of a title with something taken out between them."""
    left, right = before.rstrip(), after.lstrip()
    if left.endswith(("(", "[")) and right.startswith((")", "]")):
        left, after = left[:-1].rstrip(), right[1:]
        right = after.lstrip()
    if not left:
        return _begun(right)
    if not right or right[0] in ",;.!?":
        left = _ended(left)
    if not right:
        return left
    return f"{left}{right}" if after[0] in ",;:.!?)]…" else f"{left} {right}"


def _begun(title: str) -> str:
    """Without what led from the part before: a stop, a dash between spaces. A .net or a -5 stays."""
    rest = title.lstrip(f"{_STOPS}.")
    first, _, more = rest.partition(" ")
    if first in _DASHES:
        return more.lstrip()
    return rest.lstrip() if not rest or rest[0].isspace() or title[0] in _STOPS else title


def _ended(title: str) -> str:
    """Without what led to the part behind it."""
    rest = title.rstrip(f"{_STOPS} ")
    before, _, last = rest.rpartition(" ")
    return before.rstrip(f"{_STOPS} ") if last in _DASHES else rest
