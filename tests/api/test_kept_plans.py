"""What is kept of a document from one request to the next changes nothing of what the next one gets."""

from typing import Any

import pytest
from support import Client, Stack

from api.graphql.tasks import columns_for
from domain.task_lists import ALL_COLUMNS

FIELDS = (
    "id", "title", "description", "status", "priority", "dueDate", "allDay", "timeZone", "isOverdue", "reminderMinutes",
    "isRecurring", "recurrence { rule text next }", "parentTask { id }", "nextTask { id }", "seriesId", "version",
    "createdAt", "updatedAt", "completedAt", "deletedAt", "tags { id name color createdAt }",
    "reminders { id remindAt task { title } }", "activity(first: 1) { nodes { eventType } }",
)  # fmt: skip


@pytest.fixture
async def owner(stack: Stack, user: Client) -> Client:
    await user.create_task(title="plain")
    await user.create_task(
        title="everything",
        description="of it",
        priority="HIGH",
        dueDate="2030-01-01T09:00:00Z",
        reminderMinutes=[5],
        tagNames=["b", "a"],
        recurrence={"pattern": "DAILY"},
    )
    await stack.settled(user)
    return user


async def nodes(user: Client, document: str, **variables: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await user.call(document, **variables))["tasks"]["nodes"]
    return found


async def test_a_field_alone_is_what_it_is_among_all(owner: Client) -> None:
    """Only the columns that a selection needs are fetched: none may be forgotten."""
    whole = await nodes(owner, f"{{ tasks {{ nodes {{ {' '.join(FIELDS)} }} }} }}")
    for field in FIELDS:
        name = field.partition(" ")[0].partition("(")[0]
        alone = await nodes(owner, f"{{ tasks {{ nodes {{ {field} }} }} }}")
        assert alone == [{name: node[name]} for node in whole]


def test_only_the_columns_that_are_needed_are_fetched() -> None:
    assert columns_for({"title": {}, "tags": {"name": {}}}) == ("id", "title")
    assert set(columns_for({"isOverdue": {}})) == {"id", "status", "due_date", "all_day", "time_zone"}
    assert columns_for({"recurrence": {"rule": {}}}) == ALL_COLUMNS


async def test_directives_are_looked_at_each_time(owner: Client) -> None:
    document = """query($with: Boolean!) { tasks { nodes {
        id tags @include(if: $with) { name id @skip(if: $with) } ...More @include(if: $with) } } }
        fragment More on Task { title }"""
    for wanted in (False, True, False):
        for node in await nodes(owner, document, **{"with": wanted}):
            assert set(node) == ({"id", "tags", "title"} if wanted else {"id"})
            assert all(set(tag) == {"name"} for tag in node.get("tags", ()))


async def test_two_operations_of_a_document_keep_to_their_own_selections(owner: Client) -> None:
    document = """query A { tasks { nodes { id ...Tags } } } query B { tasks { nodes { name: title ...Tags } } }
        fragment Tags on Task { tags { name } }"""
    for _ in range(2):
        for name, keys in (("A", {"id", "tags"}), ("B", {"name", "tags"})):
            answer = await owner.http.post(
                "/graphql",
                json={"query": document, "operationName": name},
                headers={"Authorization": f"Bearer {owner.token}"},
            )
            found = answer.json()["data"]["tasks"]["nodes"]
            assert [set(node) for node in found] == [keys, keys]


async def test_the_same_document_asks_for_every_user_and_every_value_anew(owner: Client, anonymous: Client) -> None:
    document = "query($t: String!) { tasks(filter: {title: {eq: $t}}) { nodes { title } totalCount } }"
    for title in ("plain", "everything", "nothing", "plain"):
        assert await nodes(owner, document, t=title) == ([] if title == "nothing" else [{"title": title}])
    answer = (await anonymous.post(document, {"t": "plain"})).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


async def test_a_filter_of_many_conditions_is_answered_like_a_small_one(owner: Client) -> None:
    document = "query($f: TaskFilter) { tasks(filter: $f) { nodes { title } totalCount } }"
    many = [{"title": {"eq": f"no {number}"}} for number in range(99)]
    assert await nodes(owner, document, f={"or": [*many, {"title": {"eq": "plain"}}]}) == [{"title": "plain"}]
