"""Full-text search over a task's title and description, as people type it.

Words are found in any case; the last one also as a beginning; "quoted words" as a phrase; -words are excluded.
"""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Double, cast, func, literal_column

from db.tasks import Task
from domain.errors import Invalid

LONGEST, MOST_TERMS = 200, 20
_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_CONFIGURATION: ColumnElement[str] = literal_column("'simple'::regconfig")


@dataclass(frozen=True, slots=True)
class Term:
    text: str
    excluded: bool = False
    prefix: bool = False


def parse(search: str) -> list[Term]:
    """The terms of a search. Raises Invalid for one without a word."""
    if len(search) > LONGEST or "\x00" in search:
        raise Invalid(f"must have at most {LONGEST} characters and no NUL", ["search"])
    terms: list[Term] = []
    for match in _TERM.finditer(search):
        text = match["phrase"] if match["phrase"] is not None else match["word"]
        if any(character.isalnum() for character in text):
            terms.append(Term(text, excluded=bool(match["minus"]), prefix=match["word"] is not None))
    if not terms:
        raise Invalid("must have at least one word", ["search"])
    if len(terms) > MOST_TERMS:
        raise Invalid(f"must have at most {MOST_TERMS} words", ["search"])
    last = len(terms) - 1
    return [
        Term(term.text, term.excluded, prefix=term.prefix and place == last and not term.excluded)
        for place, term in enumerate(terms)
    ]


def tsquery(terms: list[Term]) -> ColumnElement[str]:
    """The terms as a tsquery. No text of a user is read as tsquery syntax: each term is quoted or a plain phrase."""
    query: ColumnElement[str] | None = None
    for term in terms:
        part = _part(term)
        query = part if query is None else query.op("&&")(part)
    assert query is not None  # noqa: S101 - parse gives at least one
    return query


def matches(query: ColumnElement[str]) -> ColumnElement[bool]:
    return Task.search.op("@@")(query)


def rank(query: ColumnElement[str]) -> ColumnElement[float]:
    """Relevance, higher is better; a double so that a cursor holds it exactly."""
    return cast(func.ts_rank_cd(Task.search, query), Double)


def _part(term: Term) -> ColumnElement[str]:
    if term.prefix:
        quoted = term.text.replace("\\", "\\\\").replace("'", "''")
        return func.to_tsquery(_CONFIGURATION, f"'{quoted}':*")
    plain = func.phraseto_tsquery(_CONFIGURATION, term.text)
    return func.tsquery_not(plain) if term.excluded else plain
