"""Consumers: each event is worked on once, what nobody can work on is kept, and no outage makes them give up."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from pipeline import NOW, Place, cut_off, event_id, open_place, record
from sqlalchemy import Integer, literal, select, text
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncSession
from support import eventually, stack_settings

from cli import embedded
from domain.events import CONSUMERS, Event, EventType, outgoing
from domain.recurrence import Pattern
from domain.recurring import RecurrenceSpec
from workers import audit, reconciler
from workers.batch import ATTEMPTS, Batch
from workers.run import WORK

DONE = "SELECT (SELECT count(*) FROM inbox) = 40 AND (SELECT count(*) FROM dead_letters) = 2"


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


def value(*, user_id: int, task_id: int = 1, kind: EventType = EventType.TASK_UPDATED, **data: Any) -> bytes:
    return outgoing(kind, topic="task-events", user_id=user_id, task_id=task_id, at=NOW, data=data).value


def changed(raw: bytes, **fields: Any) -> bytes:
    """The event with fields of its data replaced."""
    envelope = orjson.loads(raw)
    envelope["data"] |= fields
    return orjson.dumps(envelope)


async def audited(place: Place) -> list[UUID]:
    return await place.column("SELECT event_id FROM audit_log ORDER BY id")


async def test_an_event_that_comes_again_is_left_alone(place: Place) -> None:
    user = await place.user()
    first, second = record(value(user_id=user.user_id)), record(value(user_id=user.user_id))
    worker = place.worker("audit")
    await worker.work_off([first, first, second, first])
    await worker.work_off([second, record(first.value), first])
    await place.worker("audit").work_off([first, second])
    assert await audited(place) == [event_id(first), event_id(second)]
    assert await place.value("SELECT count(*) FROM inbox WHERE consumer = 'audit'") == 2


async def test_an_event_is_recorded_for_each_consumer_on_its_own(place: Place) -> None:
    user = await place.user()
    event = record(value(user_id=user.user_id))
    for name in ("audit", "reminders", "recurrence", "updates"):
        await place.worker(name).work_off([event])
    assert await place.column("SELECT consumer FROM inbox ORDER BY 1") == ["audit", "reminders", "updates"]


BAD_VALUES = {
    "no value": None,
    "empty": b"",
    "not JSON": b"{",
    "not UTF-8": b'{"data": "\xff"}',
    "not an object": b"[1, 2]",
    "JSON null": b"null",
    "no data": b'{"specversion": "1.0", "id": "x"}',
    "data is text": b'{"data": "text"}',
    "deeper than any parser goes": b"[" * 100_000,
    "a null character in the user": changed(value(user_id=1), user_id="1\x00"),
    "an id that is no UUID": changed(value(user_id=1), event_id="one"),
    "a task that is a float": changed(value(user_id=1), task_id=1.5),
    "a task beyond bigint": changed(value(user_id=1), task_id=2**63),
    "a user that is no number": changed(value(user_id=1), user_id="' OR 1=1"),
    "an instant without offset": changed(value(user_id=1), timestamp="2026-01-01T00:00:00"),
    "no instant at all": changed(value(user_id=1), timestamp="\x00yesterday"),
    "inner data missing": changed(value(user_id=1), data=None),
    "a CloudEvent of another major version": orjson.dumps(orjson.loads(value(user_id=1)) | {"specversion": "2.0"}),
    "no CloudEvent": orjson.dumps({"data": orjson.loads(value(user_id=1))["data"]}),
}


async def test_records_that_are_no_events_are_kept_and_hold_nothing_up(place: Place) -> None:
    user = await place.user()
    before, after = record(value(user_id=user.user_id)), record(value(user_id=user.user_id))
    bad = [record(raw, key=None if raw is None else b"\x00\xff") for raw in BAD_VALUES.values()]
    await place.worker("audit").work_off([before, *bad, after])
    assert await audited(place) == [event_id(before), event_id(after)]
    rows = await place.rows('SELECT value, key, "offset", attempts, error FROM dead_letters ORDER BY id')
    assert [(row["value"], row["key"], row["offset"]) for row in rows] == [(r.value, r.key, r.offset) for r in bad]
    assert {row["attempts"] for row in rows} == {1}
    assert all(row["error"].startswith("BadRecordError: ") for row in rows)


async def test_a_record_read_twice_is_one_dead_letter(place: Place) -> None:
    bad = record(b"{")
    for _ in range(2):
        await place.worker("audit").work_off([bad])
        await place.worker("reminders").work_off([bad])
    assert await place.column("SELECT consumer FROM dead_letters ORDER BY id") == ["audit", "reminders"]


@pytest.mark.parametrize("header", [None, b"\xff\x00\xfe", b""])
async def test_a_bad_record_is_kept_whatever_its_headers_are(place: Place, header: bytes | None) -> None:
    await place.worker("audit").work_off([record(b"{", headers=[("content-type", b"x"), ("odd", header)])])
    headers = await place.value("SELECT headers FROM dead_letters")
    assert headers["content-type"] == "x"
    assert "odd" in headers


async def test_unknown_types_are_left_alone_and_unknown_fields_are_ignored(place: Place) -> None:
    user = await place.user()
    unknown = changed(value(user_id=user.user_id), event_type="task.archived")
    due = value(user_id=user.user_id, kind=EventType.REMINDER_DUE)
    future = orjson.loads(changed(value(user_id=user.user_id, colour={"r": 1}), schema_version=9, tenant=["a"]))
    future |= {"specversion": "1.1", "priority": 7, "traceparent": 5}
    # Of a kind that is not ours nothing else is asked, as little as what its fields are.
    other = orjson.dumps({"specversion": "2.0", "data": {"event_type": "user.made", "user_id": 7, "task_id": None}})
    await place.worker("audit").work_off([record(unknown), record(due), record(other), record(orjson.dumps(future))])
    assert await audited(place) == [UUID(future["id"])]
    assert await place.value("SELECT data -> 'colour' ->> 'r' FROM audit_log") == "1"
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


async def test_an_event_of_a_task_or_a_user_that_is_gone_is_done_with(place: Place) -> None:
    actor = await place.user()
    task = await place.create(actor, due_date=NOW)
    await place.complete(actor, task.id)
    due = record(value(user_id=actor.user_id, task_id=task.id, kind=EventType.REMINDER_DUE), topic="reminders")
    records = [*await place.records(), due]
    await place.run("DELETE FROM tasks")
    await place.run("DELETE FROM users")
    for name in CONSUMERS:
        await place.worker(name).work_off(records)
    assert await place.column("SELECT consumer FROM inbox ORDER BY 1") == [
        "audit", "audit", "notifications", "recurrence", "reminders", "reminders", "updates", "updates",
    ]  # fmt: skip
    for table in ("dead_letters", "audit_log", "notifications"):
        assert await place.value(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - our own names


async def failing(broken: set[UUID], seen: list[UUID], error: Exception) -> Any:
    """The audit consumer's work, but for some events it fails."""

    async def work(session: AsyncSession, event: Event) -> None:
        seen.append(event.id)
        await audit.work(session, [event])
        if event.id in broken:
            raise error

    return work


async def test_one_event_that_fails_is_tried_five_times_and_kept_while_the_others_are_done(place: Place) -> None:
    user = await place.user()
    records = [record(value(user_id=user.user_id, number=n), key=b"%d" % n) for n in range(5)]
    broken, seen = event_id(records[2]), list[UUID]()
    work = await failing({broken}, seen, ValueError("line one\nits second line"))
    worker = place.worker("audit", work)
    await worker.work_off(records)
    # What the failing one had written is not there; nor is anything of it tried again later.
    assert await audited(place) == [event_id(r) for r in records if event_id(r) != broken]
    assert seen.count(broken) == 1 + ATTEMPTS
    await worker.work_off([records[2], following := record(value(user_id=user.user_id))])
    assert seen.count(broken) == 1 + ATTEMPTS
    assert (await audited(place))[-1] == event_id(following)
    (row,) = await place.rows("SELECT * FROM dead_letters")
    assert (row["consumer"], row["topic"], row["partition"]) == ("audit", "task-events", 0)
    assert (row["offset"], row["event_id"], row["attempts"]) == (records[2].offset, broken, ATTEMPTS)
    assert (row["key"], row["value"]) == (b"2", records[2].value)
    assert row["headers"] == {"content-type": "application/cloudevents+json"}
    assert row["error"] == "ValueError: line one"
    assert await place.value("SELECT count(*) FROM inbox WHERE event_id = :id", id=broken) == 1


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param({"data": {"title": "a\x00b"}}, id="text that jsonb cannot hold"),
        pytest.param({"timestamp": "9999-12-31T23:59:59-23:59"}, id="an instant beyond the calendar"),
        pytest.param({"timestamp": "0001-01-01T00:00:00+23:59"}, id="an instant before the calendar"),
    ],
)
async def test_an_event_that_the_database_refuses_is_kept_too(place: Place, poison: dict[str, Any]) -> None:
    user = await place.user()
    bad, good = changed(value(user_id=user.user_id), **poison), value(user_id=user.user_id)
    async with asyncio.timeout(20):
        await place.worker("audit").work_off([record(bad), record(good)])
    assert len(await audited(place)) == 1
    assert await place.column("SELECT value FROM dead_letters") == [bad]


async def test_an_event_with_a_value_that_cannot_be_sent_is_no_database_that_is_away(place: Place) -> None:
    user = await place.user()
    events = [record(value(user_id=user.user_id, number=number)) for number in (1, 2**40)]

    async def work(session: AsyncSession, event: Event) -> None:
        await session.execute(select(literal(event.data["number"], Integer())))
        await audit.work(session, [event])

    async with asyncio.timeout(20):
        await place.worker("audit", work).work_off(events)
    assert await audited(place) == [event_id(events[0])]
    assert await place.column("SELECT event_id FROM dead_letters") == [event_id(events[1])]


async def test_an_error_that_cannot_be_written_down_as_it_is_loses_nothing(place: Place) -> None:
    user = await place.user()
    event = record(value(user_id=user.user_id))
    await place.worker("audit", await failing({event_id(event)}, [], ValueError("\x00 \ud800"))).work_off([event])
    assert await place.column("SELECT event_id FROM dead_letters") == [event_id(event)]


STATE = """
    SELECT (SELECT jsonb_agg(to_jsonb(tasks) ORDER BY id) FROM tasks) AS tasks,
           (SELECT jsonb_agg(to_jsonb(reminders) ORDER BY id) FROM reminders) AS reminders,
           (SELECT jsonb_agg(to_jsonb(notifications) ORDER BY id) FROM notifications) AS notifications,
           (SELECT jsonb_agg(to_jsonb(audit_log) ORDER BY id) FROM audit_log) AS audit_log,
           (SELECT count(*) FROM outbox WHERE topic <> 'dead-letters') AS events
"""
SECRET = "a secret of the owner"


@pytest.mark.parametrize("name", CONSUMERS)
async def test_an_event_about_another_users_task_is_kept_and_touches_and_reveals_nothing(
    place: Place, name: str
) -> None:
    owner, stranger = await place.user(), await place.user()
    given = {"due_date": NOW.replace(year=2100), "recurrence": RecurrenceSpec(pattern=Pattern.DAILY)}
    task = await place.create(owner, SECRET, reminder_minutes=[5], tag_names=[SECRET], **given)
    await place.complete(owner, task.id)
    own = [each for each in await place.records() if orjson.loads(each.value)["type"] in CONSUMERS[name].types]
    before = await place.rows(STATE)
    topic = CONSUMERS[name].topic
    forged = [
        record(value(user_id=stranger.user_id, task_id=task.id, kind=kind, status="open"), topic=topic)
        for kind in sorted(CONSUMERS[name].types)
    ]
    await place.worker(name).work_off(forged)
    assert await place.rows(STATE) == before
    letters = await place.rows("SELECT event_id, error, attempts, headers FROM dead_letters ORDER BY id")
    assert [letter["event_id"] for letter in letters] == [event_id(each) for each in forged]
    assert {letter["error"] for letter in letters} == {"ForeignTaskError: the task is not this user's"}
    assert {letter["attempts"] for letter in letters} == {1}
    told = await place.rows("SELECT key, value, headers FROM outbox WHERE topic = 'dead-letters'")
    assert [each["value"] for each in told] == [each.value for each in forged]
    assert SECRET not in str(told)
    # The owner's own are worked on as ever, also in a batch with forged ones.
    again = record(value(user_id=stranger.user_id, task_id=task.id, kind=max(CONSUMERS[name].types)), topic=topic)
    await place.worker(name).work_off([again, *own])
    assert await place.value("SELECT count(*) FROM dead_letters") == len(forged) + 1
    assert await place.value("SELECT count(*) FROM inbox") == len(forged) + 1 + len(own)


async def test_a_dead_letter_is_told_on_its_topic_once_with_all_that_it_was(place: Place) -> None:
    user = await place.user()
    headers = [("content-type", b"application/cloudevents+json"), ("odd", b"\xff\x00"), ("none", None)]
    failing_one = record(value(user_id=user.user_id), key=b"17", headers=headers)
    no_text = record(b"\x00\xff", key=b"\xff\xfe", headers=())
    empty = record(None, key=None, headers=())
    worker = place.worker("audit", await failing({event_id(failing_one)}, [], ValueError("too bad")))
    for _ in range(2):
        await worker.work_off([failing_one, no_text, empty])
    rows = await place.rows("SELECT * FROM outbox WHERE topic = 'dead-letters' ORDER BY id")
    assert {row["event_type"] for row in rows} == {"dead-letter"}
    by_value = {row["value"]: row for row in rows}
    assert len(rows) == len(by_value) == 3
    assert by_value[failing_one.value]["key"] == "17"
    assert by_value[failing_one.value]["headers"] == {
        "content-type": "application/cloudevents+json",
        "odd": "\ufffd\ufffd",
        "none": "",
        "dead-letter-consumer": "audit",
        "dead-letter-error": "ValueError: too bad",
        "dead-letter-attempts": str(ATTEMPTS),
        "dead-letter-topic": "task-events",
        "dead-letter-partition": "0",
        "dead-letter-offset": str(failing_one.offset),
    }
    assert by_value[no_text.value]["key"] is None
    assert base64.b64decode(by_value[no_text.value]["headers"]["dead-letter-key-base64"]) == b"\xff\xfe"
    assert by_value[None]["key"] is None
    # Nobody acts on it: the reconciler is done with it once it is published.
    await place.run("UPDATE outbox_state SET published_at = now() - interval '1 hour'")
    await reconciler.run_once(place.sessions, after=timedelta(seconds=1))
    assert await place.value("SELECT count(*) FROM outbox_state WHERE settled_at IS NULL") == 0


async def test_a_dead_letter_too_long_for_its_topic_is_whole_in_the_table_only(place: Place) -> None:
    long = b"\xff" * 5 * 1024 * 1024
    await place.worker("audit").work_off([record(long)])
    assert await place.value("SELECT value FROM dead_letters") == long
    (told,) = await place.rows("SELECT value, headers FROM outbox")
    assert told["value"] is None
    assert told["headers"]["dead-letter-value-bytes"] == str(len(long))


async def test_an_event_of_5_mib_is_worked_on(place: Place) -> None:
    user = await place.user()
    long = value(user_id=user.user_id, title="x" * 5 * 1024 * 1024)
    for name in CONSUMERS:
        await place.worker(name).work_off([record(long)])
    assert await place.value("SELECT length(data ->> 'title') FROM audit_log") == 5 * 1024 * 1024
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


async def test_an_event_of_900_kb_is_worked_on(place: Place) -> None:
    user = await place.user()
    await place.worker("audit").work_off([record(value(user_id=user.user_id, title="é" * 450_000))])
    assert await place.value("SELECT length(data ->> 'title') FROM audit_log") == 450_000


async def test_a_connection_that_is_cut_in_the_middle_of_a_batch_loses_and_doubles_nothing(place: Place) -> None:
    user = await place.user()
    records = [record(value(user_id=user.user_id)) for _ in range(20)]
    cuts = 0

    async def work(session: AsyncSession, event: Event) -> None:
        nonlocal cuts
        await audit.work(session, [event])
        if event.id == event_id(records[10]) and cuts < 2:
            cuts += 1
            pid = await session.scalar(text("SELECT pg_backend_pid()"))
            await place.run("SELECT pg_terminate_backend(:pid, 5000)", pid=pid)

    await place.worker("audit", work).work_off(records)
    assert cuts == 2
    assert await audited(place) == [event_id(r) for r in records]
    assert await place.value("SELECT count(*) FROM dead_letters") == 0


async def test_while_the_database_is_away_nothing_is_given_up(place: Place) -> None:
    user = await place.user()
    records = [record(b"{"), *(record(value(user_id=user.user_id)) for _ in range(3))]
    tries = 0

    @sqlalchemy_event.listens_for(place.engine.sync_engine, "do_connect")
    def count(*_: object) -> None:
        nonlocal tries
        tries += 1

    async with cut_off(place):
        working = asyncio.create_task(place.worker("audit").work_off(records))

        async def has_tried_more_often_than_one_event_is_tried() -> bool:
            assert not working.done(), working.result()
            return tries > ATTEMPTS

        await eventually(has_tried_more_often_than_one_event_is_tried, what="tries to connect")
    await asyncio.wait_for(working, 20)
    assert await audited(place) == [event_id(r) for r in records[1:]]
    assert await place.column("SELECT value FROM dead_letters") == [b"{"]


async def test_a_consumer_of_a_real_topic_works_on_each_event_once(place: Place) -> None:
    user = await place.user()
    values = [value(user_id=user.user_id, number=number) for number in range(40)]
    with embedded.kafka() as brokers:
        producer = AIOKafkaProducer(bootstrap_servers=brokers)
        await producer.start()
        try:
            for number, raw in enumerate([*values[:20], b"no event", None, *values[10:]]):
                await producer.send_and_wait("task-events", raw, key=b"%d" % (number % 5))
        finally:
            await producer.stop()
        working = asyncio.create_task(place.worker("audit", settings=stack_settings(place.url, brokers)).run())

        async def is_done() -> bool:
            if working.done():
                working.result()
            return bool(await place.value(DONE))

        try:
            await eventually(is_done, what="40 events and 2 dead letters", seconds=30)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
    assert sorted(await audited(place)) == sorted(UUID(orjson.loads(raw)["id"]) for raw in values)


async def test_consumers_that_meet_the_same_tasks_in_different_orders_do_not_deadlock(place: Place) -> None:
    actor = await place.user()
    given = {"due_date": NOW.replace(year=2100), "reminder_minutes": [5]}
    for number in range(40):
        task = await place.create(actor, f"Task {number}", **given, recurrence=RecurrenceSpec(pattern=Pattern.DAILY))
        await place.complete(actor, task.id)
    records = await place.records()
    ways = [records, records[::-1], records[1::2] + records[::2]]
    for _ in range(5):
        await place.run("DELETE FROM inbox")
        consumers = (
            Batch(CONSUMERS[name], WORK[name], place.sessions) for name in ("reminders", "recurrence", "updates")
        )
        await asyncio.gather(*(each.together(way) for each, way in zip(consumers, ways, strict=True)))


async def test_two_consumers_with_the_same_events_at_once_do_each_once(place: Place) -> None:
    user = await place.user()
    records = [record(value(user_id=user.user_id, n=str(uuid4()))) for _ in range(100)]
    one, other = place.worker("audit"), place.worker("audit")
    await asyncio.gather(one.work_off(records), other.work_off(records[::-1]))
    assert sorted(await audited(place)) == sorted(map(event_id, records))
    assert await place.value("SELECT count(*) FROM dead_letters") == 0
