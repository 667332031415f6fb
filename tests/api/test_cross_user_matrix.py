"""Nobody touches another user's rows: every operation that takes an id is called by a stranger.

The list of operations comes from the schema: one that is added without a row here fails the first test.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    OperationDefinitionNode,
    build_schema,
    get_named_type,
    is_input_type,
    parse,
    type_from_ast,
)
from support import Client, Stack
from tool_calls import Toolbox

from api.graphql.schema import build_schema as build_own
from api.graphql.schema import core
from api.tools import load_tools

Place = tuple[str, str]
Asked = tuple[str, dict[str, Any]]
TABLES = (
    "tasks", "tags", "task_tags", "reminders", "notifications", "api_tokens", "users", "audit_log", "conversations",
    "messages",
)  # fmt: skip
OWN = {"title": "The stranger's"}


@dataclass
class Owned:
    """One row of each kind, all of one user; `strangers` is a task of the stranger's own."""

    task: str
    recurring: str
    trashed: str
    tag: str
    reminder: str
    notification: str
    token: str
    conversation: str
    strangers: str = ""


def change(name: str, type_name: str, /, **given: Callable[[Owned], Any]) -> Callable[[Owned], Asked]:
    document = f"mutation($input: {type_name}!) {{ {name}(input: $input) {{ errors {{ code }} }} }}"
    return lambda owned: (document, {"input": {field: make(owned) for field, make in given.items()}})


def change_by(name: str, argument: str, type_name: str, make: Callable[[Owned], Any]) -> Callable[[Owned], Asked]:
    document = f"mutation($x: {type_name}!) {{ {name}({argument}: $x) {{ errors {{ code }} }} }}"
    return lambda owned: (document, {"x": make(owned)})


def look(selection: str, make: Callable[[Owned], str]) -> Callable[[Owned], Asked]:
    return lambda owned: (f"query($id: ID!) {{ {selection} }}", {"id": make(owned)})


def listed(where: str, make: Callable[[Owned], str]) -> Callable[[Owned], Asked]:
    return look(f"tasks(filter: {{{where}}}) {{ nodes {{ title }} }}", make)


REFUSED: dict[Place, Callable[[Owned], Asked]] = {
    ("createTask", "input.tagIds"): change(
        "createTask", "CreateTaskInput", title=lambda _: "Mine", tagIds=lambda o: [o.tag]
    ),
    ("updateTask", "input.id"): change("updateTask", "UpdateTaskInput", id=lambda o: o.task, title=lambda _: "Mine"),
    ("updateTask", "input.tagIds"): change(
        "updateTask", "UpdateTaskInput", id=lambda o: o.strangers, tagIds=lambda o: [o.tag]
    ),
    ("completeTask", "input.id"): change("completeTask", "TaskRef", id=lambda o: o.task),
    ("reopenTask", "input.id"): change("reopenTask", "TaskRef", id=lambda o: o.task),
    ("skipTask", "input.id"): change("skipTask", "TaskRef", id=lambda o: o.recurring),
    ("deleteTask", "input.id"): change("deleteTask", "TaskRef", id=lambda o: o.task),
    ("restoreTask", "input.id"): change("restoreTask", "TaskRef", id=lambda o: o.trashed),
    ("updateTasks", "input.ids"): change(
        "updateTasks", "BulkUpdateTasksInput", ids=lambda o: [o.strangers, o.task], priority=lambda _: "HIGH"
    ),
    ("updateTasks", "input.addTagIds"): change(
        "updateTasks", "BulkUpdateTasksInput", ids=lambda o: [o.strangers], addTagIds=lambda o: [o.tag]
    ),
    ("updateTasks", "input.removeTagIds"): change(
        "updateTasks", "BulkUpdateTasksInput", ids=lambda o: [o.strangers], removeTagIds=lambda o: [o.tag]
    ),
    ("completeTasks", "ids"): change_by("completeTasks", "ids", "[ID!]", lambda o: [o.strangers, o.task]),
    ("deleteTasks", "ids"): change_by("deleteTasks", "ids", "[ID!]", lambda o: [o.strangers, o.task]),
    ("updateTag", "input.id"): change("updateTag", "UpdateTagInput", id=lambda o: o.tag, name=lambda _: "mine"),
    ("deleteTag", "id"): change_by("deleteTag", "id", "ID", lambda o: o.tag),
    ("addReminder", "input.taskId"): change(
        "addReminder", "AddReminderInput", taskId=lambda o: o.task, minutesBefore=lambda _: 7
    ),
    ("removeReminder", "id"): change_by("removeReminder", "id", "ID", lambda o: o.reminder),
    ("snoozeReminder", "input.id"): change(
        "snoozeReminder", "SnoozeReminderInput", id=lambda o: o.reminder, minutes=lambda _: 5
    ),
    ("markNotificationsRead", "ids"): change_by("markNotificationsRead", "ids", "[ID!]", lambda o: [o.notification]),
    # A message that is understood without a language model, of which this stack has none.
    ("sendChatMessage", "input.conversationId"): change(
        "sendChatMessage", "SendChatMessageInput", conversationId=lambda o: o.conversation, text=lambda _: "add milk"
    ),
    ("revokeApiToken", "id"): change_by("revokeApiToken", "id", "ID", lambda o: o.token),
}
# What a query shows a stranger instead of the row.
SHOWN: dict[Place, tuple[Callable[[Owned], Asked], Any]] = {
    ("task", "id"): (look("task(id: $id) { title }", lambda o: o.task), None),
    ("conversation", "id"): (
        look("conversation(id: $id) { title messages { nodes { text } } }", lambda o: o.conversation),
        None,
    ),
    ("tag", "id"): (look("tag(id: $id) { name }", lambda o: o.tag), None),
    ("tasks", "filter.id.eq"): (listed("id: {eq: $id}", lambda o: o.task), {"nodes": []}),
    ("tasks", "filter.id.in"): (listed("id: {in: [$id]}", lambda o: o.task), {"nodes": []}),
    ("tasks", "filter.seriesId.eq"): (listed("seriesId: {eq: $id}", lambda o: o.recurring), {"nodes": []}),
    ("tasks", "filter.seriesId.in"): (listed("seriesId: {in: [$id]}", lambda o: o.recurring), {"nodes": []}),
    **{
        ("tasks", f"filter.tags.{kind}.id.{name}"): (
            listed(f"tags: {{{kind}: {{id: {operand}}}}}", lambda o: o.tag),
            # The stranger's one task has no tags: none and every hold for it, some does not.
            {"nodes": [] if kind == "some" else [OWN]},
        )
        for kind in ("some", "every", "none")
        for name, operand in (("eq", "{eq: $id}"), ("in", "{in: [$id]}"))
    },
}

# The assistants' tools: the arguments of a call that names a foreign row in one place.
TOOLS: dict[Place, Callable[[Owned], dict[str, Any]]] = {
    ("add_task", "tagIds"): lambda o: {"title": "Mine", "tagIds": [o.tag]},
    ("update_task", "id"): lambda o: {"id": o.task, "title": "Mine"},
    ("update_task", "tagIds"): lambda o: {"id": o.strangers, "tagIds": [o.tag]},
    ("complete_task", "id"): lambda o: {"id": o.task},
    ("skip_task", "id"): lambda o: {"id": o.recurring},
    ("delete_task", "id"): lambda o: {"id": o.task},
    ("restore_task", "id"): lambda o: {"id": o.trashed},
    ("set_reminder", "taskId"): lambda o: {"taskId": o.task, "minutesBefore": 7},
    ("snooze_reminder", "id"): lambda o: {"id": o.reminder, "minutes": 5},
}
# Tools that show a stranger their own rows, whatever they name.
TOOLS_SHOWN: dict[Place, Callable[[Owned], dict[str, Any]]] = {
    ("list_tasks", "tag.id.eq"): lambda o: {"tag": {"id": {"eq": o.tag}}},
    ("list_tasks", "tag.id.in"): lambda o: {"tag": {"id": {"in": [o.tag]}}},
}
# Tools that take no id at all.
TOOLS_WITHOUT = {"add_tag", "get_stats", "list_notifications", "list_tags", "search_tasks"}


def id_places(type_: GraphQLInputType, path: str, seen: tuple[str, ...] = ()) -> Iterator[str]:
    """Where ids are below an argument; inputs that contain themselves (and, or, not) are entered once."""
    named = get_named_type(type_)
    if named.name == "ID":
        yield path
    elif isinstance(named, GraphQLInputObjectType) and named.name not in seen:
        for name, field in named.fields.items():
            yield from id_places(field.type, f"{path}.{name}", (*seen, named.name))


def test_every_operation_with_an_id_has_its_row_here() -> None:
    schema = build_schema(build_own().as_str())
    assert schema.query_type
    assert schema.mutation_type
    places = {
        (name, place)
        for root in (schema.query_type, schema.mutation_type)
        for name, field in root.fields.items()
        for argument, details in field.args.items()
        for place in id_places(details.type, argument)
    }
    assert places == {*REFUSED, *SHOWN}


@pytest.fixture(scope="module")
async def owner(stack: Stack) -> Client:
    return await stack.user()


@pytest.fixture(scope="module")
async def owned(stack: Stack, owner: Client) -> Owned:
    due = "2100-01-01T08:00:00Z"
    task = await owner.create_task("id tags { id }", dueDate=due, reminderMinutes=[30], tagNames=["private"])
    recurring = await owner.create_task(dueDate=due, recurrence={"pattern": "DAILY"})
    done = await owner.create_task(dueDate="2026-01-01T08:00:00Z", recurrence={"pattern": "DAILY"})
    await owner.mutate("completeTask", "task { id }", id=done["id"])
    trashed = await owner.create_task()
    await owner.mutate("deleteTask", "task { id }", id=trashed["id"])
    said = await owner.mutate("sendChatMessage", "conversation { id }", text="add something private")
    token = await owner.mutate("createApiToken", "apiToken { id }", name="script")
    await stack.settled(owner)
    shown = await owner.call(
        "query($id: ID!) { task(id: $id) { reminders { id } } notifications { nodes { id } } }", id=task["id"]
    )
    return Owned(
        task=task["id"],
        recurring=recurring["id"],
        trashed=trashed["id"],
        tag=task["tags"][0]["id"],
        reminder=shown["task"]["reminders"][0]["id"],
        notification=shown["notifications"]["nodes"][0]["id"],
        token=token["apiToken"]["id"],
        conversation=said["conversation"]["id"],
    )


async def snapshot(stack: Stack, user: Client) -> dict[str, list[dict[str, Any]]]:
    """Everything of a user's, as it is in the database."""
    mine = {"users": "id = :user", "task_tags": "task_id IN (SELECT id FROM tasks WHERE user_id = :user)"}
    return {
        table: await stack.rows(
            f"SELECT * FROM {table} WHERE {mine.get(table, 'user_id = :user')} ORDER BY 1, 2",  # noqa: S608 - ours
            user=user.user_id,
        )
        for table in TABLES
    }


@pytest.mark.parametrize("place", sorted(REFUSED), ids=" ".join)
async def test_a_stranger_changes_nothing(
    stack: Stack, owner: Client, owned: Owned, user: Client, place: Place
) -> None:
    owned.strangers = (await user.create_task(**OWN))["id"]
    await stack.settled(user)
    document, variables = REFUSED[place](owned)
    before = await snapshot(stack, owner), await snapshot(stack, user)
    payload = next(iter((await user.call(document, **variables)).values()))
    assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]
    assert (await snapshot(stack, owner), await snapshot(stack, user)) == before


@pytest.mark.parametrize("place", sorted(SHOWN), ids=" ".join)
async def test_a_stranger_sees_nothing(owned: Owned, user: Client, place: Place) -> None:
    await user.create_task(**OWN)
    call, expected = SHOWN[place]
    document, variables = call(owned)
    assert next(iter((await user.call(document, **variables)).values())) == expected


@pytest.fixture(scope="module")
def box(stack: Stack) -> Toolbox:
    return Toolbox.of(stack)


def test_every_tool_with_an_id_has_its_row_here() -> None:
    schema = core(build_own())
    tools = load_tools(schema)
    places = set()
    for name, tool in tools.items():
        [operation] = parse(tool.document).definitions
        assert isinstance(operation, OperationDefinitionNode)
        for variable in operation.variable_definitions or ():
            type_, root = type_from_ast(schema, variable.type), variable.variable.name.value
            assert is_input_type(type_)
            places |= {(name, place.removeprefix("input.")) for place in id_places(type_, root)}
    assert places == {*TOOLS, *TOOLS_SHOWN}
    assert {name for name, _ in places} | TOOLS_WITHOUT == set(tools)


@pytest.mark.parametrize("place", sorted(TOOLS), ids=" ".join)
async def test_a_stranger_changes_nothing_by_a_tool(
    stack: Stack, owner: Client, owned: Owned, user: Client, box: Toolbox, place: Place
) -> None:
    owned.strangers = (await user.create_task(**OWN))["id"]
    await stack.settled(user)
    before = await snapshot(stack, owner), await snapshot(stack, user)
    result = await box.call(user, place[0], **TOOLS[place](owned))
    assert [(error.code, error.path) for error in result.errors] == [("NOT_FOUND", (place[1],))]
    assert result.data == {}
    assert (await snapshot(stack, owner), await snapshot(stack, user)) == before


@pytest.mark.parametrize("place", sorted(TOOLS_SHOWN), ids=" ".join)
async def test_a_stranger_sees_nothing_by_a_tool(owned: Owned, user: Client, box: Toolbox, place: Place) -> None:
    await user.create_task(**OWN)
    assert (await box.done(user, place[0], **TOOLS_SHOWN[place](owned)))["tasks"] == []


async def test_tools_without_an_id_show_a_stranger_their_own_rows_only(
    owned: Owned, user: Client, box: Toolbox
) -> None:
    assert owned.task
    assert (await box.done(user, "search_tasks", search="milk"))["tasks"] == []
    assert (await box.done(user, "list_tasks"))["totalCount"] == 0
    assert (await box.done(user, "list_tags"))["tags"] == []
    assert (await box.done(user, "list_notifications", unreadOnly=False))["notifications"] == []
    assert (await box.done(user, "get_stats"))["open"] == 0
