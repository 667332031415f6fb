"""Searching tasks as people type it: words, beginnings, phrases, exclusions; no character has a power of its own."""

import pytest
from support import Client, Stack

TASKS = {
    "milk": ("Buy MILK and bread", "from the corner shop"),
    "ärzte": ("Ärzte anrufen", "wegen der Brücke"),
    "report": ("Quarterly report", "Milk the numbers; send it to the R&D department by e-mail"),
    "odd": ("C++ or Rust? Don't panic (really!)", "see https://example.com/path?x=1 & a|b : c * d \\ e"),
    "οδος": ("ΟΔΟΣ 42", "100% under_score"),
}


@pytest.fixture(scope="module")
async def owner(stack: Stack) -> Client:
    user = await stack.user()
    for title, description in TASKS.values():
        await user.create_task(title=title, description=description)
    return user


async def found(user: Client, search: str) -> set[str]:
    document = "query($search: String) { tasks(search: $search) { totalCount nodes { title } } }"
    page = (await user.call(document, search=search))["tasks"]
    names = {title: name for name, (title, _) in TASKS.items()}
    assert page["totalCount"] == len(page["nodes"])
    return {names[node["title"]] for node in page["nodes"]}


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("milk", "milk report"),
        ("MiLk", "milk report"),
        ("ÄRZTE", "ärzte"),
        ("brücke", "ärzte"),
        ("ΟΔΟΣ", "οδος"),
        ("mil", "milk report"),
        ("rea", "odd"),
        ("buy mil", "milk"),
        ("bu milk", ""),
        ("milk bread", "milk"),
        ("bread milk", "milk"),
        ("milk panic", ""),
        ('"corner shop"', "milk"),
        ('"shop corner"', ""),
        ('"corner sho"', ""),
        ('"corner shop', "milk"),
        ("milk -bread", "report"),
        ('milk -"corner shop"', "report"),
        ("-milk", "ärzte odd οδος"),
        ("-mil", "milk ärzte report odd οδος"),
        ("-milk -rust", "ärzte οδος"),
        ("e-mail", "report"),
        ('"R&D"', "report"),
        ("don't", "odd"),
        ("c++", "odd milk"),
        ("42", "οδος"),
        ("100%", "οδος"),
        ("m%", "milk report"),
        ("m_lk", ""),
        ("under_score", "οδος"),
    ],
)
async def test_a_search_finds_what_has_all_of_its_words(owner: Client, search: str, names: str) -> None:
    assert await found(owner, search) == set(names.split())


@pytest.mark.parametrize(
    "character", ["&", "|", "!", "(", ")", ":", "*", "'", "\\", "<->", "<", ":*", "''", "\\'", "&&", "!!", "%", "_"]
)
async def test_operators_are_plain_text(owner: Client, character: str) -> None:
    for search in (f"milk {character} bread", f"{character}milk bread", f"milk bread{character}"):
        assert await found(owner, search) == {"milk"}
    for search in (f"nothing {character} milk", f"milk{character} nothing"):
        assert await found(owner, search) == set()


@pytest.mark.parametrize("search", ["", "  ", '""', "-", "&", "' : *", '"!" -"?"', "x" * 201, "a " * 21])
async def test_a_search_without_a_word_or_too_long_is_refused(owner: Client, search: str) -> None:
    body = (await owner.post("query($s: String) { tasks(search: $s) { totalCount } }", {"s": search})).json()
    assert [error["extensions"] for error in body["errors"]] == [{"code": "INVALID", "path": ["search"]}]


async def test_relevance_prefers_titles_and_is_the_default_order(owner: Client) -> None:
    for arguments, order in (
        ("", ["Buy MILK and bread", "Quarterly report"]),
        (", sort: [{field: RELEVANCE, direction: DESC}]", ["Buy MILK and bread", "Quarterly report"]),
        (", sort: [{field: RELEVANCE}]", ["Quarterly report", "Buy MILK and bread"]),
        (", sort: [{field: TITLE, direction: DESC}]", ["Quarterly report", "Buy MILK and bread"]),
        (', filter: {title: {contains: "report"}}', ["Quarterly report"]),
    ):
        nodes = (await owner.call(f'{{ tasks(search: "milk"{arguments}) {{ nodes {{ title }} }} }}'))["tasks"]["nodes"]
        assert [node["title"] for node in nodes] == order


async def test_pages_of_a_search_go_on_where_the_last_one_ended(user: Client) -> None:
    for place in range(7):
        await user.create_task(title=f"tea {place}", description="tea " * (place % 3))
    whole = (await user.call('{ tasks(search: "tea") { nodes { title } } }'))["tasks"]["nodes"]
    document = """query($after: String) { tasks(search: "tea", first: 2, after: $after) {
        nodes { title } pageInfo { endCursor hasNextPage } } }"""
    seen, after, more = [], None, True
    while more:
        page = (await user.call(document, after=after))["tasks"]
        seen += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == whole
    assert len(seen) == 7
