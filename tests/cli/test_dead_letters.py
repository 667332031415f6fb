"""`tickler dead-letters`: people see what failed and why; a retry reaches the consumer that failed, and no other."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest
from aiokafka import ConsumerRecord
from click.testing import Result
from pipeline import NOBODY_LISTENS, NOW, Place, event_id, open_place, record
from sqlalchemy.ext.asyncio import AsyncSession
from support import stack_settings
from typer.testing import CliRunner

from cli import embedded
from cli.main import app
from domain import dead_letters, events
from domain.events import CONSUMERS, TASK_EVENTS, Event, EventType, outgoing
from workers import relay
from workers.publish_kafka import Publisher
from workers.run import WORK

MISSING, USAGE, CANNOT = 1, 2, 3
ESCAPE = "\x1b]0;owned\x07\x9b31m"


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


async def run(place: Place, *arguments: str, given: str | None = None) -> Result:
    runner = CliRunner(env={"DATABASE_URL": place.url, "TICKLER_LOG_FORMAT": "human", "COLUMNS": "200"})
    return await asyncio.to_thread(runner.invoke, app, ["dead-letters", *arguments], input=given)


async def fails(_session: AsyncSession, _event: Event) -> None:
    raise ValueError(f"broken{ESCAPE}")


async def letter(place: Place, name: str = "audit") -> ConsumerRecord:
    """A real event that this consumer could not work on, while all others have done their work."""
    user = await place.user()
    await place.create(user, "Überschrift ☂", due_date=NOW)
    (made,) = (await place.records())[-1:]
    await place.worker(name, fails).work_off([made])
    for other in CONSUMERS.keys() - {name}:
        await place.worker(other).work_off([made])
    return made


async def letters(place: Place) -> list[tuple[str, str | None]]:
    rows = await place.rows("SELECT consumer, resolution FROM dead_letters ORDER BY id")
    return [(row["consumer"], row["resolution"]) for row in rows]


async def published(place: Place, event_type: str = "dead-letter.retry") -> list[ConsumerRecord]:
    """What waits to be published, as consumers will read it."""
    rows = await place.rows(
        "SELECT topic, key, value, headers FROM outbox JOIN outbox_state AS state USING (id)"
        " WHERE state.published_at IS NULL AND event_type = :kind ORDER BY id",
        kind=event_type,
    )
    return [
        record(
            row["value"],
            topic=row["topic"],
            key=row["key"].encode() if row["key"] else None,
            headers=[(name, text.encode()) for name, text in row["headers"].items()],
        )
        for row in rows
    ]


async def work_off(place: Place, records: Sequence[ConsumerRecord]) -> None:
    for name, consumer in CONSUMERS.items():
        await place.worker(name).work_off([each for each in records if each.topic == consumer.topic])


async def test_the_list_shows_what_is_open_and_programs_read_it_as_json(place: Place) -> None:
    nothing = await run(place, "list")
    assert (nothing.exit_code, nothing.stdout) == (0, "There are no dead letters.\n")
    made = await letter(place)
    await place.worker("reminders").work_off([record(b"{", topic=TASK_EVENTS)])
    shown = await run(place, "list")
    assert shown.exit_code == 0
    head, first, second = shown.stdout.splitlines()
    assert head.split() == ["ID", "WHEN", "CONSUMER", "TOPIC", "STATE", "ERROR"]
    assert first.startswith("1  ")
    # What others wrote does nothing to a terminal.
    assert r"ValueError: broken\x1b]0;owned\x07\x9b31m" in first
    assert "reminders" in second
    assert "BadRecordError: not JSON" in second
    found = json.loads((await run(place, "list", "--json", "--consumer", "audit")).stdout)
    assert [(each["id"], each["consumer"], each["event_id"]) for each in found] == [(1, "audit", str(event_id(made)))]
    assert found[0]["error"] == f"ValueError: broken{ESCAPE}"
    limited = await run(place, "list", "--limit", "1")
    assert len(limited.stdout.splitlines()) == 3
    assert "--limit 2" in limited.stdout
    assert (await run(place, "discard", "1", "--yes")).exit_code == 0
    assert [each["id"] for each in json.loads((await run(place, "list", "--json")).stdout)] == [2]
    every = json.loads((await run(place, "list", "--json", "--all")).stdout)
    assert [(each["id"], each["resolution"]) for each in every] == [(1, "discarded"), (2, None)]


async def test_show_has_all_of_the_record_readable_or_as_hexadecimal(place: Place) -> None:
    await letter(place)
    await place.worker("audit").work_off([record(b"\xff\x00\xfe", key=b"\x00\xff", headers=[("odd\x1b", b"\x9b")])])
    await place.worker("audit").work_off([record(f"plain{ESCAPE}".encode(), key=None, headers=())])
    text = (await run(place, "show", "1")).stdout
    assert '"title": "Überschrift ☂"' in text
    assert "consumer    audit" in text
    assert "attempts    5" in text
    assert "header      content-type: application/cloudevents+json" in text
    odd = (await run(place, "show", "2")).stdout
    assert "value       0xff00fe" in odd
    assert "key         0x00ff" in odd
    assert r"odd\x1b: " in odd
    plain = (await run(place, "show", "3")).stdout
    assert r"value       plain\x1b]0;owned\x07\x9b31m" in plain
    assert "key         (none)" in plain
    missing = await run(place, "show", "4")
    assert missing.exit_code == MISSING
    assert "there is no such open dead letter: 4" in missing.stderr


@pytest.mark.parametrize("name", [name for name in CONSUMERS if EventType.TASK_CREATED in CONSUMERS[name].types])
async def test_a_retry_has_the_event_worked_on_once_by_the_consumer_that_failed(place: Place, name: str) -> None:
    made = await letter(place, name)
    updates = "SELECT count(*) FROM outbox WHERE topic = 'task-updates'"
    retried = await run(place, "retry", "1")
    assert (retried.exit_code, retried.stdout) == (0, "1 dead letter retried.\n")
    assert await letters(place) == [(name, "retried")]
    (again,) = await published(place)
    assert (again.value, again.key, again.topic) == (made.value, made.key, made.topic)
    assert ("content-type", b"application/cloudevents+json") in again.headers
    # Even where the inbox has forgotten what the others did long ago.
    await place.run("DELETE FROM inbox WHERE consumer <> :name", name=name)
    before = await place.column("SELECT consumer FROM inbox")
    await work_off(place, [again, again])
    assert await place.column("SELECT consumer FROM inbox") == [*before, name]
    assert await place.value("SELECT count(*) FROM audit_log") == await place.value(updates) == 1
    assert await letters(place) == [(name, "retried")]
    assert (await run(place, "retry", "1")).exit_code == MISSING


async def test_a_retry_is_looked_after_until_it_is_done(place: Place) -> None:
    """Kafka may lose the retried record; the event's own row is waited for again."""
    made = await letter(place)
    await place.run("UPDATE outbox_state SET published_at = now(), settled_at = now()")
    await run(place, "retry", "1")
    events = "SELECT count(*) FROM outbox JOIN outbox_state AS state USING (id) WHERE state.settled_at IS NULL"
    assert await place.value(f"{events} AND state.published_at IS NOT NULL AND event_id = :id", id=event_id(made)) == 1
    assert await place.value(f"{events} AND topic = 'task-events'") == 2
    await work_off(place, [made])
    assert await place.value("SELECT count(*) FROM audit_log") == 1


async def test_what_fails_again_is_a_dead_letter_again(place: Place) -> None:
    await letter(place)
    for number in (1, 2):
        assert (await run(place, "retry", str(number))).exit_code == 0
        again = await published(place)
        assert len(again) == number
        await place.worker("audit", fails).work_off(again[-1:])
        assert await letters(place) == [("audit", "retried")] * number + [("audit", None)]


async def test_a_record_that_is_no_event_is_published_again_for_the_one_that_is_retried(place: Place) -> None:
    bad = record(b"{", key=b"\xff")
    await work_off(place, [bad])
    assert len(await letters(place)) == 4
    reminders = await place.value("SELECT id FROM dead_letters WHERE consumer = 'reminders'")
    assert (await run(place, "retry", str(reminders))).exit_code == 0
    (again,) = await published(place)
    assert (again.value, again.key) == (b"{", None)
    await work_off(place, [again])
    open_ones = "SELECT consumer FROM dead_letters WHERE resolved_at IS NULL ORDER BY 1"
    assert await place.column(open_ones) == ["audit", "recurrence", "reminders", "updates"]


async def test_all_of_a_consumer_are_retried_and_no_other(place: Place) -> None:
    for _ in range(3):
        await work_off(place, [record(b"{")])
    retried = await run(place, "retry", "--all", "--consumer", "audit")
    assert (retried.exit_code, retried.stdout) == (0, "3 dead letters retried.\n")
    assert {resolution for name, resolution in await letters(place) if name == "audit"} == {"retried"}
    assert {resolution for name, resolution in await letters(place) if name != "audit"} == {None}
    assert (await run(place, "retry", "--all")).stdout == "9 dead letters retried.\n"
    assert (await run(place, "retry", "--all")).stdout == "0 dead letters retried.\n"


async def test_what_is_not_there_is_named_and_the_rest_is_done(place: Place) -> None:
    await work_off(place, [record(b"{")])
    retried = await run(place, "retry", "2", "99", "2")
    assert (retried.exit_code, retried.stdout) == (MISSING, "1 dead letter retried.\n")
    assert "there is no such open dead letter: 99" in retried.stderr
    discarded = await run(place, "discard", "2", "3", "--yes")
    assert (discarded.exit_code, discarded.stdout) == (MISSING, "1 dead letter discarded.\n")
    assert [resolution for _, resolution in await letters(place)] == [None, "retried", "discarded", None]


async def test_discarding_asks_first(place: Place) -> None:
    await letter(place)
    refused = await run(place, "discard", "1", given="n\n")
    assert refused.exit_code == 1
    assert "Discard 1 dead letter?" in refused.stdout
    assert await letters(place) == [("audit", None)]
    assert (await run(place, "discard", "1", given="y\n")).exit_code == 0
    assert await letters(place) == [("audit", "discarded")]
    assert await published(place) == []


async def test_what_the_broker_refused_can_be_retried_and_is_open_again_if_refused_again(place: Place) -> None:
    user = await place.user()
    large = outgoing(
        EventType.TASK_UPDATED, topic=TASK_EVENTS, user_id=user.user_id, task_id=1, at=NOW, data={"x": "x" * 5000}
    )
    async with place.sessions.begin() as session:
        await events.emit(session, [large])
    publisher = Publisher(stack_settings(place.url, NOBODY_LISTENS))
    for _ in range(2):
        await relay.run_once(place.sessions, publisher, largest=1000)
        assert await letters(place) == [("relay", None)]
        assert (await run(place, "retry", "1")).exit_code == 0
        assert await letters(place) == [("relay", "retried")]
    with embedded.kafka() as brokers:
        publisher = Publisher(stack_settings(place.url, brokers))
        assert await relay.run_once(place.sessions, publisher) == 1
        await publisher.close()
    assert await letters(place) == [("relay", "retried")]
    assert await place.value("SELECT count(*) FROM outbox_state WHERE published_at IS NULL") == 0


async def test_what_the_broker_refused_is_published_also_when_its_row_is_no_longer_kept(place: Place) -> None:
    user = await place.user()
    made = outgoing(EventType.TASK_UPDATED, topic=TASK_EVENTS, user_id=user.user_id, task_id=1, at=NOW, data={})
    async with place.sessions.begin() as session:
        await events.emit(session, [made])
    await relay.run_once(place.sessions, Publisher(stack_settings(place.url, NOBODY_LISTENS)), largest=10)
    await place.run("DELETE FROM outbox")
    assert (await run(place, "retry", "1")).exit_code == 0
    (again,) = await published(place, "task.updated")
    assert (again.value, again.key, again.headers) == (made.value, b"1", ())
    assert await place.column("SELECT event_id FROM outbox") == [made.event_id]


@pytest.mark.parametrize(
    "arguments",
    [
        ("retry",),
        ("retry", "1", "--all"),
        ("retry", "1", "--consumer", "audit"),
        ("retry", "--all", "--consumer", "nobody"),
        ("retry", "one"),
        ("retry", "0"),
        ("show",),
        ("show", str(2**63)),
        ("discard",),
        ("list", "--limit", "0"),
        ("list", "--consumer", "nobody"),
        ("burn", "1"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_said(arguments: tuple[str, ...]) -> None:
    ended = CliRunner(env={"DATABASE_URL": ""}).invoke(app, ["dead-letters", *arguments])
    assert ended.exit_code == USAGE, ended.output


async def test_it_cannot_start_without_a_database_of_this_release(empty_database: str) -> None:
    for url, word in (
        ("", "DATABASE_URL"),
        ("postgresql://x@127.0.0.1:1/x", "does not answer"),
        (empty_database, "run tickler migrate"),
    ):
        ended = await asyncio.to_thread(CliRunner(env={"DATABASE_URL": url}).invoke, app, ["dead-letters", "list"])
        assert ended.exit_code == CANNOT
        assert word in ended.stderr
        assert "Traceback" not in ended.output


def test_there_is_a_name_for_whoever_may_fail() -> None:
    assert {*WORK, relay.NAME} == set(dead_letters.NAMES)
