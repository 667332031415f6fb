"""`./task demo`: one task's way through a fresh stack, measured from outside.

It calls the GraphQL API as any client does, reads Kafka as any consumer does, and looks at the database to see when
rows are committed. Exits with 1 when something is missing, late by more than two seconds, or doubled.
"""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson
import typer
from aiokafka import AIOKafkaConsumer, TopicPartition

from cli.stack import RunningStack, StackError, fresh_stack
from domain.events import REMINDERS, TASK_EVENTS
from domain.values import rfc3339

LATEST_SECONDS = 2.0
PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.003
FRIDAY = 4
WEEKDAYS = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class DemoError(Exception):
    """What should have happened did not."""


@dataclass
class Step:
    """One line of the timeline: when it was seen, and how long after the moment it is measured from."""

    what: str
    seen: float
    after: str
    milliseconds: float


@dataclass
class Stack:
    """A running stack, and the two ways of looking behind its API."""

    running: RunningStack
    database: asyncpg.Connection
    kafka_seen: dict[str, float] = field(default_factory=dict)
    kafka_count: Counter[str] = field(default_factory=Counter)
    # One statement at a time on the one connection.
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def call(self, document: str, **variables: Any) -> dict[str, Any]:
        return await self.running.call(document, **variables)


@app.command()
def main() -> None:
    """Show one task's way through a fresh stack, with the milliseconds each step took."""
    try:
        steps = asyncio.run(_demo())
    except (DemoError, StackError) as error:
        typer.echo(f"demo: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo("")
    start = min(step.seen for step in steps)
    for step in sorted(steps, key=lambda step: step.seen):
        typer.echo(f"  {step.seen - start:8.3f} s  {step.what:<46}{step.milliseconds:8.1f} ms after {step.after}")
    late = [step.what for step in steps if step.milliseconds > LATEST_SECONDS * 1000]
    if late:
        typer.echo(f"demo: late by more than {LATEST_SECONDS:.0f} s: {', '.join(late)}", err=True)
        raise typer.Exit(1)
    typer.echo(
        f"\n  median of event effects {_median(steps, 'the commit'):.0f} ms after the commit, "
        f"of reminder steps {_median(steps, 'its instant'):.0f} ms after the instant"
    )
    typer.echo("  Nothing missing, nothing late, nothing doubled.")


def _median(steps: list[Step], after: str) -> float:
    return statistics.median(step.milliseconds for step in steps if step.after == after)


async def _demo() -> list[Step]:
    async with fresh_stack(say=typer.echo) as running:
        await running.sign_up("Demo")
        database = await asyncpg.connect(user="postgres", database="tickler", host=running.socket_folder)
        stack = Stack(running, database)
        reading = asyncio.create_task(_read_kafka(stack, running.kafka))
        try:
            steps = [*await _reminder(stack), *await _recurrence(stack)]
            await asyncio.sleep(1)
            await _refuse_doubled(stack)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await database.close()
        return steps


_CREATE = """mutation($input: CreateTaskInput!) {
  createTask(input: $input) { task { id dueDate } errors { message path } }
}"""


async def _reminder(stack: Stack) -> list[Step]:
    due = datetime.now(UTC) + timedelta(seconds=2)
    called = time.time()
    payload = await stack.call(
        _CREATE, input={"title": "Tea is ready", "dueDate": rfc3339(due), "reminderMinutes": [0]}
    )
    task_id = int(payload["task"]["id"])
    committed = time.time()
    scheduled, audited, fired, readable = await asyncio.gather(
        _until(lambda: _row(stack, "reminders", task_id), "a reminder row"),
        _until(lambda: _row(stack, "audit_log", task_id), "the audit row of task.created"),
        _until(lambda: _row(stack, "reminders", task_id, "sent"), "the fired reminder"),
        _until(lambda: _is_notified(stack, task_id), "the notification of the reminder"),
    )
    on_kafka = await _on_kafka(stack, f"task.created/{task_id}")
    due_on_kafka = await _on_kafka(stack, f"reminder.due/{task_id}")
    instant = due.timestamp()
    return [
        Step("createTask committed (Tea is ready)", committed, "the call", (committed - called) * 1000),
        Step("task.created on Kafka", on_kafka, "the commit", (on_kafka - committed) * 1000),
        Step("reminder scheduled", scheduled, "the commit", (scheduled - committed) * 1000),
        Step("audit row of task.created", audited, "the commit", (audited - committed) * 1000),
        Step("reminder fired", fired, "its instant", (fired - instant) * 1000),
        Step("reminder.due on Kafka", due_on_kafka, "its instant", (due_on_kafka - instant) * 1000),
        Step("notification readable by GraphQL", readable, "its instant", (readable - instant) * 1000),
    ]


async def _recurrence(stack: Stack) -> list[Step]:
    morning = (datetime.now(UTC) + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    payload = await stack.call(
        _CREATE,
        input={
            "title": "Stand-up", "dueDate": rfc3339(morning), "reminderMinutes": [10], "tagNames": ["team"],
            "recurrence": {"rule": WEEKDAYS},
        },
    )  # fmt: skip
    task_id = int(payload["task"]["id"])
    called = time.time()
    await stack.call(
        "mutation($input: TaskRef!) { completeTask(input: $input) { task { status } errors { message } } }",
        input={"id": str(task_id)},
    )
    committed = time.time()
    spawned, audited = await asyncio.gather(
        _until(lambda: _has_successor(stack, task_id), "the successor of the completed task"),
        _until(lambda: _is_audited(stack, task_id), "the audit row of task.completed"),
    )
    on_kafka = await _on_kafka(stack, f"task.completed/{task_id}")
    return [
        Step(
            "completeTask committed (Stand-up, every weekday)",
            committed,
            "the call",
            (committed - called) * 1000,
        ),
        Step("task.completed on Kafka", on_kafka, "the commit", (on_kafka - committed) * 1000),
        Step("successor readable by GraphQL", spawned, "the commit", (spawned - committed) * 1000),
        Step("audit row readable by GraphQL", audited, "the commit", (audited - committed) * 1000),
    ]


async def _until(look: Callable[[], Awaitable[bool]], what: str) -> float:
    """The time at which `look` is first true."""
    deadline = time.time() + PATIENCE_SECONDS
    while time.time() < deadline:
        if await look():
            return time.time()
        await asyncio.sleep(POLL_SECONDS)
    raise DemoError(f"missing after {PATIENCE_SECONDS:.0f} s: {what}")


async def _row(stack: Stack, table: str, task_id: int, condition: str = "true") -> bool:
    async with stack.looking:
        statement = f"SELECT EXISTS (SELECT FROM {table} WHERE task_id = $1 AND {condition})"  # noqa: S608 - ours
        return bool(await stack.database.fetchval(statement, task_id))


async def _is_notified(stack: Stack, task_id: int) -> bool:
    page = await stack.call("{ notifications { nodes { kind task { id } } } }")
    return any(node["kind"] == "REMINDER_DUE" and node["task"]["id"] == str(task_id) for node in page["nodes"])


async def _is_audited(stack: Stack, task_id: int) -> bool:
    page = await stack.call("{ activity { nodes { eventType taskId } } }")
    return {"eventType": "task.completed", "taskId": str(task_id)} in page["nodes"]


async def _has_successor(stack: Stack, task_id: int) -> bool:
    task = await stack.call(
        """query($id: ID!) { task(id: $id) {
             dueDate nextTask { dueDate tags { name } reminderMinutes recurrence { rule } }
        } }""",
        id=str(task_id),
    )
    successor = task["nextTask"]
    if not successor:
        return False
    due, following = (datetime.fromisoformat(each["dueDate"]) for each in (task, successor))
    copied = successor["tags"] == [{"name": "team"}] and successor["reminderMinutes"] == [10]
    if not copied or not due < following <= due + timedelta(days=3) or following.weekday() > FRIDAY:
        raise DemoError(f"the successor is wrong: {successor}")
    return True


async def _on_kafka(stack: Stack, key: str) -> float:
    async def look() -> bool:
        return key in stack.kafka_seen

    await _until(look, f"{key} on Kafka")
    return stack.kafka_seen[key]


async def _refuse_doubled(stack: Stack) -> None:
    """Everything that may be there once is there once."""
    for what, statement in {
        "notifications": "SELECT count(*) - count(DISTINCT event_id) FROM notifications",
        "reminder notifications": "SELECT count(*) - 1 FROM notifications WHERE kind = 'reminder_due'",
        "successors": "SELECT count(*) - 1 FROM tasks WHERE parent_task_id IS NOT NULL",
        "audit rows": "SELECT count(*) - (SELECT count(*) FROM outbox WHERE topic = 'task-events') FROM audit_log",
    }.items():
        surplus = await stack.database.fetchval(statement)
        if surplus:
            raise DemoError(f"{abs(surplus)} {what} {'too many' if surplus > 0 else 'missing'}")
    doubled = [key for key, count in stack.kafka_count.items() if count > 1]
    if doubled:
        raise DemoError(f"on Kafka more than once: {', '.join(doubled)}")


async def _read_kafka(stack: Stack, brokers: str) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest", fetch_max_wait_ms=5)
    await consumer.start()
    try:
        topics = (TASK_EVENTS, REMINDERS)
        for topic in topics:
            await consumer._client.add_topic(topic)  # noqa: SLF001 - metadata of a topic it is not subscribed to
        consumer.assign([TopicPartition(t, p) for t in topics for p in consumer.partitions_for_topic(t) or ()])
        async for record in consumer:
            body = orjson.loads(record.value or b"{}")["data"]
            key = f"{body['event_type']}/{body['task_id']}"
            stack.kafka_seen.setdefault(key, time.time())
            stack.kafka_count[f"{key} {body['event_id']}"] += 1
    finally:
        await consumer.stop()


if __name__ == "__main__":
    app()
