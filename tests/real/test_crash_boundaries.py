"""Every worker dies at every boundary between reading, committing, publishing and acknowledging: nothing is lost or
doubled, and the worker that is started after it goes on.
"""

import itertools
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import crashing
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from pipeline import NOW, Place, read_topics
from support import stack_settings

from cli.real_kafka import Node
from config.settings import Settings
from domain import reminder_changes
from domain.actors import Actor
from domain.events import CONSUMERS, TASK_EVENTS, expected_work
from domain.recurring import RecurrenceSpec
from workers import broker, relay
from workers.publish_kafka import Publisher

_FEWEST = 6
_MOST = 80
_numbers = itertools.count(1)


@dataclass
class Case:
    """One user's work for a worker, in a database that the cases share, and the broker it goes through."""

    place: Place
    settings: Settings
    actor: Actor

    async def publish(self) -> None:
        """All events are in Kafka, as a relay would have put them there."""
        publisher = Publisher(self.settings)
        try:
            while await relay.run_once(self.place.sessions, publisher):
                pass
        finally:
            await publisher.close()

    async def recorded(self, consumer: str) -> bool:
        """Whether the consumer has recorded everything that concerns it, and the group has committed its offsets."""
        types = [kind for kind, name in expected_work() if name == consumer]
        missing = await self.place.value(
            "SELECT count(*) FROM outbox JOIN outbox_state AS state USING (id) "
            "WHERE event_type = ANY(:types) AND state.published_at IS NOT NULL AND NOT EXISTS "
            "(SELECT FROM inbox WHERE inbox.event_id = outbox.event_id AND inbox.consumer = :consumer)",
            types=types,
            consumer=consumer,
        )
        return missing == 0 and await _committed(self.settings.kafka_brokers, consumer)

    async def mine(self, statement: str) -> Counter[object]:
        """How often each value of the first column comes, of this user's rows."""
        return Counter(await self.place.column(statement, user=self.actor.user_id, text=str(self.actor.user_id)))


Prepare = Callable[[Case], Awaitable[None]]
Look = Callable[[Case], Awaitable[bool]]
Check = Callable[[Case], Awaitable[None]]
EVENTS = (
    "FROM outbox JOIN outbox_state AS state USING (id) "
    "WHERE convert_from(value, 'utf8')::jsonb #>> '{data,user_id}' = :text"
)


async def _committed(brokers: str, consumer: str) -> bool:
    """Whether the group has committed up to the end of every partition that has records."""
    topic = CONSUMERS[consumer].topic
    reader = AIOKafkaConsumer(bootstrap_servers=brokers)
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await reader.start()
    await admin.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(broker.TOPICS[topic][0])]
        ends = await reader.end_offsets(partitions)
        try:
            done = await admin.list_consumer_group_offsets(f"tickler-{consumer}")
        except GroupCoordinatorNotAvailableError:
            # The broker has just begun.
            return False
        return all(end == 0 or (partition in done and done[partition].offset >= end) for partition, end in ends.items())
    finally:
        await reader.stop()
        await admin.close()


# The relay.


async def _changes(case: Case) -> None:
    for title in ("Milk", "Bread"):
        task = await case.place.create(case.actor, title)
        await case.place.rename(case.actor, task, f"{title}, fresh")


async def _all_published(case: Case) -> bool:
    return await case.mine(f"SELECT event_id {EVENTS} AND state.published_at IS NULL") == Counter()


async def _each_is_on_kafka_in_order(case: Case) -> None:
    rows = await case.place.rows(f"SELECT key, value {EVENTS} ORDER BY id", text=str(case.actor.user_id))
    # Other tests have left theirs in the topic, and not only events.
    mine = {row["value"]: row["key"] for row in rows}
    first: dict[bytes, str] = {}
    for each in await read_topics(case.settings.kafka_brokers, TASK_EVENTS):
        if each.value in mine:
            first.setdefault(each.value, each.key.decode())
    assert first == mine
    for key in {*mine.values()}:
        assert [value for value in first if first[value] == key] == [row["value"] for row in rows if row["key"] == key]


# The scheduler.


async def _instants_that_have_come(case: Case) -> None:
    now = datetime.now(UTC)
    for title in ("Milk", "Bread"):
        due = now - timedelta(seconds=1)
        task = await case.place.create(case.actor, title, due_date=due, now=now - timedelta(minutes=1))
        await case.place.do(
            reminder_changes.add_reminder,
            case.actor,
            str(task.id),
            at=due,
            minutes_before=None,
            idempotency_key=None,
            now=now - timedelta(minutes=1),
        )


async def _all_fired(case: Case) -> bool:
    pending = "SELECT id FROM reminders WHERE user_id = :user AND NOT sent"
    return (
        await case.mine(pending)
        + await case.mine("SELECT id FROM tasks WHERE user_id = :user AND overdue_at IS NOT NULL")
        == Counter()
    )


async def _each_instant_has_one_event(case: Case) -> None:
    found = await case.mine(f"SELECT event_type {EVENTS} AND event_type IN ('reminder.due', 'task.overdue')")
    assert found == {"reminder.due": 2, "task.overdue": 2}


# The reconciler.


async def _half_recorded(case: Case) -> None:
    await _changes(case)
    await case.place.run(
        f"""
        UPDATE outbox_state SET published_at = clock_timestamp() - interval '1 hour'
         WHERE id = ANY(ARRAY(SELECT id {EVENTS}))""",  # noqa: S608 - constants
        text=str(case.actor.user_id),
    )
    await case.place.run(
        "INSERT INTO inbox (event_id, consumer) SELECT event_id, name "
        f"{EVENTS.replace('WHERE', 'CROSS JOIN unnest(CAST(:names AS text[])) AS name WHERE')} "
        "AND event_type = 'task.created'",
        names=sorted({name for _, name in expected_work()}),
        text=str(case.actor.user_id),
    )


async def _all_judged(case: Case) -> bool:
    unsettled = "state.published_at IS NOT NULL AND state.settled_at IS NULL"
    return await case.mine(f"SELECT event_id {EVENTS} AND {unsettled}") == Counter()


async def _the_missing_half_is_published_again(case: Case) -> None:
    assert await case.mine(f"SELECT event_type {EVENTS} AND state.settled_at IS NOT NULL") == {"task.created": 2}
    assert await case.mine(f"SELECT event_type {EVENTS} AND state.published_at IS NULL") == {"task.updated": 2}


# The janitor.


async def _old_trash(case: Case) -> None:
    for title in ("Milk", "Bread"):
        await case.place.delete(case.actor, (await case.place.create(case.actor, title)).id)
    await case.place.run(
        "UPDATE tasks SET deleted_at = clock_timestamp() - interval '31 days' WHERE user_id = :user",
        user=case.actor.user_id,
    )


async def _trash_is_empty(case: Case) -> bool:
    return await case.mine("SELECT id FROM tasks WHERE user_id = :user") == Counter()


async def _each_task_went_once(case: Case) -> None:
    keys = await case.mine(f"SELECT key {EVENTS} AND event_type = 'task.created'")
    purged = "convert_from(value, 'utf8')::jsonb #> '{data,data,changes,purged}' IS NOT NULL"
    assert await case.mine(f"SELECT key {EVENTS} AND event_type = 'task.deleted' AND {purged}") == keys
    tombstones = Counter(
        await case.place.column(
            "SELECT key FROM outbox WHERE topic = 'task-updates' AND value IS NULL AND key = ANY(:keys)",
            keys=list(keys),
        )
    )
    assert tombstones == keys


# The consumers.


async def _published_changes(case: Case) -> None:
    await _changes(case)
    await case.publish()


async def _published_due_dates(case: Case) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    for title in ("Milk", "Bread"):
        await case.place.create(case.actor, title, due_date=later, reminder_minutes=[0, 30], now=datetime.now(UTC))
    await case.publish()


async def _published_completions(case: Case) -> None:
    for title in ("Milk", "Bread"):
        task = await case.place.create(
            case.actor, title, due_date=NOW, recurrence=RecurrenceSpec(rule="FREQ=DAILY"), tag_names=["daily"]
        )
        await case.place.complete(case.actor, task.id)
    await case.publish()


async def _published_instants(case: Case) -> None:
    from workers import scheduler  # noqa: PLC0415

    await _instants_that_have_come(case)
    while await scheduler.run_once(case.place.sessions):
        pass
    await case.publish()


def _recorded_by(consumer: str) -> Look:
    async def look(case: Case) -> bool:
        return await case.recorded(consumer)

    return look


async def _each_event_has_one_audit_row(case: Case) -> None:
    events = await case.mine(f"SELECT event_id {EVENTS} AND topic = 'task-events'")
    assert await case.mine("SELECT event_id FROM audit_log WHERE user_id = :user") == events


async def _the_last_snapshot_is_the_task(case: Case) -> None:
    rows = await case.place.rows(
        "SELECT DISTINCT ON (key) key, "
        "(convert_from(value, 'utf8')::jsonb #>> '{data,data,version}')::int AS version "
        f"{EVENTS} AND topic = 'task-updates' ORDER BY key, id DESC",
        text=str(case.actor.user_id),
    )
    tasks = await case.place.rows(
        "SELECT id::text AS key, version FROM tasks WHERE user_id = :user", user=case.actor.user_id
    )
    assert sorted(rows, key=str) == sorted(tasks, key=str)


async def _each_reminder_is_there_once(case: Case) -> None:
    pending = await case.mine(
        "SELECT minutes_before FROM reminders WHERE user_id = :user AND NOT sent AND cancelled_at IS NULL"
    )
    assert pending == {0: 2, 30: 2}
    assert await case.mine(f"SELECT event_type {EVENTS} AND topic = 'reminders'") == {"reminder.scheduled": 4}


async def _each_completion_has_one_successor(case: Case) -> None:
    made = "FROM tasks WHERE user_id = :user AND parent_task_id IS NOT NULL"
    assert await case.mine(f"SELECT title {made}") == {"Milk": 1, "Bread": 1}
    assert await case.mine(f"SELECT event_type {EVENTS} AND event_type = 'task.created'") == {"task.created": 4}
    tagged = "FROM tags JOIN task_tags ON tags.id = tag_id"
    assert await case.mine(f"SELECT name {tagged} WHERE task_id IN (SELECT id {made})") == {"daily": 2}
    assert await case.mine("SELECT kind FROM notifications WHERE user_id = :user") == {"recurrence_spawned": 2}


async def _each_instant_is_told_once(case: Case) -> None:
    told = await case.mine("SELECT kind FROM notifications WHERE user_id = :user")
    assert told == {"reminder_due": 2, "task_overdue": 2}


SCENES: dict[str, tuple[Prepare, Look, Check]] = {
    "relay": (_changes, _all_published, _each_is_on_kafka_in_order),
    "scheduler": (_instants_that_have_come, _all_fired, _each_instant_has_one_event),
    "reconciler": (_half_recorded, _all_judged, _the_missing_half_is_published_again),
    "janitor": (_old_trash, _trash_is_empty, _each_task_went_once),
    "audit": (_published_changes, _recorded_by("audit"), _each_event_has_one_audit_row),
    "updates": (_published_changes, _recorded_by("updates"), _the_last_snapshot_is_the_task),
    "reminders": (_published_due_dates, _recorded_by("reminders"), _each_reminder_is_there_once),
    "recurrence": (_published_completions, _recorded_by("recurrence"), _each_completion_has_one_successor),
    "notifications": (_published_instants, _recorded_by("notifications"), _each_instant_is_told_once),
}


@pytest.mark.parametrize("name", SCENES)
async def test_a_worker_may_die_at_every_boundary(
    name: str, fresh_database: str, place: Place, real_kafka: Node, tmp_path: Path
) -> None:
    settings = stack_settings(fresh_database, real_kafka.address)
    await broker.ensure_topics(settings)
    prepare, look, check = SCENES[name]

    async def life(fatal: int | None) -> tuple[crashing.Life, Case]:
        case = Case(place, settings, await place.user())
        await prepare(case)
        log = tmp_path / f"life-{next(_numbers)}"
        lived = await crashing.run(name, settings, log, fatal=fatal, until=lambda: look(case))
        return lived, case

    if name in CONSUMERS:
        # What other tests have left in the topic is not part of a life.
        rest = tmp_path / "rest"
        await crashing.run(name, settings, rest, fatal=None, until=lambda: _committed(settings.kafka_brokers, name))
    whole, case = await life(None)
    await check(case)
    assert _FEWEST <= len(whole.passed) <= _MOST, whole.passed
    died = 0
    for fatal in range(1, len(whole.passed) + 1):
        lived, case = await life(fatal)
        died += lived.killed and len(lived.passed) == fatal
        # What is started after it goes on with what is left.
        again = await crashing.run(
            name, settings, tmp_path / f"again-{fatal}", fatal=None, until=lambda case=case: look(case)
        )
        try:
            await check(case)
        except AssertionError as error:
            raise AssertionError(f"after dying of {lived.passed[-1]}, then {again.passed}: {error}") from error
    assert died >= len(whole.passed) * 0.8, "the boundaries are not those of the first life"
    print(f"{name}: died of {died} of {len(whole.passed)} boundaries")  # noqa: T201 - a figure for who runs it
