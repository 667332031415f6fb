"""What of a change to the event contract breaks programs that read events by the contract of the last release.

They ignore what they do not know; so nothing that they know may go, be left out, or become something else.
"""

from collections.abc import Iterator
from typing import Any

from db.base import JsonObject

# A field's way from the record on, what kinds of value it may have, and whether it is always there.
Fields = dict[str, tuple[frozenset[str], bool]]


def breaking(before: JsonObject, after: JsonObject) -> list[str]:
    """Each breaking change between two AsyncAPI documents, in words."""
    return [
        problem
        for topic, channel in before["channels"].items()
        for problem in _topic(before, channel, after, after["channels"].get(topic), topic)
    ]


def _topic(before: JsonObject, old: JsonObject, after: JsonObject, new: JsonObject | None, topic: str) -> Iterator[str]:
    if new is None:
        yield f"the topic {topic} was removed"
        return
    for kind, message in old["messages"].items():
        if kind not in new["messages"]:
            yield f"{kind} was removed from {topic}"
        else:
            then = _payload(before, message)
            now = _payload(after, new["messages"][kind])
            yield from (f"{kind}: {problem}" for problem in _fields(then, now))


def _fields(then: Fields, now: Fields) -> Iterator[str]:
    for way, (kinds, always) in then.items():
        if way not in now:
            yield f"{way} was removed"
            continue
        kinds_now, always_now = now[way]
        if kinds_now - kinds:
            yield f"{way} was {_words(kinds)}, is {_words(kinds_now)}"
        if always and not always_now:
            yield f"{way} was always there, may be missing"


def _words(kinds: frozenset[str]) -> str:
    return " or ".join(sorted(kinds)) or "anything"


def _payload(document: JsonObject, message: JsonObject) -> Fields:
    return dict(_walk(document, _resolved(document, message).get("payload", {}), "value", always=True))


def _walk(
    document: JsonObject, schema: JsonObject, way: str, *, always: bool
) -> Iterator[tuple[str, tuple[frozenset[str], bool]]]:
    found = [_resolved(document, each) for each in schema.get("anyOf", [schema])]
    yield way, (frozenset(kind for each in found for kind in _kinds(each)), always)
    for each in found:
        required = each.get("required", [])
        for name, inner in each.get("properties", {}).items():
            yield from _walk(document, inner, f"{way}.{name}", always=name in required)
        if "items" in each:
            yield from _walk(document, each["items"], f"{way}[]", always=True)


def _kinds(schema: JsonObject) -> list[str]:
    kinds: Any = schema.get("type", [])
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    return [f"{name} ({schema['format']})" if name == "string" and "format" in schema else name for name in names]


def _resolved(document: JsonObject, part: JsonObject) -> JsonObject:
    while "$ref" in part:
        way, part = part["$ref"], document
        for step in way.removeprefix("#/").split("/"):
            part = part[step]
    return part
