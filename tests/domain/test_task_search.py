"""A search as people type it, taken apart into words, phrases and exclusions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.task_search import LONGEST, MOST_TERMS, Term, parse


def word(text: str) -> Term:
    return Term(text)


def last(text: str) -> Term:
    return Term(text, prefix=True)


def no(text: str) -> Term:
    return Term(text, excluded=True)


@pytest.mark.parametrize(
    ("search", "terms"),
    [
        ("milk", [last("milk")]),
        ("  buy\tmilk\n", [word("buy"), last("milk")]),
        ('"corner shop"', [word("corner shop")]),
        ('buy "corner shop"', [word("buy"), word("corner shop")]),
        ('"corner shop" mil', [word("corner shop"), last("mil")]),
        ('"corner shop', [word("corner shop")]),
        ("milk -bread", [word("milk"), no("bread")]),
        ("-bread milk", [no("bread"), last("milk")]),
        ('-"corner shop" milk', [no("corner shop"), last("milk")]),
        ("-milk", [no("milk")]),
        ("e-mail", [last("e-mail")]),
        ("--x", [Term("-x", excluded=True)]),
        ("a & b", [word("a"), last("b")]),
        ("a:* !b", [word("a:*"), last("!b")]),
        ('a"b c"d', [word("a"), word("b c"), last("d")]),
        ('"" milk ""', [last("milk")]),
        ("ΟΔΟΣ 東京", [word("ΟΔΟΣ"), last("東京")]),
        (" ".join(["a"] * MOST_TERMS), [*[word("a")] * (MOST_TERMS - 1), last("a")]),
        ("x" * LONGEST, [last("x" * LONGEST)]),
    ],
)
def test_a_search_is_words_phrases_and_exclusions(search: str, terms: list[Term]) -> None:
    assert parse(search) == terms


@pytest.mark.parametrize(
    "search", ["", "   ", '""', "-", '-""', "& | !", "x" * (LONGEST + 1), "a\0", " ".join(["a"] * (MOST_TERMS + 1))]
)
def test_a_search_without_a_word_or_too_long_is_refused(search: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(search)
    assert refusal.value.path == ("search",)


@given(st.text(max_size=LONGEST))
def test_any_text_is_terms_or_a_refusal(search: str) -> None:
    try:
        terms = parse(search)
    except Invalid:
        return
    assert 1 <= len(terms) <= MOST_TERMS
    assert all(any(character.isalnum() for character in term.text) for term in terms)
    assert [place for place, term in enumerate(terms) if term.prefix] in ([], [len(terms) - 1])
    assert not [term for term in terms if term.prefix and term.excluded]
