"""graph/events.asyncapi.yaml describes what is really sent: every kind of change, each record as Kafka holds it."""

import asyncio
import os
import re
import sys
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from aiokafka import AIOKafkaProducer, ConsumerRecord
from jsonschema import Draft202012Validator
from pipeline import read_topics
from support import Client, Stack, eventually, running_stack

from domain import task_status
from domain.event_schemas import EVENTS
from domain.events import CONSUMERS, EventType, parse
from domain.values import rfc3339

DOCUMENT = yaml.safe_load((Path(__file__).parents[2] / "graph" / "events.asyncapi.yaml").read_text())
MESSAGES = DOCUMENT["components"]["messages"]
NO_EVENT = b"{"

PUBLISHED = "FROM outbox JOIN outbox_state AS state USING (id) WHERE state.published_at IS NOT NULL"


def strict(schema: Any) -> Any:
    """The schema without room for what it does not name: readers allow more, we must not send it undescribed."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    own = {name: strict(value) for name, value in schema.items()}
    return {"additionalProperties": False, **own} if "properties" in schema else own


STRICT = strict(deepcopy(DOCUMENT))


def validator(schema: Any) -> Draft202012Validator:
    return Draft202012Validator(
        {**schema, "components": STRICT["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def faults(kind: str, value: Any) -> list[str]:
    """What the document says against a record of this type."""
    schema = strict(MESSAGES[kind]["payload"])
    return [f"{error.json_path}: {error.message}" for error in validator(schema).iter_errors(value)]


def soon(seconds: float) -> str:
    return rfc3339(datetime.now(UTC) + timedelta(seconds=seconds))


async def live(stack: Stack, user: Client) -> None:
    """Every kind of change that there is."""
    tag = (await done(user, "createTag", "tag { id }", name="home"))["tag"]
    rent = await user.create_task(
        title="Pay rent", dueDate="2100-01-31T14:00:00Z", reminderMinutes=[30], tagIds=[tag["id"]], priority="HIGH",
        recurrence={"pattern": "MONTHLY"},
    )  # fmt: skip
    await stack.settled(user)
    await done(
        user, "updateTask", "task { id }", id=rent["id"], title="Pay the rent", description="In cash", priority="LOW",
        dueDate="2100-01-30T14:00:00Z", timeZone="Europe/Lisbon", reminderMinutes=[60, 5], tagNames=["home", "flat"],
        recurrence={"rule": "FREQ=MONTHLY;BYMONTHDAY=30", "anchor": "EVERY_SLOT"},
    )  # fmt: skip
    await done(user, "updateTag", "tag { id }", id=tag["id"], name="house")
    extra = (await done(user, "addReminder", "reminder { id }", taskId=rent["id"], at="2100-01-02T00:00:00Z"))[
        "reminder"
    ]
    await done(user, "snoozeReminder", "reminder { id }", id=extra["id"], until="2100-01-03T00:00:00Z")
    removed = await user.call("mutation($id: ID!) { removeReminder(id: $id) { errors { message } } }", id=extra["id"])
    assert removed["removeReminder"]["errors"] == []
    for change in ("completeTask", "reopenTask", "skipTask"):
        await done(user, change, "task { id }", id=rent["id"])
        await stack.settled(user)
    day = await user.create_task(title="All day", dueDate="2100-05-05T12:00:00Z", allDay=True)
    await done(user, "updateTask", "task { id }", id=day["id"], allDay=False, dueDate=None)
    for change in ("deleteTask", "restoreTask", "deleteTask"):
        await done(user, change, "task { id }", id=day["id"])
    await user.create_task(title="Tea", dueDate=soon(1.5), reminderMinutes=[0])
    async with stack.sessions.begin() as session:
        assert await task_status.purge_trash(session, limit=10, now=datetime.now(UTC) + timedelta(days=31)) == 1
    await eventually(lambda: told(stack), what="the reminder and the overdue task")
    await stack.settled(user)


async def done(user: Client, name: str, fields: str, /, **given: Any) -> dict[str, Any]:
    payload = await user.mutate(name, fields, **given)
    assert payload["errors"] == [], payload
    return payload


async def told(stack: Stack) -> bool:
    kinds = await stack.rows(f"SELECT DISTINCT event_type {PUBLISHED}")
    return {"reminder.due", "task.overdue"} <= {row["event_type"] for row in kinds}


async def test_every_record_is_as_the_document_says(fresh_database: str) -> None:
    async with running_stack(fresh_database) as stack:
        user = await stack.user()
        await live(stack, user)
        await send(stack.settings.kafka_brokers, NO_EVENT)
        await eventually(lambda: is_buried(stack), what="the dead letters")
        records = await read_topics(stack.settings.kafka_brokers, *DOCUMENT["channels"])
    seen = {check(record) for record in records if (record.topic, record.value) != ("task-events", NO_EVENT)}
    assert seen == set(MESSAGES)


async def send(brokers: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=brokers) as producer:
        await producer.send_and_wait("task-events", value, key=b"1")


async def is_buried(stack: Stack) -> bool:
    """Whether every consumer that reads it has told of it."""
    told = await stack.value(f"SELECT count(*) {PUBLISHED} AND topic = 'dead-letters'")
    return bool(told == len([consumer for consumer in CONSUMERS.values() if consumer.topic == "task-events"]))


def check(record: ConsumerRecord) -> str:
    """Compares a record with the document, and says which of its messages it is."""
    kind = kind_of(record)
    message = MESSAGES[kind]
    assert kind in DOCUMENT["channels"][record.topic]["messages"]
    if kind in EVENTS:
        assert faults(kind, orjson.loads(record.value)) == []
    if "bindings" in message:
        assert re.fullmatch(message["bindings"]["kafka"]["key"]["pattern"], record.key.decode())
    headers = {name: text.decode() for name, text in record.headers}
    assert list(validator(strict(message.get("headers", {"properties": {}}))).iter_errors(headers)) == []
    return kind


def kind_of(record: ConsumerRecord) -> str:
    if record.topic == "dead-letters":
        return "dead-letter"
    return "task.tombstone" if record.value is None else str(orjson.loads(record.value)["type"])


async def test_the_program_in_the_guide_reads_events(stack: Stack, user: Client) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    task = await user.create_task(title="Read the guide")
    await done(user, "completeTask", "task { id }", id=task["id"])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program,
        env={**os.environ, "KAFKA_BROKERS": stack.settings.kafka_brokers}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            while await process.stdout.readline() != f"{task['id']} Read the guide\n".encode():
                assert not process.stdout.at_eof()
    finally:
        process.kill()
        await process.wait()


def test_every_type_and_every_group_is_in_the_document(stack: Stack) -> None:
    assert {kind.value for kind in EventType} <= set(MESSAGES)
    groups = {
        operation["bindings"]["kafka"]["groupId"]["const"]
        for operation in DOCUMENT["operations"].values()
        if operation["action"] == "receive"
    }
    workers = stack.workers._consumers.values()  # noqa: SLF001 - who really consumes
    assert groups == {worker.group for worker in workers}


@pytest.mark.parametrize("kind", [kind for kind in MESSAGES if "examples" in MESSAGES[kind]])
def test_examples_are_events(kind: str) -> None:
    for each in MESSAGES[kind]["examples"]:
        assert faults(kind, each["payload"]) == []
        assert parse(orjson.dumps(each["payload"])).type == kind


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (["more"], 1),
        (["data", "more"], 1),
        (["data", "data", "more"], 1),
        (["data", "data", "changes", "more"], [1, 2]),
        (["data", "data", "changes", "status"], ["open"]),
        (["data", "data", "due_date"], "tomorrow"),
        (["data", "data", "title"], None),
        (["data", "user_id"], 7),
        (["id"], "7b2c"),
        (["traceparent"], "00"),
        (["type"], "task.painted"),
    ],
)
def test_what_the_document_does_not_say_is_a_fault(way: list[str], value: Any) -> None:
    record = deepcopy(MESSAGES["task.completed"]["examples"][0]["payload"])
    inner = record
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = value
    assert faults("task.completed", record)
