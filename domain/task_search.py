"""Full-text search over a task's title and description, as people type it.

Words are found in any case; the last one also as a beginning; "quoted words" as a phrase; -words are excluded.
"""

import re
from dataclasses import dataclass
from functools import reduce

from sqlalchemy import ColumnElement, Integer, String, bindparam, case, func, literal_column

from db.tasks import Task
from domain.errors import Invalid
from domain.task_filters import Shape, Values

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


def shape(search: str, values: Values) -> Shape:
    """The kinds of a search's terms with the names that their texts are bound under. Raises Invalid as parse does.

    No text of a user is read as tsquery syntax: each term is quoted or a plain phrase.
    """
    terms: list[Shape] = []
    for term in parse(search):
        if term.prefix:
            terms.append(("beginning", values.add(_quoted(term.text)), values.add(term.text)))
        else:
            terms.append(("excluded" if term.excluded else "plain", values.add(term.text)))
    return tuple(terms)


def tsquery(terms: Shape) -> ColumnElement[str]:
    """The tsquery of a search's shape."""
    first, *others = (_part(kind, text) for kind, text, *_ in terms)
    return reduce(lambda query, part: query.op("&&")(part), others, first)


def matches(terms: Shape) -> ColumnElement[bool]:
    """What a search finds."""
    return Task.search.op("@@")(tsquery(terms))


def relevance(terms: Shape) -> ColumnElement[int]:
    """1 where the title alone is found, else 0: what a list by relevance begins with (docs/adr/0011)."""
    in_title = func.ts_filter(Task.search, literal_column("'{a}'")).op("@@")(tsquery(terms))
    return case((in_title, literal_column("1", Integer())), else_=literal_column("0", Integer()))


def candidates(terms: Shape) -> ColumnElement[bool] | None:
    """Tasks of the bound `user_id` with all the words, in any order, as the index holds them.

    None where no word has to be there.
    """
    nothing: ColumnElement[str] = literal_column("''::tsvector")
    words = [_words(text) for kind, text, *_ in terms if kind == "plain"]
    beginnings = [_words(plain) for kind, _, *rest in terms for plain in rest if kind == "beginning"]
    if not words and not beginnings:
        return None
    wanted: ColumnElement[str] = func.task_words_query(
        bindparam("user_id", type_=Task.user_id.type),
        _together(words) if words else nothing,
        *(beginnings or [nothing]),
    )
    # NULL where none of them is a word to PostgreSQL (as ² is none): then nothing has it.
    return func.task_words(Task.user_id, Task.search).op("@@")(wanted)


def _words(text: str) -> ColumnElement[str]:
    return func.to_tsvector(_CONFIGURATION, bindparam(text, type_=String()))


def _together(words: list[ColumnElement[str]]) -> ColumnElement[str]:
    return reduce(lambda some, more: some.op("||")(more), words)


def _quoted(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*"


def _part(kind: str, text: str) -> ColumnElement[str]:
    value = bindparam(text, type_=String())
    if kind == "beginning":
        return func.to_tsquery(_CONFIGURATION, value)
    plain = func.phraseto_tsquery(_CONFIGURATION, value)
    return func.tsquery_not(plain) if kind == "excluded" else plain
