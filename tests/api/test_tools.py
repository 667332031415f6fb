"""The assistants' tools: what models are told of them, and what a call does."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import text
from support import Client, Stack
from tool_calls import Toolbox

from api.graphql.schema import build_schema, core
from api.tools import FOLDER, load_tools
from api.tools_input import ToolError
from cli import check_contract

NAMES = [
    "add_tag", "add_task", "complete_task", "delete_task", "get_stats", "list_notifications", "list_tags", "list_tasks",
    "restore_task", "search_tasks", "set_reminder", "skip_task", "snooze_reminder", "update_task",
]  # fmt: skip
DUE = "2100-01-01T09:00:00+01:00"


@pytest.fixture(scope="module")
def box(stack: Stack) -> Toolbox:
    return Toolbox.of(stack)


def test_every_tool_has_its_document_and_says_what_it_is_for(box: Toolbox) -> None:
    assert sorted(box.tools) == NAMES
    for tool in box.tools.values():
        assert len(tool.description) > 40
        assert tool.input_schema["additionalProperties"] is False
        assert all(each["description"] for each in tool.input_schema["properties"].values()), tool.name
        assert "idempotencyKey" not in tool.input_schema["properties"]
        Draft202012Validator.check_schema(tool.input_schema)
        Draft202012Validator.check_schema(tool.output_schema)


def test_the_schema_of_a_tool_has_the_enums_formats_and_limits_of_the_api(box: Toolbox) -> None:
    add, update = (box.tools[name].input_schema["properties"] for name in ("add_task", "update_task"))
    assert box.tools["add_task"].input_schema["required"] == ["title"]
    assert (add["title"]["minLength"], add["title"]["maxLength"]) == (1, 200)
    assert add["priority"]["enum"] == ["NONE", "LOW", "MEDIUM", "HIGH", "URGENT"]
    assert add["priority"]["default"] == "NONE"
    assert add["dueDate"]["format"] == "date-time"
    assert add["reminderMinutes"]["items"] == {"type": "integer", "minimum": 0, "maximum": 525600}
    assert add["reminderMinutes"]["maxItems"] == 10
    assert add["recurrence"]["properties"]["interval"]["maximum"] == 999
    # The limits of a new task are those of a change; null clears what can be empty.
    assert update["title"]["maxLength"] == 200
    assert update["title"]["type"] == "string"
    assert update["dueDate"]["type"] == ["string", "null"]
    assert box.tools["list_tasks"].input_schema["properties"]["first"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 20,
        "description": "How many from the start, 1 to 100.",
    }


def test_hints_say_what_reads_what_destroys_and_what_adds_up(box: Toolbox) -> None:
    tools = box.tools.values()
    assert {tool.name for tool in tools if tool.is_read_only} == {
        "get_stats", "list_notifications", "list_tags", "list_tasks", "search_tasks",
    }  # fmt: skip
    assert {tool.name for tool in tools if tool.is_destructive} == {"delete_task", "update_task"}
    assert {tool.name for tool in tools if not tool.is_idempotent} == {"add_task", "set_reminder", "snooze_reminder"}


def test_the_guide_lists_every_tool(box: Toolbox) -> None:
    guide = (FOLDER.parent.parent / "docs" / "assistants.md").read_text()
    assert sorted(re.findall(r"^\| `([a-z_]+)` \|", guide, re.MULTILINE)) == sorted(box.tools)


async def test_every_tool_gives_what_its_output_schema_says(stack: Stack, new_user: Any, box: Toolbox) -> None:
    user = await new_user()

    async def checked(name: str, /, **arguments: Any) -> dict[str, Any]:
        data = await box.done(user, name, **arguments)
        schema = box.tools[name].output_schema
        closed = {**schema, "additionalProperties": False}
        Draft202012Validator(closed, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(data)
        return data

    task = await checked(
        "add_task",
        title="Buy milk",
        dueDate=DUE,
        reminderMinutes=[60],
        recurrence={"pattern": "DAILY"},
        tagNames=["home"],
    )
    given = task["task_id"]
    assert {name: task[name] for name in ("task_id", "status", "title")} == {
        "task_id": given, "status": "OPEN", "title": "Buy milk",
    }  # fmt: skip
    assert (await checked("add_tag", name="work"))["name"] == "work"
    assert [tag["name"] for tag in (await checked("list_tags"))["tags"]] == ["home", "work"]
    assert (await checked("update_task", id=given, title="Buy oat milk"))["title"] == "Buy oat milk"
    reminder = await checked("set_reminder", taskId=given, minutesBefore=30)
    assert (reminder["task_id"], reminder["title"], reminder["status"]) == (given, "Buy oat milk", "OPEN")
    snoozed = await checked("snooze_reminder", id=reminder["reminder_id"], minutes=10)
    assert snoozed["reminder_id"] == reminder["reminder_id"]
    assert (await checked("skip_task", id=given))["status"] == "SKIPPED"
    other = (await checked("add_task", title="Call Ada"))["task_id"]
    assert (await checked("delete_task", id=other))["deletedAt"]
    assert (await checked("restore_task", id=other))["status"] == "OPEN"
    assert (await checked("complete_task", id=other))["status"] == "COMPLETED"
    await stack.settled(user)
    assert [task["title"] for task in (await checked("search_tasks", search="ada"))["tasks"]] == ["Call Ada"]
    assert [task["title"] for task in (await checked("list_tasks"))["tasks"]] == ["Buy oat milk"]
    assert (await checked("list_notifications"))["totalCount"] >= 1
    assert (await checked("get_stats"))["completed"] == 1


async def test_list_tasks_filters_by_what_is_given_and_by_nothing_else(user: Client, box: Toolbox) -> None:
    await box.done(user, "add_task", title="a", dueDate=DUE, priority="HIGH", tagNames=["home"])
    await box.done(user, "add_task", title="b", recurrence={"pattern": "DAILY"}, dueDate="2101-01-01T09:00:00Z")
    await box.done(user, "add_task", title="c", tagNames=["work"])
    done = await box.done(user, "add_task", title="d")
    await box.done(user, "complete_task", id=done["task_id"])
    gone = await box.done(user, "add_task", title="e")
    await box.done(user, "delete_task", id=gone["task_id"])

    async def listed(**arguments: Any) -> str:
        return "".join(task["title"] for task in (await box.done(user, "list_tasks", **arguments))["tasks"])

    assert await listed() == "abc"
    assert await listed(status=None, minPriority=None, dueFrom=None, tag=None, sort=None) == "abc"
    assert await listed(status=["COMPLETED"]) == "d"
    assert await listed(minPriority="MEDIUM") == "a"
    assert await listed(dueBefore="2100-06-01T00:00:00Z") == "a"
    assert await listed(dueFrom="2100-06-01T00:00:00Z") == "b"
    assert await listed(withoutDueDate=True) == "c"
    assert await listed(tag={"name": {"eq": "HOME"}}) == "a"
    assert await listed(untagged=True) == "b"
    assert await listed(isRecurring=True) == "b"
    assert await listed(isOverdue=True) == ""
    assert await listed(inTrash=True) == "e"
    assert await listed(sort=[{"field": "TITLE", "direction": "DESC"}]) == "cba"
    page = await box.done(user, "list_tasks", first=2)
    assert await listed(first=2, after=page["pageInfo"]["endCursor"]) == "c"


async def test_update_task_keeps_what_is_left_out_and_clears_what_is_null(user: Client, box: Toolbox) -> None:
    task = await box.done(user, "add_task", title="a", description="b", dueDate=DUE, tagNames=["home"])
    kept = await box.done(user, "update_task", id=task["task_id"], priority="LOW")
    assert (kept["title"], kept["description"], kept["priority"]) == ("a", "b", "LOW")
    assert kept["dueDate"] == "2100-01-01T08:00:00Z"
    for name in ("description", "dueDate", "reminderMinutes", "recurrence", "tagIds", "tagNames"):
        assert "null" in box.tools["update_task"].input_schema["properties"][name]["type"]
        cleared = await box.done(user, "update_task", id=task["task_id"], **{name: None})
    assert (cleared["description"], cleared["dueDate"], cleared["tags"]) == ("", None, [])
    for name in ("title", "priority", "allDay", "timeZone"):
        result = await box.call(user, "update_task", id=task["task_id"], **{name: None})
        assert [(error.code, error.path) for error in result.errors] == [("INVALID", (name,))]


@pytest.mark.parametrize(
    ("name", "arguments", "path"),
    [
        ("add_task", {}, ("title",)),
        ("add_task", {"title": None}, ("title",)),
        ("add_task", {"title": 7}, ("title",)),
        ("add_task", {"title": " "}, ("title",)),
        ("add_task", {"title": "x" * 201}, ("title",)),
        ("add_task", {"title": "x", "due": DUE}, ("due",)),
        ("add_task", {"title": "x", "idempotencyKey": "3c03ff1e-fd23-46b3-a416-cfa2af189af2"}, ("idempotencyKey",)),
        ("add_task", {"title": "x", "dueDate": "tomorrow"}, ("dueDate",)),
        ("add_task", {"title": "x", "dueDate": "2026-02-30T00:00:00Z"}, ("dueDate",)),
        ("add_task", {"title": "x", "reminderMinutes": [60]}, ("reminderMinutes",)),
        ("add_task", {"title": "x", "dueDate": DUE, "reminderMinutes": ["soon"]}, ("reminderMinutes", "0")),
        ("add_task", {"title": "x", "dueDate": DUE, "recurrence": {"pattern": "HOURLY"}}, ("recurrence", "pattern")),
        ("add_task", {"title": "x", "timeZone": "Mars/Olympus"}, ("timeZone",)),
        ("add_task", {"title": "a\x00b"}, ("title",)),
        ("add_task", {"title": "a", "tagNames": ["x"] * 101}, ("tagNames",)),
        ("complete_task", {"id": {"eq": "1"}}, ("id",)),
        ("list_tasks", {"first": 0}, ("first",)),
        ("list_tasks", {"first": "all"}, ("first",)),
        ("list_tasks", {"status": ["DONE"]}, ("status", "0")),
        ("list_tasks", {"tag": {"name": "home"}}, ("tag", "name")),
        ("search_tasks", {}, ("search",)),
        ("search_tasks", {"search": "  "}, ("search",)),
        ("set_reminder", {"taskId": "1", "minutesBefore": 2**40}, ("minutesBefore",)),
    ],
    ids=str,
)
async def test_a_malformed_argument_is_refused_by_its_name(
    stack: Stack, user: Client, box: Toolbox, name: str, arguments: dict[str, Any], path: tuple[str, ...]
) -> None:
    before = await stack.written(user)
    result = await box.call(user, name, **arguments)
    [error] = result.errors
    assert error.code in {"INVALID", "LIST_TOO_LONG"}
    assert error.path == path
    assert error.message.startswith(path[0]) or error.code == "LIST_TOO_LONG" or "\x00" in arguments["title"]
    assert result.json["errors"] == [{"code": error.code, "message": error.message, "path": list(path)}]
    assert await stack.written(user) == before


async def test_a_model_may_write_an_id_as_a_number(user: Client, box: Toolbox) -> None:
    task = await box.done(user, "add_task", title="a")
    assert (await box.done(user, "complete_task", id=int(task["task_id"])))["status"] == "COMPLETED"


@pytest.mark.parametrize("name", ["add_task", "set_reminder"])
async def test_the_same_key_again_gives_what_the_first_call_made(
    stack: Stack, user: Client, box: Toolbox, name: str
) -> None:
    task = await box.done(user, "add_task", title="a", dueDate=DUE)
    arguments = {"title": "b"} if name == "add_task" else {"taskId": task["task_id"], "at": DUE}
    key = uuid4()
    first = await box.call(user, name, key=key, **arguments)
    written = await stack.written(user)
    again = await box.call(user, name, key=key, **arguments)
    assert first.errors == []
    assert again == first
    assert await stack.written(user) == written
    assert (await box.call(user, name, key=uuid4(), **arguments)).errors == []


async def test_nobody_calls_a_tool(anonymous: Client, box: Toolbox) -> None:
    for name in ("add_task", "list_tasks"):
        arguments = {"title": "x"} if name == "add_task" else {}
        result = await box.call(anonymous, name, **arguments)
        assert [error.code for error in result.errors] == ["UNAUTHENTICATED"]


async def test_a_call_that_takes_too_long_is_given_up(stack: Stack, user: Client, box: Toolbox) -> None:
    hasty = replace(box, door=replace(box.door, limits=replace(box.door.limits, seconds=0.3)))
    task = await box.done(user, "add_task", title="a")
    async with stack.engine.begin() as connection:
        await connection.execute(text("SELECT 1 FROM tasks WHERE id = :id FOR UPDATE"), {"id": int(task["task_id"])})
        result = await hasty.call(user, "complete_task", id=task["task_id"])
    assert [error.code for error in result.errors] == ["DEADLINE_EXCEEDED"]
    assert (await box.done(user, "search_tasks", search="a"))["tasks"][0]["status"] == "OPEN"


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ("# A tool.\nquery X { taskz { id } }", "taskz"),
        ("query X { tags { id } }", "comment"),
        ("# A tool.\nquery X { tags { id } }\nquery Y { tags { id } }", "one operation"),
        ("# A tool.\nquery X { tags { id } viewer { id } }", "one root field"),
        ("# A tool.\nquery X($f: TaskFilter) { tasks(filter: $f) { nodes { id } } }", "contains itself"),
        ("# A tool.\nquery X($n: String) { tasks(filter: {title: {eq: $n}}) { nodes { id } } }", "$n"),
        ("# A tool.\nmutation X { signOutEverywhere { errors { code } } }", "_DESTRUCTIVE"),
        ("# A tool.\nmutation X($input: TaskRef!) { deleteTask(input: $input) { task { id } } }", "errors"),
        ("# A tool.\nquery X { tags { ...t } } fragment t on Tag { id }", "one operation"),
        ("# A tool.\nquery X {", "Syntax Error"),
    ],
)
def test_a_document_that_is_no_tool_is_refused_with_its_name(tmp_path: Path, document: str, word: str) -> None:
    (tmp_path / "some_tool.graphql").write_text(document)
    with pytest.raises(ToolError) as refused:
        load_tools(core(build_schema()), tmp_path)
    assert str(refused.value).startswith("some_tool.graphql: ")
    assert word in str(refused.value)


def test_the_check_of_the_contract_reads_the_tools(tmp_path: Path) -> None:
    assert check_contract.unfit_tools() == []
    folder = tmp_path / "tools"
    folder.mkdir()
    for path in FOLDER.glob("*.graphql"):
        (folder / path.name).write_text(path.read_text().replace("color", "colour"))
    [problem] = check_contract.unfit_tools([folder])
    assert problem.startswith("graph/tools: add_tag.graphql: ")
    assert "colour" in problem
