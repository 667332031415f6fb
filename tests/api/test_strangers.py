"""Nobody sees, changes or even learns of another user's rows: a stranger's id is as if it did not exist."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from support import Client, Stack

MINE = {"title": "Mine", "tagNames": ["mine"], "dueDate": "2027-01-04T09:00:00Z", "recurrence": {"pattern": "DAILY"}}
# Ids that are nobody's: missing, beyond 64 bits, negative, no number at all.
NOBODYS = [
    "999999999999",
    str(2**63 - 1),
    str(2**63),
    str(10**40),
    "0",
    "-1",
    "007",
    "1.0",
    " 1",
    "x",
    "",
    "\uff11",
]
NewUser = Callable[[], Awaitable[Client]]


@pytest.fixture
async def owner(new_user: NewUser) -> Client:
    return await new_user()


async def refusals(user: Client, task_id: str, tag_id: str) -> dict[str, dict[str, Any]]:
    """The payloads of every mutation that takes an id, when it is given these."""
    answers = {
        name: await user.mutate(name, "task { id }", id=task_id, **more)
        for name, more in (
            ("updateTask", {"title": "Taken"}),
            ("completeTask", {}),
            ("reopenTask", {}),
            ("deleteTask", {}),
        )
    }
    own = await user.create_task()
    return {
        **answers,
        "updateTag": await user.mutate("updateTag", "tag { id }", id=tag_id, name="taken"),
        "createTask with tagIds": await user.mutate("createTask", "task { id }", title="x", tagIds=[tag_id]),
        "updateTask with tagIds": await user.mutate("updateTask", "task { id }", **own, tagIds=[tag_id]),
        "deleteTag": (
            await user.call(
                "mutation($id: ID!) { deleteTag(id: $id) { tag: deletedId errors { code message path } } }", id=tag_id
            )
        )["deleteTag"],
    }


PATHS = {
    "createTask with tagIds": ["input", "tagIds"],
    "updateTask with tagIds": ["input", "tagIds"],
    "deleteTag": ["id"],
}


async def test_a_strangers_row_cannot_be_changed_and_is_not_told_from_a_missing_one(
    stack: Stack, user: Client, owner: Client
) -> None:
    theirs = await owner.create_task("id tags { id }", **MINE)
    before = await stack.written(owner)
    answers = await refusals(user, theirs["id"], theirs["tags"][0]["id"])
    for name, payload in answers.items():
        assert [(error["code"], error["path"]) for error in payload["errors"]] == [
            ("NOT_FOUND", PATHS.get(name, ["input", "id"]))
        ]
        assert [value for field, value in payload.items() if field != "errors"] == [None]
    assert answers == await refusals(user, "999999999999", "999999999999")
    assert await stack.written(owner) == before
    written = await stack.written(user)
    assert (len(written["tasks"]), written["tags"], written["task_tags"], written["events"]) == (2, None, None, 2)


@pytest.mark.parametrize("nobodys", NOBODYS)
async def test_an_id_that_is_nobodys_is_not_found(stack: Stack, user: Client, nobodys: str) -> None:
    for payload in (await refusals(user, nobodys, nobodys)).values():
        assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]
    document = """query($id: ID!) { task(id: $id) { id } tag(id: $id) { id }
        tasks(filter: {or: [
            {id: {eq: $id}}, {id: {in: [$id]}}, {seriesId: {eq: $id}}, {tags: {some: {id: {eq: $id}}}}
        ]}) { totalCount } }"""
    assert await user.call(document, id=nobodys) == {"task": None, "tag": None, "tasks": {"totalCount": 0}}
    assert (await stack.written(user))["events"] == 1


async def test_ids_may_be_written_as_numbers(user: Client) -> None:
    task = await user.create_task()
    document = "query($id: ID!) { task(id: $id) { id } }"
    assert await user.call(document, id=int(task["id"])) == {"task": task}
    for nobodys in (-1, 2**63, 10**40):
        response = await user.http.post(
            "/graphql",
            content=f'{{"query": "{document}", "variables": {{"id": {nobodys}}}}}',
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {user.token}"},
        )
        assert response.json() == {"data": {"task": None}}


async def test_a_stranger_sees_nothing_in_any_list(stack: Stack, user: Client, owner: Client) -> None:
    theirs = await owner.create_task("id tags { id }", **MINE)
    await owner.mutate("completeTask", "task { id }", id=theirs["id"])
    await stack.settled(owner)
    document = """query($id: ID!, $tag: ID!) { task(id: $id) { title } tag(id: $tag) { name } tags { id }
        tasks(filter: {or: [{id: {eq: $id}}, {tags: {some: {id: {eq: $tag}}}}, {not: {id: {eq: "1"}}}]}) {
            totalCount nodes { id } }
        search: tasks(search: "mine") { totalCount } notifications { totalCount nodes { id } }
        unreadNotificationCount activity { nodes { id } } }"""
    nothing = {
        "task": None,
        "tag": None,
        "tags": [],
        "tasks": {"totalCount": 0, "nodes": []},
        "search": {"totalCount": 0},
        "notifications": {"totalCount": 0, "nodes": []},
        "unreadNotificationCount": 0,
        "activity": {"nodes": []},
    }
    given = {"id": theirs["id"], "tag": theirs["tags"][0]["id"]}
    assert await user.call(document, **given) == nothing
    seen = await owner.call(document, **given)
    assert all(seen[name] != nothing[name] for name in nothing)


async def test_a_relative_that_is_a_strangers_is_not_shown(stack: Stack, user: Client, owner: Client) -> None:
    mine, theirs = await user.create_task(), await owner.create_task()
    await stack.execute(
        "UPDATE tasks SET parent_task_id = :parent WHERE id = :id", parent=int(theirs["id"]), id=int(mine["id"])
    )
    document = "query($id: ID!) { task(id: $id) { parentTask { id } nextTask { id } } }"
    assert await user.call(document, **mine) == {"task": {"parentTask": None, "nextTask": None}}
    assert await owner.call(document, **theirs) == {"task": {"parentTask": None, "nextTask": None}}
