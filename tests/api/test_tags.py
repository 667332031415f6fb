"""Tags: named once per user whatever the case, counted, and gone from every task when they are deleted."""

import asyncio
from typing import Any

import pytest
from support import Client, Stack

DELETE = "mutation($id: ID!) { deleteTag(id: $id) { deletedId errors { code message path } } }"
FIELDS = "id name color openTaskCount"


async def create(user: Client, name: str, **given: Any) -> dict[str, Any]:
    payload = await user.mutate("createTag", f"tag {{ {FIELDS} }}", name=name, **given)
    assert payload["errors"] == []
    tag: dict[str, Any] = payload["tag"]
    return tag


async def names(user: Client) -> list[str]:
    return [tag["name"] for tag in (await user.call("{ tags { name } }"))["tags"]]


async def told(stack: Stack, task_id: str) -> list[dict[str, Any]]:
    return await stack.rows(
        "SELECT event_type AS type, convert_from(value, 'utf8')::jsonb #> '{data,data,tags}' AS tags FROM outbox"
        " WHERE key = :key AND topic = 'task-events' ORDER BY id",
        key=task_id,
    )


async def test_a_tag_has_a_trimmed_name_and_a_colour(user: Client) -> None:
    assert (await create(user, "  Home "))["name"] == "Home"
    tag = await create(user, "🐙" * 50, color="#aBcDeF")
    assert (tag["name"], tag["color"], tag["openTaskCount"]) == ("🐙" * 50, "#ABCDEF", 0)
    assert (await create(user, "plain"))["color"] == (await create(user, "null", color=None))["color"] == "#808080"
    document = f"query($id: ID!) {{ tag(id: $id) {{ {FIELDS} }} }}"
    assert await user.call(document, id=tag["id"]) == {"tag": tag}


async def test_tags_are_listed_by_name_whatever_the_case(user: Client) -> None:
    for name in ("beta", "Alpha", "Gamma", "alpine"):
        await create(user, name)
    assert await names(user) == ["Alpha", "alpine", "beta", "Gamma"]


@pytest.mark.parametrize(("name", "same"), [("Home", "hOME"), ("Ärger", "äRGER"), ("ΟΔΟΣ", "οδοσ"), ("İst", "İST")])
async def test_a_name_is_taken_in_every_case(stack: Stack, user: Client, name: str, same: str) -> None:
    first, other = await create(user, name), await create(user, "other")
    before = await stack.written(user)
    for payload in (
        await user.mutate("createTag", "tag { id }", name=f" {same}"),
        await user.mutate("updateTag", "tag { id }", id=other["id"], name=same),
    ):
        assert payload["tag"] is None
        assert [(error["code"], error["path"]) for error in payload["errors"]] == [
            ("ALREADY_EXISTS", ["input", "name"])
        ]
    assert await stack.written(user) == before
    renamed = await user.mutate("updateTag", "tag { id name }", id=first["id"], name=same)
    assert renamed == {"tag": {"id": first["id"], "name": same}, "errors": []}


async def test_users_name_their_tags_as_they_like(stack: Stack, user: Client) -> None:
    await create(user, "Home")
    await create(await stack.user(), "home")
    assert await names(user) == ["Home"]


async def test_of_two_renames_to_one_name_at_once_one_is_refused(user: Client) -> None:
    tags = [await create(user, f"t{place}") for place in range(6)]
    payloads = await asyncio.gather(
        *(user.mutate("updateTag", "tag { id }", id=tag["id"], name="same") for tag in tags)
    )
    assert sorted(error["code"] for payload in payloads for error in payload["errors"]) == ["ALREADY_EXISTS"] * 5
    assert (await names(user)).count("same") == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": " \t"}, "name"),
        ({"name": "x" * 51}, "name"),
    ],
)
async def test_a_bad_name_is_refused(stack: Stack, user: Client, given: dict[str, Any], path: str) -> None:
    tag = await create(user, "fine")
    before = await stack.written(user)
    for payload in (
        await user.mutate("createTag", "tag { id }", **given),
        await user.mutate("updateTag", "tag { id }", id=tag["id"], color="#000000", **given),
    ):
        assert payload["tag"] is None
        assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID", ["input", path])]
    assert await stack.written(user) == before


@pytest.mark.parametrize("color", ["red", "#12345", "#1234567", "123456", "#12345G", "", 5])
async def test_a_bad_colour_is_a_request_error(stack: Stack, user: Client, color: Any) -> None:
    document = "mutation($input: CreateTagInput!) { createTag(input: $input) { tag { id } } }"
    body = (await user.post(document, {"input": {"name": "x", "color": color}})).json()
    assert [error["extensions"] for error in body["errors"]] == [{"code": "INVALID", "path": ["input", "color"]}]
    assert (await stack.written(user))["tags"] is None


@pytest.mark.parametrize("field", ["name", "color"])
async def test_name_and_colour_cannot_be_cleared(stack: Stack, user: Client, field: str) -> None:
    tag = await create(user, "fine", color="#123456")
    before = await stack.written(user)
    payload = await user.mutate("updateTag", "tag { id }", id=tag["id"], **{field: None})
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID", ["input", field])]
    assert await stack.written(user) == before


async def test_an_update_keeps_what_it_does_not_name(user: Client) -> None:
    tag = await create(user, "Home", color="#123456")
    for given, expected in (
        ({}, tag),
        ({"name": "House"}, {**tag, "name": "House"}),
        ({"color": "#654321"}, {**tag, "name": "House", "color": "#654321"}),
    ):
        payload = await user.mutate("updateTag", f"tag {{ {FIELDS} }}", id=tag["id"], **given)
        assert payload == {"tag": expected, "errors": []}


async def test_open_tasks_outside_the_trash_are_counted(user: Client) -> None:
    tasks = [await user.create_task("id tags { id openTaskCount }", tagNames=["a"]) for _ in range(4)]
    assert [task["tags"][0]["openTaskCount"] for task in tasks] == [1, 2, 3, 4]
    await create(user, "b")
    await user.mutate("completeTask", "task { id }", id=tasks[0]["id"])
    await user.mutate("deleteTask", "task { id }", id=tasks[1]["id"])
    counts = (await user.call("{ tags { name openTaskCount } }"))["tags"]
    assert counts == [{"name": "a", "openTaskCount": 2}, {"name": "b", "openTaskCount": 0}]


async def test_a_new_name_is_a_change_of_every_task_that_carries_it(stack: Stack, user: Client) -> None:
    task, other = await user.create_task("id tags { id }", tagNames=["a", "x"]), await user.create_task(tagNames=["x"])
    await user.mutate("updateTag", "tag { id }", id=task["tags"][0]["id"], name="b")
    document = "query($id: ID!) { task(id: $id) { version tags { name } } }"
    assert (await user.call(document, id=task["id"]))["task"] == {"version": 2, "tags": [{"name": "b"}, {"name": "x"}]}
    assert await told(stack, task["id"]) == [
        {"type": "task.created", "tags": ["a", "x"]},
        {"type": "task.updated", "tags": ["b", "x"]},
    ]
    assert len(await told(stack, other["id"])) == 1


async def test_a_deleted_tag_is_taken_off_every_task(stack: Stack, user: Client) -> None:
    task = await user.create_task("id tags { id }", tagNames=["a", "x"])
    gone = task["tags"][0]["id"]
    assert (await user.call(DELETE, id=gone))["deleteTag"] == {"deletedId": gone, "errors": []}
    document = "query($id: ID!, $tag: ID!) { task(id: $id) { version tags { name } } tag(id: $tag) { id } }"
    after = {"task": {"version": 2, "tags": [{"name": "x"}]}, "tag": None}
    assert await user.call(document, id=task["id"], tag=gone) == after
    assert (await told(stack, task["id"]))[-1] == {"type": "task.updated", "tags": ["x"]}
    (error,) = (await user.call(DELETE, id=gone))["deleteTag"]["errors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["id"])


async def test_a_tag_that_is_deleted_renamed_and_taken_off_at_once_does_no_harm(stack: Stack, user: Client) -> None:
    tasks = [await user.create_task("id tags { id }", tagNames=["a"]) for _ in range(4)]
    tag = tasks[0]["tags"][0]["id"]
    answers = await asyncio.gather(
        *(user.mutate("updateTask", "task { id }", id=task["id"], tagIds=[]) for task in tasks),
        user.call(DELETE, id=tag),
        user.mutate("updateTag", "tag { id }", id=tag, name="b"),
        user.call(DELETE, id=tag),
    )
    assert [answer["errors"] for answer in answers[:4]] == [[]] * 4
    assert (await stack.written(user))["tags"] is None


async def test_there_can_be_five_hundred_tags(stack: Stack, user: Client) -> None:
    await stack.execute(
        "INSERT INTO tags (user_id, name) SELECT :id, 't' || n FROM generate_series(1, 499) AS n", id=user.user_id
    )
    await create(user, "the last")
    before = await stack.written(user)
    for payload in (
        await user.mutate("createTag", "tag { id }", name="one more"),
        await user.mutate("createTask", "task { id }", title="x", tagNames=["one more"]),
    ):
        assert [error["code"] for error in payload["errors"]] == ["LIMIT_REACHED"]
    assert await stack.written(user) == before
    await user.create_task(tagNames=["T1", "the last"])
