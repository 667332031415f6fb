"""Tasks as a person makes and changes them: what is kept, what is cleared, what a date means."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from support import Client, Stack

EVERYTHING = (
    "id title description status priority dueDate allDay timeZone isOverdue reminderMinutes tags { name } isRecurring"
    " recurrence { rule text pattern interval endDate anchor } parentTask { id } nextTask { id } seriesId version"
    " createdAt updatedAt completedAt deletedAt"
)
FULL = {
    "title": "Pay rent",
    "description": "to the landlord",
    "priority": "HIGH",
    "dueDate": "2027-03-01T09:00:00+01:00",
    "reminderMinutes": [1440, 10],
    "recurrence": {"pattern": "MONTHLY", "anchor": "EVERY_SLOT"},
    "tagNames": ["Home"],
}


async def read(user: Client, task_id: str, fields: str = EVERYTHING) -> dict[str, Any]:
    task: dict[str, Any] = (await user.call(f"query($id: ID!) {{ task(id: $id) {{ {fields} }} }}", id=task_id))["task"]
    return task


async def update(user: Client, task_id: str, /, **given: Any) -> dict[str, Any]:
    """The task after a change that has to succeed."""
    payload = await user.mutate("updateTask", f"task {{ {EVERYTHING} }}", id=task_id, **given)
    assert payload["errors"] == []
    task: dict[str, Any] = payload["task"]
    return task


async def events(stack: Stack, task_id: str) -> list[dict[str, Any]]:
    """What the outbox says of a task: the types of its events and what each says changed."""
    return await stack.rows(
        "SELECT event_type AS type, convert_from(value, 'utf8')::jsonb #> '{data,data,changes}' AS changes FROM outbox"
        " WHERE key = :key AND topic = 'task-events' ORDER BY id",
        key=task_id,
    )


async def test_a_task_keeps_every_field_it_is_made_with(stack: Stack, user: Client) -> None:
    before = datetime.now(UTC)
    task = await user.create_task(EVERYTHING, **FULL)
    made = datetime.fromisoformat(task["createdAt"])
    assert before <= made <= datetime.now(UTC)
    assert task == await read(user, task["id"])
    assert task == {
        "id": task["id"],
        "title": "Pay rent",
        "description": "to the landlord",
        "status": "OPEN",
        "priority": "HIGH",
        "dueDate": "2027-03-01T08:00:00Z",
        "allDay": False,
        "timeZone": "Europe/Berlin",
        "isOverdue": False,
        "reminderMinutes": [10, 1440],
        "tags": [{"name": "Home"}],
        "isRecurring": True,
        "recurrence": {
            "rule": "FREQ=MONTHLY",
            "text": "every month on the 1st at 09:00",
            "pattern": "MONTHLY",
            "interval": 1,
            "endDate": None,
            "anchor": "EVERY_SLOT",
        },
        "parentTask": None,
        "nextTask": None,
        "seriesId": task["id"],
        "version": 1,
        "createdAt": task["createdAt"],
        "updatedAt": task["createdAt"],
        "completedAt": None,
        "deletedAt": None,
    }
    assert await events(stack, task["id"]) == [{"type": "task.created", "changes": {}}]


async def test_only_the_title_is_needed(user: Client) -> None:
    task = await user.create_task(EVERYTHING, title="  Buy milk\n")
    assert {name: task[name] for name in ("title", "description", "status", "priority", "timeZone")} == {
        "title": "Buy milk",
        "description": "",
        "status": "OPEN",
        "priority": "NONE",
        "timeZone": "Europe/Berlin",
    }
    assert [task[name] for name in ("dueDate", "recurrence", "seriesId", "parentTask", "nextTask")] == [None] * 5
    assert [task[name] for name in ("allDay", "isRecurring", "isOverdue")] == [False] * 3
    assert task["tags"] == task["reminderMinutes"] == []


async def test_null_in_a_new_task_means_the_default(user: Client) -> None:
    nulls = dict.fromkeys(
        ("description", "priority", "dueDate", "allDay", "timeZone", "reminderMinutes", "recurrence", "tagIds")
    )
    plain = await user.create_task(EVERYTHING)
    task = await user.create_task(EVERYTHING, tagNames=None, idempotencyKey=None, **nulls)
    own = ("id", "createdAt", "updatedAt")
    assert {n: v for n, v in task.items() if n not in own} == {n: v for n, v in plain.items() if n not in own}


async def test_the_longest_title_and_description_fit(user: Client) -> None:
    task = await user.create_task("title description", title="🐙" * 200, description="ü" * 1000)
    assert task == {"title": "🐙" * 200, "description": "ü" * 1000}


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"title": " Rent "}, {"title": "Rent"}),
        ({"description": "soon"}, {"description": "soon"}),
        ({"description": None}, {"description": ""}),
        ({"priority": "URGENT"}, {"priority": "URGENT"}),
        ({"dueDate": "2027-03-02T10:30:00Z"}, {"dueDate": "2027-03-02T10:30:00Z"}),
        ({"reminderMinutes": [5, 0, 5]}, {"reminderMinutes": [0, 5]}),
        ({"reminderMinutes": None}, {"reminderMinutes": []}),
        ({"reminderMinutes": []}, {"reminderMinutes": []}),
        ({"tagNames": ["Money", "home"]}, {"tags": [{"name": "Home"}, {"name": "Money"}]}),
        ({"tagNames": None}, {"tags": []}),
        ({"tagIds": None}, {"tags": []}),
        ({"tagIds": []}, {"tags": []}),
        ({"recurrence": None}, {"recurrence": None, "isRecurring": False}),
        (
            {"recurrence": None, "dueDate": None},
            {"recurrence": None, "isRecurring": False, "dueDate": None, "reminderMinutes": []},
        ),
        ({"allDay": True}, {"allDay": True, "dueDate": "2027-02-28T23:00:00Z"}),
    ],
)
async def test_an_update_changes_what_it_names_and_keeps_the_rest(
    stack: Stack, user: Client, change: dict[str, Any], changed: dict[str, Any]
) -> None:
    task = await user.create_task(EVERYTHING, **FULL)
    after = await update(user, task["id"], **change)
    if after["recurrence"] is not None:
        after["recurrence"]["text"] = task["recurrence"]["text"]
    expected = {**task, **changed, "version": 2, "updatedAt": after["updatedAt"]}
    assert after == expected
    assert after["updatedAt"] > task["updatedAt"]
    assert [event["type"] for event in await events(stack, task["id"])] == ["task.created", "task.updated"]


async def test_an_update_that_changes_nothing_is_no_change(stack: Stack, user: Client) -> None:
    task = await user.create_task(EVERYTHING, **FULL)
    for change in (
        {},
        {"title": " Pay rent "},
        {"priority": "HIGH"},
        {"tagNames": ["HOME"]},
        {"reminderMinutes": [1440, 10]},
    ):
        assert await update(user, task["id"], **change) == task
    assert [event["type"] for event in await events(stack, task["id"])] == ["task.created"]


async def test_an_event_says_what_changed(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate="2027-03-01T08:00:00Z")
    await update(user, task["id"], title="Bread", priority="LOW", dueDate=None, tagNames=["food"])
    assert (await events(stack, task["id"]))[-1]["changes"] == {
        "title": ["Buy milk", "Bread"],
        "priority": ["none", "low"],
        "due_date": ["2027-03-01T08:00:00Z", None],
        "tags": [[], ["food"]],
    }


async def test_a_moved_due_date_leaves_the_series_where_it_is(stack: Stack, user: Client) -> None:
    task = await user.create_task(dueDate="2030-01-07T09:00:00Z", recurrence={"pattern": "WEEKLY"})
    moved = await update(user, task["id"], dueDate="2030-01-09T15:00:00Z")
    assert moved["recurrence"]["rule"] == "FREQ=WEEKLY"
    await user.mutate("completeTask", "task { id }", id=task["id"])
    await stack.settled(user)
    successor = (await read(user, task["id"], "nextTask { dueDate seriesId parentTask { id } }"))["nextTask"]
    assert successor == {"dueDate": "2030-01-14T09:00:00Z", "seriesId": task["id"], "parentTask": {"id": task["id"]}}


async def test_an_all_day_task_is_due_on_its_day_in_its_zone(user: Client) -> None:
    due = {"dueDate": "2027-06-15T23:30:00Z", "allDay": True}
    assert (await user.create_task("dueDate", **due))["dueDate"] == "2027-06-15T22:00:00Z"
    in_new_york = await user.create_task("id dueDate", timeZone="America/New_York", **due)
    assert in_new_york["dueDate"] == "2027-06-15T04:00:00Z"
    moved = await update(user, in_new_york["id"], timeZone="Asia/Tokyo")
    assert (moved["dueDate"], moved["timeZone"]) == ("2027-06-14T15:00:00Z", "Asia/Tokyo")


async def test_a_timed_task_stays_at_its_instant_when_its_zone_changes(user: Client) -> None:
    task = await user.create_task("id dueDate", dueDate="2027-06-15T09:00:00+02:00")
    assert (await update(user, task["id"], timeZone="Asia/Tokyo"))["dueDate"] == "2027-06-15T07:00:00Z"


async def test_an_all_day_series_begins_each_day_at_its_start_even_where_midnight_is_skipped(user: Client) -> None:
    upcoming = "dueDate recurrence { text next(count: 3) }"
    chile = {"timeZone": "America/Santiago", "recurrence": {"pattern": "DAILY"}}
    days = ["2027-09-05T04:00:00Z", "2027-09-06T03:00:00Z", "2027-09-07T03:00:00Z"]
    task = await user.create_task(upcoming, dueDate="2027-09-05T12:00:00Z", allDay=True, **chile)
    assert task == {"dueDate": days[0], "recurrence": {"text": "every day", "next": days}}
    timed = await user.create_task("id", dueDate="2027-09-05T12:00:00Z", **chile)
    await update(user, timed["id"], allDay=True)
    assert await read(user, timed["id"], upcoming) == task


async def test_tags_are_found_in_any_case_or_created(user: Client) -> None:
    first = await user.create_task("tags { id name color }", tagNames=["Home", "ΟΔΟΣ", "home"])
    assert [tag["name"] for tag in first["tags"]] == ["Home", "ΟΔΟΣ"]
    second = await user.create_task(
        "tags { id name color }", tagNames=["HOME", "ΟΔΟΣ"], tagIds=[first["tags"][0]["id"]]
    )
    assert second == first
    assert len((await user.call("{ tags { id } }"))["tags"]) == 2


async def test_tasks_that_create_the_same_tags_at_once_all_get_them(user: Client) -> None:
    names = [[f"B{n}", f"a{n}"] if odd else [f"b{n}", f"A{n}"] for n in range(4) for odd in (True, False)]
    tasks = await asyncio.gather(*(user.create_task("tags { id }", tagNames=pair) for pair in names))
    assert [len(task["tags"]) for task in tasks] == [2] * len(names)
    assert len((await user.call("{ tags { id } }"))["tags"]) == 8


async def test_the_same_idempotency_key_gives_the_first_result_again(stack: Stack, user: Client) -> None:
    key = str(uuid4())
    first = await user.create_task("id title", title="One", idempotencyKey=key, tagNames=["a"])
    again = await user.create_task("id title", title="Two", idempotencyKey=key, tagNames=["b"])
    other = await user.create_task("id title", title="Three", idempotencyKey=str(uuid4()))
    assert again == first
    assert other["title"] == "Three"
    assert await stack.value("SELECT count(*) FROM tasks WHERE user_id = :id", id=user.user_id) == 2
    assert len(await events(stack, first["id"])) == 1


async def test_ten_calls_at_once_with_one_key_make_one_task(stack: Stack, user: Client) -> None:
    key = str(uuid4())
    tasks = await asyncio.gather(*(user.create_task("id", idempotencyKey=key) for _ in range(10)))
    assert len({task["id"] for task in tasks}) == 1
    assert await stack.value("SELECT count(*) FROM tasks WHERE user_id = :id", id=user.user_id) == 1


async def test_a_key_is_free_for_other_users_after_a_refusal_and_after_a_day(stack: Stack, user: Client) -> None:
    key, stranger = str(uuid4()), await stack.user()
    refused = await user.mutate("createTask", "task { id }", title="", idempotencyKey=key)
    assert refused["errors"][0]["code"] == "INVALID"
    mine = await user.create_task("id", idempotencyKey=key)
    theirs = await stranger.create_task("id", idempotencyKey=key)
    age = "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE user_id = :id"
    await stack.execute(age, id=user.user_id)
    tomorrow = await user.create_task("id", idempotencyKey=key)
    assert len({mine["id"], theirs["id"], tomorrow["id"]}) == 3


async def test_reminders_are_scheduled_as_the_due_date_says_and_move_with_it(stack: Stack, user: Client) -> None:
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    fields = "reminders { remindAt minutesBefore state sentAt task { id title } }"

    def expected(moment: datetime) -> list[dict[str, Any]]:
        shown = [(due_minutes, moment - timedelta(minutes=due_minutes)) for due_minutes in (60, 0)]
        about = {"id": task["id"], "title": "Buy milk"}
        return [
            {
                "remindAt": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "minutesBefore": m,
                "state": "SCHEDULED",
                "sentAt": None,
                "task": about,
            }
            for m, at in shown
        ]

    task = await user.create_task(dueDate=due.isoformat(), reminderMinutes=[0, 60, 100_000])
    await stack.settled(user)
    assert (await read(user, task["id"], fields))["reminders"] == expected(due)
    await update(user, task["id"], dueDate=(due + timedelta(hours=3)).isoformat())
    await stack.settled(user)
    assert (await read(user, task["id"], fields))["reminders"] == expected(due + timedelta(hours=3))
    await update(user, task["id"], dueDate=None)
    await stack.settled(user)
    assert (await read(user, task["id"], fields))["reminders"] == []
