"""Requests that nobody sends by mistake, each with what has to be answered. Shared by tests and bench/hostile.py."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

DEEP = 100_000
DIGITS = "7" * 5_000


@dataclass(frozen=True)
class Hostile:
    """One request, and the status and code of its answer."""

    name: str
    status: int
    code: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


def _document(name: str, document: str, code: str, /, status: int = 400, **variables: Any) -> Hostile:
    return Hostile(name, status, code, json.dumps({"query": document, "variables": variables}).encode(), _GRAPHQL)


_GRAPHQL = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
_FILTER = "query($w: TaskFilter) { tasks(filter: $w) { totalCount } }"


def _doubling(count: int) -> str:
    """Each fragment spreads the next twice: 2 to the power of `count` fields."""
    fragments = (f"fragment F{n} on Task {{ ...F{n + 1} ...F{n + 1} }} " for n in range(count - 1))
    return "{ tasks { nodes { ...F0 } } } " + "".join(fragments) + f"fragment F{count - 1} on Task {{ id }}"


def _nested(count: int) -> str:
    fragments = (
        f"fragment F{n} on Task {{ parentTask {{ ...F{n + 1} }} nextTask {{ ...F{n + 1} }} }} "
        for n in range(count - 1)
    )
    return "{ tasks { nodes { ...F0 } } } " + "".join(fragments) + f"fragment F{count - 1} on Task {{ id }}"


def _same(count: int) -> str:
    fields = "id title version createdAt updatedAt dueDate status priority allDay timeZone"
    spreads = "".join(f"...F{n} " for n in range(count))
    return f"{{ tasks {{ nodes {{ {spreads} }} }} }}" + "".join(
        f"fragment F{n} on Task {{ {fields} }} " for n in range(count)
    )


def _cycle(count: int) -> str:
    fragments = (f"fragment F{n} on User {{ id ...F{(n + 1) % count} }} " for n in range(count))
    return "{ viewer { ...F0 } } " + "".join(fragments)


def documents() -> Iterator[Hostile]:
    """Well-formed requests whose document or variables are an attack."""
    yield _document("40 fragments, each twice", _doubling(40), "TOO_MANY_ALIASES")
    yield _document("40 fragments within each other", _nested(40), "TOO_DEEP")
    yield _document("a fragment in itself", _cycle(1), "GRAPHQL_VALIDATION_FAILED")
    yield _document("a cycle of 40 fragments", _cycle(40), "GRAPHQL_VALIDATION_FAILED")
    yield _document(
        "10,000 aliases", "{" + " ".join(f"a{n}: __typename" for n in range(10_000)) + "}", "DOCUMENT_TOO_LONG"
    )
    yield _document("2,500 aliases", "{" + " ".join(f"a{n}: __typename" for n in range(2_500)) + "}", "TOO_MANY_TOKENS")
    yield _document(
        "600 aliases", "{" + " ".join(f"a{n}: __typename" for n in range(600)) + "}", "TOO_MANY_ROOT_FIELDS"
    )
    yield _document("1,900 times one field", "{ viewer {" + "id " * 1_900 + "} }", "TOO_MANY_ALIASES")
    yield _document(
        "200 times one directive", "{ viewer { id " + "@skip(if: true) " * 200 + "} }", "TOO_MANY_DIRECTIVES"
    )
    yield _document("190 levels", "{ a " * 190 + "}" * 190, "TOO_DEEP")
    yield _document("10,000 levels", "{ a " * 10_000 + "}" * 10_000, "GRAPHQL_PARSE_FAILED")
    yield _document("a name of 200,000 letters", "{ " + "a" * 200_000 + " }", "DOCUMENT_TOO_LONG")
    yield _document("50 fragments with the same fields", _same(50), "TOO_MANY_ALIASES")
    yield _document("10,000 comments", "#\n" * 10_000 + "{ __typename }", "TOO_MANY_TOKENS")
    yield _document(
        "a literal 500 lists deep", "{ task(id: " + "[" * 500 + "]" * 500 + ") { id } }", "GRAPHQL_PARSE_FAILED"
    )
    yield _document(
        "an integer of 5,000 digits", f"{{ tasks(first: {DIGITS}) {{ totalCount }} }}", "GRAPHQL_VALIDATION_FAILED"
    )
    yield _document(
        "a default of 5,000 digits",
        f"query($n: Int = {DIGITS}) {{ tasks(first: $n) {{ totalCount }} }}",
        "GRAPHQL_VALIDATION_FAILED",
    )
    yield _document("NUL in a literal", '{ tasks(search: "\\u0000") { totalCount } }', "INVALID")
    yield _document("NUL in a default", 'query($s: String = "\\u0000") { tasks(search: $s) { totalCount } }', "INVALID")
    yield _document("NUL in a document", "{ __typename \0 }", "INVALID")
    yield _document("half a pair in a literal", '{ tasks(search: "\\uD800") { totalCount } }', "GRAPHQL_PARSE_FAILED")
    yield _document("NUL in a variable", _FILTER, "INVALID", w={"or": [{"title": {"contains": "a\0b"}}]})
    yield _document("NUL in a name", _FILTER, "INVALID", w={"a\0b": 1})
    yield _document("half a pair in a variable", _FILTER, "INVALID_JSON", w={"title": {"contains": "\ud800"}})
    yield _document("an object of 101 members", _FILTER, "LIST_TOO_LONG", w={f"m{n}": 1 for n in range(101)})
    yield _document("5,000 variables", "{ __typename }", "LIST_TOO_LONG", **{f"v{n}": n for n in range(5_000)})
    yield _document("100 unknown members", _FILTER, "INVALID", status=400, w={f"m{n}": "x" * 200 for n in range(100)})
    yield _document(
        "introspection in itself", "{ __schema { types { fields { type { fields { name } } } } } }", "TOO_DEEP"
    )
    yield _document("a name of 40,000 letters", "{ " + "a" * 40_000 + " }", "GRAPHQL_VALIDATION_FAILED")
    yield _document("a subscription", "subscription { viewer { id } }", "BAD_REQUEST")
    yield _document("no operation", "fragment F on User { id }", "BAD_REQUEST")


def bodies() -> Iterator[Hostile]:
    """Bodies that are no GraphQL request."""
    for body in (b"1", b'"x"', b"null", b"[]", b"true", b'[{"query": "{ __typename }"}]', b"{}", b'{"query": null}'):
        yield Hostile(f"the body {body.decode()}", 400, "BAD_REQUEST", body)
    for name, body in {
        "an empty body": b"",
        "half an object": b'{"query": "{ __typename }"',
        "100,000 lists deep": b"[" * DEEP + b"]" * DEEP,
        "100,000 lists deep in a variable": b'{"query":"{__typename}","variables":{"a":'
        + b"[" * DEEP
        + b"]" * DEEP
        + b"}}",
        "20,000 objects deep": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        "a number of 5,000 digits": b'{"query": "{ __typename }", "variables": {"n": ' + DIGITS.encode() + b"}}",
        "bad UTF-8": b'{"query": "{ __typename }\xff"}',
        "half a pair": b'{"query": "{ __typename } \\ud800"}',
        "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
        "NaN": b'{"query": "{ __typename }", "variables": {"n": NaN}}',
        "a member twice": b'{"query": "{ __typename }", "query": "{ viewer { id } }"}',
        "a member twice in a variable": b'{"query": "{ __typename }", "variables": {"a": {"b": 1, "b": 2}}}',
        "a member twice, once escaped": b'{"query": "{ __typename }", "variables": {"a": 1, "\\u0061": 2}}',
    }.items():
        yield Hostile(name, 400, "INVALID_JSON", body)
    yield Hostile("300,000 bytes", 413, "BODY_TOO_LARGE", b'{"query": "' + b" " * 300_000 + b'{ __typename }"}')
    for member in ("variables", "operationName", "extensions", "query", "documentId"):
        wrong = {"query": "{ __typename }", member: 7}
        yield Hostile(f"{member} a number", 400, "BAD_REQUEST", json.dumps(wrong).encode())


def encodings() -> Iterator[Hostile]:
    """Bodies that say that they are something else."""
    good = b'{"query": "{ __typename }"}'
    zipped = gzip.compress(good)
    for name, body in (("gzip", zipped), ("truncated gzip", zipped[:10])):
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        yield Hostile(name, 415, "UNSUPPORTED_MEDIA_TYPE", body, headers)
    for content_type in (
        "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/graphql",
        "application/json; charset=utf-16", "application/jsonx", "",
    ):  # fmt: skip
        yield Hostile(f"as {content_type!r}", 415, "UNSUPPORTED_MEDIA_TYPE", good, {"Content-Type": content_type})
    for accept in ("text/html", "application/json;q=0", "image/*, application/graphql-response+json;q=0"):
        headers = {"Content-Type": "application/json", "Accept": accept}
        yield Hostile(f"accepting {accept}", 406, "NOT_ACCEPTABLE", good, headers)


def everything() -> list[Hostile]:
    return [*documents(), *bodies(), *encodings()]
