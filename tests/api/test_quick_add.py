"""Quick add over HTTP: a line is shown as what it means, and made into that very task."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from support import Client, Stack

LINE = "Pay rent every month on the 1st at 9am #home !high remind 1 day before"
PARSE = """query($text: String!, $zone: TimeZone) { parseQuickAdd(text: $text, timeZone: $zone) {
    title dueDate allDay priority tagNames reminderMinutes
    recurrence { rule text pattern interval anchor next(count: 2) } spans { field start end } } }"""
TASK = """task { id title dueDate allDay timeZone priority tags { name } reminderMinutes isRecurring seriesId
    recurrence { rule text pattern interval anchor next(count: 2) } }"""


async def parsed(user: Client, text: str, zone: str | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = (await user.call(PARSE, text=text, zone=zone))["parseQuickAdd"]
    return shown


async def added(user: Client, text: str, **more: Any) -> dict[str, Any]:
    payload = await user.mutate("quickAddTask", TASK, text=text, **more)
    assert payload["errors"] == []
    task: dict[str, Any] = payload["task"]
    return task


def utf16(text: str, span: dict[str, Any]) -> str:
    """What JavaScript's text.slice(start, end) gives."""
    units = text.encode("utf-16-le")
    return units[2 * span["start"] : 2 * span["end"]].decode("utf-16-le")


async def test_the_task_that_is_made_is_the_one_that_was_shown(user: Client) -> None:
    shown, made = await parsed(user, LINE), await added(user, LINE)
    assert shown["title"] == "Pay rent"
    assert shown["recurrence"]["text"] == "every month on the 1st at 09:00"
    assert made["tags"] == [{"name": "home"}]
    assert made["seriesId"] == made["id"]
    for field in ("title", "dueDate", "allDay", "priority", "reminderMinutes", "recurrence"):
        assert made[field] == shown[field]
    assert made["recurrence"]["next"][0] == made["dueDate"]


async def test_showing_a_line_saves_nothing(stack: Stack, user: Client) -> None:
    before = await stack.written(user)
    await parsed(user, LINE)
    assert await stack.written(user) == before


async def test_spans_are_utf_16_units_as_javascript_slices(user: Client) -> None:
    text = "🎉👩‍👩‍👧 party tomorrow 8pm 🥳 #fun"
    spans = (await parsed(user, text))["spans"]
    assert [(span["field"], utf16(text, span)) for span in spans] == [("dueDate", "tomorrow 8pm"), ("tagNames", "#fun")]


async def test_a_line_is_read_in_the_viewers_zone_or_the_one_given(user: Client) -> None:
    await user.mutate("updateViewer", "viewer { timeZone }", timeZone="Asia/Tokyo")
    assert (await parsed(user, "x 2027-01-04 09:00"))["dueDate"] == "2027-01-04T00:00:00Z"
    assert (await parsed(user, "x 2027-01-04 09:00", "America/New_York"))["dueDate"] == "2027-01-04T14:00:00Z"
    made = await added(user, "x 2027-01-04", timeZone="America/New_York")
    assert (made["dueDate"], made["allDay"], made["timeZone"]) == ("2027-01-04T05:00:00Z", True, "America/New_York")
    assert (await added(user, "x"))["timeZone"] == "Asia/Tokyo"


async def test_in_two_hours_counts_from_now(user: Client) -> None:
    due = datetime.fromisoformat((await added(user, "tea in 2 hours"))["dueDate"])
    assert abs(due - datetime.now(UTC) - timedelta(hours=2)) < timedelta(minutes=1)


async def test_the_same_key_again_returns_the_first_task(user: Client) -> None:
    key = str(uuid4())
    first = await added(user, "Buy milk tomorrow #food", idempotencyKey=key)
    again = await added(user, "Something else", idempotencyKey=key)
    assert again["id"] == first["id"]
    count = await user.call("{ tasks { totalCount } }")
    assert count["tasks"]["totalCount"] == 1


async def test_a_tag_is_found_whatever_its_case_or_created_and_never_a_strangers(user: Client, new_user: Any) -> None:
    stranger = await new_user()
    await added(stranger, "x #Errands")
    await added(user, "a #errands")
    task = await added(user, "b #ERRANDS #new")
    assert task["tags"] == [{"name": "errands"}, {"name": "new"}]
    shown = await stranger.call("{ tags { name openTaskCount } }")
    assert shown["tags"] == [{"name": "Errands", "openTaskCount": 1}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text: must not be empty"),
        ("x" * 2_001, "text: must have at most 2000 characters, has 2001"),
        ("x" * 200_000, "text: must have at most 2000 characters, has 200000"),
        ("y" * 201, "text: the title must have at most 200 characters, has 201"),
        ("x " + " ".join(f"#t{n}" for n in range(51)), "text: a task can have at most 50 tags"),
        (
            "x tomorrow remind " + " and ".join(f"{n} min before" for n in range(1, 12)),
            "text: there can be at most 10 reminders",
        ),
    ],
    ids=["empty", "too long", "far too long", "title too long", "too many tags", "too many reminders"],
)
async def test_what_is_wrong_is_wrong_with_the_text(stack: Stack, user: Client, text: str, message: str) -> None:
    before = await stack.written(user)
    payload = await user.mutate("quickAddTask", "task { id }", text=text)
    assert payload == {"task": None, "errors": [{"code": "INVALID", "message": message, "path": ["input", "text"]}]}
    assert await stack.written(user) == before


async def test_a_line_that_cannot_be_shown_is_a_request_error(user: Client) -> None:
    error = (await user.post(PARSE, {"text": "x" * 2_001})).json()["errors"][0]
    assert error["extensions"]["code"] == "INVALID"
    assert error["message"] == "text: must have at most 2000 characters, has 2001"


async def test_a_line_is_only_shown_to_who_is_signed_in(user: Client) -> None:
    nobody = Client(user.http)
    assert (await nobody.post(PARSE, {"text": "x"})).json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_quick_task_recurs_and_reminds_as_any_other(stack: Stack, user: Client) -> None:
    task = await added(user, "Water plants every 3 days at 9pm #home remind at due time")
    await user.mutate("completeTask", "task { id }", id=task["id"])
    await stack.settled(user)
    shown = await user.call(
        "query($id: ID!) { task(id: $id) { nextTask { title dueDate tags { name } reminderMinutes } } }", id=task["id"]
    )
    following = shown["task"]["nextTask"]
    assert (following["title"], following["tags"], following["reminderMinutes"]) == (
        "Water plants",
        [{"name": "home"}],
        [0],
    )
    assert following["dueDate"] == task["recurrence"]["next"][1]
