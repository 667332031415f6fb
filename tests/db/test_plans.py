"""Every list of tasks is read by an index: its first page and any later one, whatever it is sorted and filtered by.

The statements are those that the lists really send, explained with the statistics of 100,000 tasks.
"""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from explained import Lists, Plan
from sqlalchemy.ext.asyncio import AsyncSession

from bench import seed
from cli import embedded
from db import migrate
from db.engine import libpq_url, make_engine
from db.tasks import Priority, TaskStatus
from domain import task_lists
from domain.actors import Actor
from domain.task_lists import PageRequest, TaskFilter, TaskListing, TaskSort, TaskSortField

SIZE = seed.Size(users=200, tasks=500, most=2_000)
ACTOR = Actor(SIZE.heavy_user, seed.TIME_ZONE)
NOW = datetime.now(UTC)
PAGE = 20
FIELDS = [field for field in TaskSortField if field is not TaskSortField.RELEVANCE]
NULLABLE = {TaskSortField.DUE_DATE, TaskSortField.COMPLETED_AT}
SINGLE = [
    TaskSort(field, descending, nulls_last)
    for field in FIELDS
    for descending in (False, True)
    for nulls_last in ((False, True) if field in NULLABLE else (True,))
]
DESCENDING_DUE = TaskSort(TaskSortField.DUE_DATE, descending=True)
SEVERAL = [
    [TaskSort(TaskSortField.PRIORITY, descending=True), TaskSort(TaskSortField.DUE_DATE)],
    [
        TaskSort(TaskSortField.DUE_DATE, descending=True),
        TaskSort(TaskSortField.TITLE),
        TaskSort(TaskSortField.PRIORITY),
    ],
    [TaskSort(TaskSortField.COMPLETED_AT, nulls_last=False), TaskSort(TaskSortField.DUE_DATE, nulls_last=False)],
]
WRITTEN_OUT = {TaskSortField.TITLE: 'left(lower(normalize(title, NFD)), 100) COLLATE "C"'}
INDEX_OF = {
    TaskSortField.CREATED_AT: "ix_tasks_user_created",
    TaskSortField.UPDATED_AT: "ix_tasks_user_updated",
    TaskSortField.COMPLETED_AT: "ix_tasks_user_completed",
    TaskSortField.DUE_DATE: "ix_tasks_user_due",
    TaskSortField.PRIORITY: "ix_tasks_user_priority",
    TaskSortField.TITLE: "ix_tasks_user_title",
}


@pytest.fixture(scope="module")
async def lists(worker_id: str) -> AsyncIterator[Lists]:
    url = embedded.database_url(os.environ["TICKLER_TEST_SERVER"], f"plans_{worker_id}")
    await migrate.create_database(url)
    await migrate.upgrade(url)
    connection = await asyncpg.connect(libpq_url(url))
    await seed.fill(connection, SIZE)
    await connection.close()
    engine = make_engine(url, application_name="tests of plans")
    yield Lists(engine)
    await engine.dispose()


def listing(sort: list[TaskSort], where: TaskFilter | None = None, search: str | None = None) -> TaskListing:
    return task_lists.listing(ACTOR, where=where, search=search, sort=sort, now=NOW)


def sort_name(sort: TaskSort) -> str:
    return task_lists.sort_signature([sort], search=False).replace(" ", "-")


async def later(lists: Lists, tasks: TaskListing, *, backward: bool = False, pages: int = 12) -> list[Any]:
    """The position that a later page begins beyond."""
    beyond: list[Any] | None = None
    for _ in range(pages):
        async with AsyncSession(lists.engine) as session:
            found = await task_lists.page(session, tasks, PageRequest(100, beyond, backward))
        beyond = found.positions[0 if backward else -1]
    assert beyond is not None
    return beyond


def assert_is_range_of(plan: Plan, index: str) -> None:
    """One index gives order and place: hardly more is read than shown, and nothing but a page is sorted."""
    assert plan.indexes() == {index}
    assert not plan.of("Seq Scan")
    assert not plan.of("Incremental Sort")
    assert all(node["Actual Rows"] <= PAGE + 1 for node in plan.of("Sort"))
    # Of either part of a page, and the trash in the index of created_at.
    assert plan.read() <= 2 * (PAGE + 1) + 10


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("sort", SINGLE, ids=sort_name)
async def test_a_page_of_a_sort_is_a_range_of_its_index(lists: Lists, sort: TaskSort, *, backward: bool) -> None:
    tasks = listing([sort])
    places = [None, await later(lists, tasks, backward=backward, pages=3), await later(lists, tasks, backward=backward)]
    for place in places:
        found, plan = await lists.page(tasks, PageRequest(PAGE, place, backward))
        assert len(found.rows) == PAGE
        assert_is_range_of(plan, INDEX_OF[sort.field])


@pytest.mark.parametrize("sort", SINGLE, ids=sort_name)
async def test_a_prepared_statement_keeps_to_the_index_whatever_the_values(lists: Lists, sort: TaskSort) -> None:
    tasks = listing([sort])
    for place in (None, await later(lists, tasks)):
        plan = await lists.generic(tasks, PageRequest(PAGE, place))
        assert plan.indexes() == {INDEX_OF[sort.field]}
        assert not plan.of("Seq Scan")
        assert not plan.of("Bitmap Heap Scan")
        # The two parts of a page are put together by a sort of at most two pages.
        assert all(node["Plans"][0]["Node Type"] == "Append" for node in plan.of("Sort"))


@pytest.mark.parametrize("sort", SEVERAL, ids=lambda sort: "-".join(key.field.value for key in sort))
async def test_a_sort_by_several_fields_reads_the_index_of_the_first(lists: Lists, sort: list[TaskSort]) -> None:
    tasks = listing(sort)
    for place in (None, await later(lists, tasks)):
        found, plan = await lists.page(tasks, PageRequest(PAGE, place))
        assert len(found.rows) == PAGE
        assert plan.indexes() == {INDEX_OF[sort[0].field]}
        assert not plan.of("Seq Scan")


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("sort", [*([key] for key in SINGLE), *SEVERAL], ids=lambda s: "-".join(map(sort_name, s)))
async def test_pages_of_a_sort_make_up_the_whole_list(lists: Lists, sort: list[TaskSort], *, backward: bool) -> None:
    """What the pages give, one after the other, is what PostgreSQL gives when it sorts everything by itself."""
    tasks = listing(sort, TaskFilter(priority={"in": [Priority.LOW, Priority.URGENT]}))
    walked: list[int] = []
    async with AsyncSession(lists.engine) as session:
        beyond: list[Any] | None = None
        while True:
            found = await task_lists.page(session, tasks, PageRequest(37, beyond, backward))
            ids = [row.id for row in found.rows]
            walked = [*ids, *walked] if backward else [*walked, *ids]
            if not (found.has_previous if backward else found.has_next):
                break
            beyond = found.positions[0 if backward else -1]
    keys = ", ".join(
        f"{WRITTEN_OUT.get(key.field, key.field.value)} {'DESC' if key.descending else 'ASC'}"
        f" NULLS {'LAST' if key.nulls_last else 'FIRST'}"
        for key in sort
    )
    async with lists.engine.connect() as connection:
        whole = await connection.exec_driver_sql(
            "SELECT id FROM tasks WHERE user_id = $1 AND deleted_at IS NULL AND priority IN (1, 4)"  # noqa: S608 - ours
            f" ORDER BY {keys}, id {'DESC' if sort[0].descending else 'ASC'}",
            (ACTOR.user_id,),
        )
        assert walked == list(whole.scalars())


FILTERS = {
    "status": TaskFilter(status={"eq": TaskStatus.COMPLETED}),
    "statuses": TaskFilter(status={"in": [TaskStatus.COMPLETED, TaskStatus.SKIPPED]}),
    "priority": TaskFilter(priority={"gte": Priority.HIGH}),
    "due-range": TaskFilter(due_date={"gte": NOW, "lt": NOW + timedelta(days=2)}),
    "tag-name": TaskFilter(tags={"some": {"name": {"eq": "garden"}}}),
    "no-tag-name": TaskFilter(tags={"none": {"name": {"eq": "garden"}}}),
    "overdue": TaskFilter(is_overdue=True),
    "not-overdue": TaskFilter(is_overdue=False),
    "trash": TaskFilter(in_trash=True),
    "title": TaskFilter(title={"contains": "xylo"}),
    "or": TaskFilter(or_=[TaskFilter(is_overdue=True), TaskFilter(priority={"eq": Priority.URGENT})]),
    "not": TaskFilter(not_=TaskFilter(status={"eq": TaskStatus.OPEN})),
}


@pytest.mark.parametrize("where", FILTERS.values(), ids=FILTERS)
async def test_a_filtered_page_and_its_count_read_only_the_users_rows(lists: Lists, where: TaskFilter) -> None:
    """In every sort. The most that can be looked at is what the user has; other users' tasks never are."""
    for sort in SINGLE:
        tasks = listing([sort], where)
        found, first = await lists.page(tasks, PageRequest(PAGE))
        assert found.rows
        _, after = await lists.page(tasks, PageRequest(PAGE, found.positions[-1]))
        _, count = await lists.count(tasks)
        for plan in (first, after, count):
            assert not [node for node in plan.of("Seq Scan") if node["Relation Name"] in {"tasks", "task_tags"}]
            # Of tasks with a certain tag, that tag's may be gone through instead; of their titles, the titles.
            others = {"ix_tasks_user_trash", "ix_task_tags_tag_id", "ix_tasks_user_titles"}
            assert plan.indexes() & {*INDEX_OF.values(), *others}
            # By a part of the title, each is looked at once, and beside it tasks at the beginning of the list.
            assert plan.read() <= SIZE.most * (1.5 if where.title else 1)


async def test_a_part_of_a_title_is_looked_for_in_the_titles_alone(lists: Lists) -> None:
    """Once: a page that is read in two parts, with and without a due date, finds them for both."""
    for sort in SINGLE:
        tasks = listing([sort], FILTERS["title"])
        found, plan = await lists.page(tasks, PageRequest(PAGE))
        assert found.rows
        [titles] = [node for node in plan.of("Index Only Scan") if node["Actual Loops"]]
        assert titles["Index Name"] == "ix_tasks_user_titles"
        assert titles["Heap Fetches"] == 0
        tasks_read = plan.read() - titles["Actual Rows"] - titles["Rows Removed by Filter"]
        assert tasks_read <= SIZE.most / 2


async def test_a_range_of_due_dates_bounds_the_index(lists: Lists) -> None:
    tasks = listing([TaskSort(TaskSortField.DUE_DATE)], FILTERS["due-range"])
    found, plan = await lists.page(tasks, PageRequest(PAGE))
    assert plan.indexes() == {"ix_tasks_user_due"}
    assert plan.read() <= len(found.rows) + 1


async def test_the_trash_has_an_index_of_its_own(lists: Lists) -> None:
    for sort in SINGLE:
        _, plan = await lists.page(listing([sort], FILTERS["trash"]), PageRequest(PAGE))
        assert plan.indexes() == {"ix_tasks_user_trash"}


async def test_counting_everything_reads_the_index_only(lists: Lists) -> None:
    _, plan = await lists.count(listing([]))
    assert plan.of("Index Only Scan")


@pytest.mark.parametrize("words", ["xylophone", "xyloph", '"note xylophone"'])
@pytest.mark.parametrize("sort", [[], [TaskSort(TaskSortField.DUE_DATE)]], ids=["by-relevance", "by-due-date"])
async def test_a_search_for_a_rare_word_asks_the_gin_index(lists: Lists, words: str, sort: list[TaskSort]) -> None:
    tasks = listing(sort, search=words)
    found, first = await lists.page(tasks, PageRequest(2))
    _, after = await lists.page(tasks, PageRequest(2, found.positions[-1]))
    for plan in (first, after):
        assert "ix_tasks_search" in plan.indexes()
        assert not plan.of("Seq Scan")


@pytest.mark.parametrize("words", ["report", "rep", "-xylophone"])
@pytest.mark.parametrize("sort", [[], [TaskSort(TaskSortField.DUE_DATE)]], ids=["by-relevance", "by-due-date"])
async def test_a_common_word_is_found_among_the_first_of_the_list(
    lists: Lists, words: str, sort: list[TaskSort]
) -> None:
    """On the first page and a later one; of all that have the word (500 here), hardly more are read than shown."""
    tasks = listing(sort, search=words)
    for place in (None, await later(lists, tasks, pages=2)):
        found, plan = await lists.page(tasks, PageRequest(PAGE, place))
        assert len(found.rows) == PAGE
        assert plan.read() <= task_lists.NEAREST / 2


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("words", ["report", "ask rep", "xylophone", '"buy report" -xylophone', "-report"])
@pytest.mark.parametrize(
    "sort",
    [
        [],
        [TaskSort(TaskSortField.RELEVANCE)],
        [TaskSort(TaskSortField.DUE_DATE)],
        [TaskSort(TaskSortField.DUE_DATE, descending=True)],
        [TaskSort(TaskSortField.RELEVANCE, descending=True), TaskSort(TaskSortField.TITLE)],
    ],
    ids=lambda sort: "-".join(map(sort_name, sort)) or "default",
)
async def test_pages_of_a_search_make_up_all_that_has_the_words(
    lists: Lists, words: str, sort: list[TaskSort], *, backward: bool
) -> None:
    """Whatever part of a page comes from the first of the list, from the index of words, or changes over between."""
    tasks = listing(sort, search=words)
    walked: list[Any] = []
    async with AsyncSession(lists.engine) as session:
        beyond: list[Any] | None = None
        while True:
            found = await task_lists.page(session, tasks, PageRequest(37, beyond, backward))
            walked = [*found.rows, *walked] if backward else [*walked, *found.rows]
            if not (found.has_previous if backward else found.has_next):
                break
            beyond = found.positions[0 if backward else -1]
    async with lists.engine.connect() as connection:
        whole = await connection.exec_driver_sql(
            "SELECT id, title, description, due_date, created_at FROM tasks WHERE user_id = $1 AND deleted_at IS NULL",
            (ACTOR.user_id,),
        )
        wanted = [row for row in whole if _has(f"{row.title} {row.description}", words)]
    assert wanted
    assert [row.id for row in walked] == [row.id for row in sorted(wanted, key=_order(words, sort))]


def _has(text: str, words: str) -> bool:
    """What a search finds, of the words that the seed makes."""
    text = text.lower()
    found = {
        "report": "report" in text,
        "ask rep": "ask" in text and " rep" in text,
        "xylophone": "xylophone" in text,
        '"buy report" -xylophone': "buy report" in text and "xylophone" not in text,
        "-report": "report" not in text,
    }
    return found[words]


def _order(words: str, sort: list[TaskSort]) -> Any:
    by, newest = (sort[0], len(sort) == 1) if sort else (TaskSort(TaskSortField.RELEVANCE, descending=True), True)
    sign = -1 if by.descending else 1

    def key(row: Any) -> Any:
        if by.field is TaskSortField.DUE_DATE:
            return row.due_date is None, sign * (row.due_date or NOW).timestamp(), sign * row.id
        best = sign * _has(row.title, words)
        return (best, sign * row.created_at.timestamp(), sign * row.id) if newest else (best, row.title.lower())

    return key


@pytest.mark.parametrize("words", ["report", "rep", '"report" note', '"buy report" -xylophone'])
@pytest.mark.parametrize("sort", [[], [TaskSort(TaskSortField.DUE_DATE)]], ids=["by-relevance", "by-due-date"])
async def test_a_search_for_a_common_word_reads_nothing_of_other_users(
    lists: Lists, words: str, sort: list[TaskSort]
) -> None:
    """Of 100,000 tasks every fourth has the word: what others have must not be looked at, in the index either."""
    tasks = listing(sort, search=words)
    _, page = await lists.page(tasks, PageRequest(PAGE))
    _, count = await lists.count(tasks)
    for plan in (page, count):
        assert not plan.of("Seq Scan")
        assert plan.read() <= SIZE.most
        assert "ix_tasks_search" in plan.indexes()
        assert all(node["Actual Rows"] <= SIZE.most for node in plan.of("Bitmap Index Scan"))
