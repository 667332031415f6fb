"""What a PromQL expression names: its metrics, with the labels it matches. If it is PromQL at all, promtool says."""

import re
from collections.abc import Iterator

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_RANGE = re.compile(r"\[[^\]]*\]")
_NAME = re.compile(r"(?<![\w:.$])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(?!\s*\(|[\w:])")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "inf", "nan"})


def metrics(expression: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Each metric that is named, with the labels of its matchers."""
    bare = _RANGE.sub("", _GROUPING.sub("", _TEXT.sub('""', expression)))
    for name, matchers in _NAME.findall(bare):
        if name.lower() not in _WORDS:
            yield name, frozenset(_LABEL.findall(matchers))
