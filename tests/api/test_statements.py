"""How many statements an answer takes: as many for a hundred rows as for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from support import Client, Stack

EVERY_FIELD = """id title description status priority dueDate allDay timeZone isOverdue reminderMinutes isRecurring
    reminders { id remindAt task { id tags { name } } } tags { id name openTaskCount } recurrence { rule text next }
    parentTask { id tags { name } nextTask { id } } nextTask { id tags { name } reminders { id } }
    activity(first: 3) { nodes { id eventType task { title tags { name } } } } seriesId version"""
PAGE = "query($first: Int) {{ tasks(first: $first) {{ nodes {{ {fields} }} {more} }} }}"


@contextmanager
def counted(stack: Stack) -> Iterator[list[str]]:
    """The statements that the gateway executes in the block, through SQLAlchemy or straight from asyncpg."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    def note_straight(asked: Any) -> None:
        # What asyncpg itself asks, once for each connection, is about types.
        if "typeinfo_tree" not in asked.query and "set_config('jit'" not in asked.query:
            statements.append(asked.query)

    logged: set[Any] = set()

    def listen(connection: Any, *_: Any) -> None:
        # asyncpg tells of what is asked of it by db.fetch, not of what SQLAlchemy asks.
        logged.add(connection.driver_connection)
        connection.driver_connection.add_query_logger(note_straight)

    pool = stack.engine.sync_engine.pool
    event.listen(stack.engine.sync_engine, "before_cursor_execute", note)
    event.listen(pool, "checkout", listen)
    try:
        yield statements
    finally:
        event.remove(stack.engine.sync_engine, "before_cursor_execute", note)
        event.remove(pool, "checkout", listen)
        for connection in logged:
            connection.remove_query_logger(note_straight)


@pytest.fixture(scope="module")
async def owner(stack: Stack) -> Client:
    """One user with a hundred tasks: all of a series, with tags, reminders and a history."""
    user = await stack.user()
    for place in range(100):
        await user.create_task(
            title=f"t{place}",
            dueDate="2030-01-01T09:00:00Z",
            reminderMinutes=[5, 10],
            tagNames=[f"tag {place % 7}", "all"],
            recurrence={"pattern": "DAILY"},
        )
    await stack.execute(
        "UPDATE tasks SET parent_task_id = id - 1 WHERE user_id = :id AND id - 1 IN (SELECT id FROM tasks)",
        id=user.user_id,
    )
    await stack.settled(user)
    return user


async def statements_of(stack: Stack, user: Client, document: str, first: int) -> list[str]:
    with counted(stack) as statements:
        page = (await user.call(document, first=first))["tasks"]
    assert len(page["nodes"]) == first
    return statements


@pytest.mark.parametrize(
    ("fields", "more", "most"),
    [
        ("id title", "", 2),
        ("id title tags { name }", "", 3),
        ("id title tags { name openTaskCount }", "totalCount", 5),
        ("id reminders { remindAt }", "", 3),
        ("id parentTask { id }", "", 3),
        (EVERY_FIELD, "totalCount edges { node { tags { color } } }", 25),
    ],
)
async def test_a_page_of_a_hundred_takes_the_statements_of_a_page_of_one(
    stack: Stack, owner: Client, fields: str, more: str, most: int
) -> None:
    document = PAGE.format(fields=fields, more=more)
    one = await statements_of(stack, owner, document, 1)
    hundred = await statements_of(stack, owner, document, 100)
    assert len(hundred) == len(one)
    assert len(one) <= most


async def test_what_is_not_asked_for_is_not_fetched(stack: Stack, owner: Client) -> None:
    document = """query($first: Int, $with: Boolean = false) { tasks(first: $first) { nodes {
        id tags @include(if: $with) { name } ... on Task @skip(if: true) { reminders { id } } } } }"""
    statements = await statements_of(stack, owner, document, 10)
    assert not [statement for statement in statements if "tags" in statement or "reminders" in statement]


async def test_two_root_fields_never_take_two_connections_at_once(stack: Stack, owner: Client) -> None:
    many = " ".join(f"t{place}: tasks(first: 1) {{ nodes {{ id tags {{ id }} }} }}" for place in range(5))
    taken = highest = 0

    def take(*_: Any) -> None:
        nonlocal taken, highest
        taken += 1
        highest = max(highest, taken)

    def give(*_: Any) -> None:
        nonlocal taken
        taken -= 1

    pool = stack.engine.sync_engine.pool
    event.listen(pool, "checkout", take)
    event.listen(pool, "checkin", give)
    try:
        await owner.call(f"{{ {many} }}")
    finally:
        event.remove(pool, "checkout", take)
        event.remove(pool, "checkin", give)
    assert (taken, highest) == (0, 1)


PLAIN = {"title": "Tea"}
FULL = {
    **PLAIN, "tagNames": ["home", "work"], "dueDate": "2030-01-01T09:00:00Z", "reminderMinutes": [5],
    "recurrence": {"pattern": "DAILY"}, "idempotencyKey": "5bd9b38e-77c7-4ac3-8a50-1f4c11a2a4b1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given", "statements"),
    [
        # The caller's, BEGIN, the task with its tags, the event, COMMIT.
        ("createTask", PLAIN, 5),
        # The names of tags are looked up; the key is taken, and told what it made.
        ("createTask", {**PLAIN, "tagNames": ["home", "work"]}, 6),
        ("createTask", FULL, 8),
        # The task is locked, its tags are read.
        ("updateTask", {"title": "Coffee"}, 7),
        ("updateTask", {"tagNames": ["work"]}, 9),
        ("completeTask", {}, 6),
        ("deleteTask", {}, 6),
    ],
)
async def test_a_change_of_a_task_takes_so_many_round_trips(
    stack: Stack, name: str, given: dict[str, Any], statements: int
) -> None:
    user = await stack.user()
    task = await user.create_task(tagNames=["home", "work"], title="Before")
    about = {} if name == "createTask" else {"id": task["id"]}
    await stack.settled(user)
    with counted(stack) as taken:
        payload = await user.mutate(name, "task { id version }", **{**given, **about})
    assert payload["errors"] == []
    assert len(taken) == statements, taken
