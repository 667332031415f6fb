"""What a person may get wrong about a task: a code and the field are said, and nothing is written."""

from typing import Any
from uuid import uuid4

import pytest
from support import Client, Stack

DUE = "2027-01-04T09:00:00Z"
DAILY = {"pattern": "DAILY"}

# What is refused of a new task: the input, the field that is to blame below `input`.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an empty title": ({"title": ""}, "title"),
    "a blank title": ({"title": " \t\n\u3000\u00a0"}, "title"),
    "201 characters of title": ({"title": "x" * 201}, "title"),
    "1001 characters of description": ({"description": "x" * 1001}, "description"),
    "11 reminders": ({"dueDate": DUE, "reminderMinutes": list(range(11))}, "reminderMinutes"),
    "negative minutes": ({"dueDate": DUE, "reminderMinutes": [-1]}, "reminderMinutes"),
    "more than a year of minutes": ({"dueDate": DUE, "reminderMinutes": [525_601]}, "reminderMinutes"),
    "a reminder without a due date": ({"reminderMinutes": [10]}, "reminderMinutes"),
    "all day without a due date": ({"allDay": True}, "allDay"),
    "a due date before 1970": ({"dueDate": "1969-12-31T23:59:59Z"}, "dueDate"),
    "a due date after 9000": ({"dueDate": "9001-01-01T00:00:00Z"}, "dueDate"),
    "the first instant of all": ({"dueDate": "0001-01-01T00:00:00Z", "allDay": True}, "dueDate"),
    "the last instant of all": ({"dueDate": "9999-12-31T23:59:59.999999Z", "allDay": True}, "dueDate"),
    "a recurrence without a due date": ({"recurrence": DAILY}, "recurrence"),
    "neither rule nor pattern": ({"dueDate": DUE, "recurrence": {}}, "recurrence"),
    "both rule and pattern": ({"dueDate": DUE, "recurrence": {**DAILY, "rule": "FREQ=DAILY"}}, "recurrence"),
    "an empty rule": ({"dueDate": DUE, "recurrence": {"rule": ""}}, "recurrence"),
    "the pattern CUSTOM": ({"dueDate": DUE, "recurrence": {"pattern": "CUSTOM"}}, "recurrence.pattern"),
    "an interval of 0": ({"dueDate": DUE, "recurrence": {**DAILY, "interval": 0}}, "recurrence.interval"),
    "an interval of 1000": ({"dueDate": DUE, "recurrence": {**DAILY, "interval": 1000}}, "recurrence.interval"),
    "a negative interval": ({"dueDate": DUE, "recurrence": {**DAILY, "interval": -1}}, "recurrence.interval"),
    "an end before the due date": (
        {"dueDate": DUE, "recurrence": {**DAILY, "endDate": "2027-01-04T08:59:59Z"}},
        "recurrence.endDate",
    ),
    "an end in the last second of all": (
        {"dueDate": DUE, "timeZone": "UTC", "recurrence": {**DAILY, "endDate": "9999-12-31T23:59:59.9Z"}},
        "recurrence.endDate",
    ),
    "an end beside a rule": (
        {"dueDate": DUE, "recurrence": {"rule": "FREQ=DAILY", "endDate": "2028-01-01T00:00:00Z"}},
        "recurrence.endDate",
    ),
    "an end before the second occurrence": (
        {"dueDate": DUE, "recurrence": {"pattern": "YEARLY", "endDate": "2027-12-31T00:00:00Z"}},
        "recurrence.pattern",
    ),
    "51 tag names": ({"tagNames": [f"t{n}" for n in range(51)]}, "tagNames"),
    "an empty tag name": ({"tagNames": ["a", " "]}, "tagNames"),
    "a tag name of 51 characters": ({"tagNames": ["x" * 51]}, "tagNames"),
}
RULES = [
    "DAILY",
    "FREQ=HOURLY",
    "FREQ=DAILY;FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;INTERVAL=1000",
    "FREQ=DAILY;COUNT=0",
    "FREQ=DAILY;COUNT=1",
    "FREQ=DAILY;COUNT=3;UNTIL=20280101",
    "FREQ=DAILY;UNTIL=20270103",
    "FREQ=DAILY;UNTIL=20270230",
    "FREQ=DAILY;BYHOUR=9",
    "FREQ=WEEKLY;BYDAY=XX",
    "FREQ=MONTHLY;BYMONTHDAY=32",
    "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;" + "X" * 2000,
]


async def refused(stack: Stack, user: Client, name: str, path: str, /, code: str = "INVALID", **given: Any) -> None:
    """Calls a mutation that has to refuse one field, and sees that nothing has changed."""
    before = await stack.written(user)
    payload = await user.mutate(name, "task { id }", **given)
    assert payload["task"] is None
    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == (code, ["input", *path.split(".")])
    assert error["message"].startswith(f"{path.rpartition('.')[2]}: ")
    assert await stack.written(user) == before


@pytest.mark.parametrize("what", REFUSED)
async def test_a_bad_new_task_is_refused_by_its_field(stack: Stack, user: Client, what: str) -> None:
    given, path = REFUSED[what]
    await refused(stack, user, "createTask", path, **{"title": "x", "idempotencyKey": str(uuid4()), **given})


@pytest.mark.parametrize("rule", RULES)
async def test_a_rule_that_cannot_be_followed_is_refused(stack: Stack, user: Client, rule: str) -> None:
    given = {"title": "x", "dueDate": DUE, "tagNames": ["new"], "recurrence": {"rule": rule}}
    await refused(stack, user, "createTask", "recurrence.rule", **given)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"title": None}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"description": "x" * 1001}, "description"),
        ({"priority": None}, "priority"),
        ({"allDay": None}, "allDay"),
        ({"timeZone": None}, "timeZone"),
        ({"reminderMinutes": [-1]}, "reminderMinutes"),
        ({"dueDate": None, "recurrence": None, "reminderMinutes": [5]}, "reminderMinutes"),
        ({"dueDate": None}, "dueDate"),
        ({"dueDate": None, "recurrence": DAILY}, "recurrence"),
        ({"dueDate": "9999-01-01T00:00:00Z"}, "dueDate"),
        ({"recurrence": {"rule": "FREQ=NEVER"}}, "recurrence.rule"),
        ({"recurrence": {**DAILY, "interval": 1000}}, "recurrence.interval"),
        ({"tagNames": ["fine", ""]}, "tagNames"),
    ],
)
async def test_a_bad_change_is_refused_whole(stack: Stack, user: Client, change: dict[str, Any], path: str) -> None:
    task = await user.create_task(dueDate=DUE, recurrence=DAILY, reminderMinutes=[1], tagNames=["a"])
    more = {name: value for name, value in {"title": "Bread", "tagNames": ["b"]}.items() if name not in change}
    await refused(stack, user, "updateTask", path, **task, **more, **change)


async def test_a_task_can_be_given_fifty_tags_and_no_more(stack: Stack, user: Client) -> None:
    tags = (await user.create_task("tags { id }", tagNames=[f"t{n}" for n in range(50)]))["tags"]
    assert len(tags) == 50
    both = {"tagIds": [tag["id"] for tag in tags], "tagNames": ["one more"]}
    await refused(stack, user, "createTask", "tagIds", title="x", **both)


# What is no value of its type is refused before anything is executed. Each: the input, where, a word of the message.
NO_VALUE: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "an instant without offset": ({"dueDate": "2027-01-01T00:00:00"}, ["dueDate"], "offset"),
    "a day instead of an instant": ({"dueDate": "2027-01-01"}, ["dueDate"], "RFC 3339"),
    "a day that does not exist": ({"dueDate": "2027-02-29T00:00:00Z"}, ["dueDate"], "not a real date"),
    "an hour that does not exist": ({"dueDate": "2027-01-01T24:00:00Z"}, ["dueDate"], "not a real date"),
    "an offset that does not exist": ({"dueDate": "2027-01-01T00:00:00+24:00"}, ["dueDate"], "RFC 3339"),
    "an instant before the first": ({"dueDate": "0001-01-01T00:00:00+01:00"}, ["dueDate"], "too far away"),
    "an instant as a number": ({"dueDate": 1_800_000_000}, ["dueDate"], "RFC 3339"),
    "other digits": ({"dueDate": "202\uff17-01-01T00:00:00Z"}, ["dueDate"], "RFC 3339"),
    "an unknown zone": ({"timeZone": "Europe/Bonn"}, ["timeZone"], "IANA"),
    "a file instead of a zone": ({"timeZone": "../../etc/passwd"}, ["timeZone"], "IANA"),
    "an empty zone": ({"timeZone": ""}, ["timeZone"], "IANA"),
    "an end without offset": (
        {"recurrence": {**DAILY, "endDate": "2028-01-01T00:00:00"}},
        ["recurrence", "endDate"],
        "offset",
    ),
    "an unknown priority": ({"priority": "HUGE"}, ["priority"], "HUGE"),
    "minutes as text": ({"reminderMinutes": [5, "10"]}, ["reminderMinutes", "1"], "Int"),
    "minutes beyond 32 bits": ({"reminderMinutes": [2**31]}, ["reminderMinutes", "0"], "32-bit"),
    "a key that is no UUID": ({"idempotencyKey": "1"}, ["idempotencyKey"], "UUID"),
    "a title that is no text": ({"title": 5}, ["title"], "String"),
    "no title": ({"title": None}, ["title"], "null"),
}


@pytest.mark.parametrize("what", NO_VALUE)
async def test_what_is_no_value_of_its_type_is_a_request_error(stack: Stack, user: Client, what: str) -> None:
    given, path, word = NO_VALUE[what]
    document = "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } errors { code } } }"
    before = await stack.written(user)
    body = (await user.post(document, {"input": {"title": "x", "dueDate": DUE, **given}})).json()
    assert "data" not in body
    (error,) = body["errors"]
    assert error["extensions"] == {"code": "INVALID", "path": ["input", *path]}
    assert word in error["message"]
    assert await stack.written(user) == before


@pytest.mark.parametrize("given", [{}, {"title": "x", "nonsense": 1}])
async def test_missing_and_unknown_fields_are_request_errors(stack: Stack, user: Client, given: dict[str, Any]) -> None:
    document = "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } errors { code } } }"
    body = (await user.post(document, {"input": given})).json()
    assert [error["extensions"]["code"] for error in body["errors"]] == ["INVALID"]
    assert "title" in body["errors"][0]["message"] or "nonsense" in body["errors"][0]["message"]
    assert (await stack.written(user))["tasks"] is None


async def test_a_bad_value_in_the_document_is_a_request_error(stack: Stack, user: Client) -> None:
    document = 'mutation { createTask(input: {title: "x", dueDate: "2027-01-01T00:00:00"}) { task { id } } }'
    body = (await user.post(document)).json()
    assert [error["extensions"]["code"] for error in body["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert "offset" in body["errors"][0]["message"]
    assert (await stack.written(user))["tasks"] is None
