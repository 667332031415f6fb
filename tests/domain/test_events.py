"""Events: what is written is read again, and what is none says why."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import SpanKind

from domain.events import (
    CONSUMERS,
    TASK_EVENTS,
    BadRecordError,
    Event,
    EventType,
    event_id_of,
    expected_work,
    outgoing,
    parse,
    reminder_due_id,
)
from domain.trace import Span

AT = datetime(2027, 1, 4, 12, 0, 0, 5, tzinfo=UTC)
BODY = {
    "event_id": "7b2c0000-0000-4000-8000-000000000001",
    "event_type": "task.created",
    "timestamp": "2027-01-04T12:00:00.000005Z",
    "user_id": "7",
    "task_id": 9,
    "data": {"title": "Tea"},
}
GOOD = Event(UUID(BODY["event_id"]), "task.created", AT, 7, 9, {"title": "Tea"}, None)


def record(**changes: Any) -> bytes:
    """A record whose body has these changes; `...` takes a field out."""
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not ...}
    return orjson.dumps({"specversion": "1.0", "data": body})


def test_what_is_written_is_read_again() -> None:
    identity = uuid4()
    with Span("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a change", SpanKind.SERVER):
        sent = outgoing(
            EventType.TASK_COMPLETED,
            topic=TASK_EVENTS,
            user_id=7,
            task_id=9,
            at=AT.astimezone(timezone(timedelta(hours=5))),
            data={"title": "Tea"},
            event_id=identity,
        )
    assert (sent.event_id, sent.event_type, sent.topic, sent.key) == (identity, "task.completed", "task-events", "9")
    assert parse(sent.value) == Event(
        identity,
        "task.completed",
        AT,
        7,
        9,
        {"title": "Tea"},
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    envelope = orjson.loads(sent.value)
    assert {name: envelope[name] for name in ("specversion", "id", "source", "type", "subject", "time")} == {
        "specversion": "1.0",
        "id": str(identity),
        "source": "tickler",
        "type": "task.completed",
        "subject": "task/9",
        "time": "2027-01-04T12:00:00.000005Z",
    }
    assert (envelope["id"], envelope["time"]) == (envelope["data"]["event_id"], envelope["data"]["timestamp"])


def test_unknown_types_and_fields_are_no_fault() -> None:
    assert parse(record()) == GOOD
    assert parse(record(more={"x": 1})) == GOOD
    assert parse(record(event_type="task.painted")).type == "task.painted"
    assert parse(record(timestamp="2027-01-04T13:00:00.000005+01:00")) == GOOD


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (None, "no value"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"null", "CloudEvents"),
        (b"[]", "CloudEvents"),
        (b'"x"', "CloudEvents"),
        (b"{}", "CloudEvents"),
        (b'{"data": []}', "CloudEvents"),
        (b'{"data": {}}', "specversion"),
        (b'{"specversion": "1.0", "data": {}}', "event_id"),
        *(
            (orjson.dumps({"specversion": version, "data": BODY}), "CloudEvents 1.x")
            for version in (None, 1, "2.0", "")
        ),
        *((record(**{field: ...}), field) for field in BODY),
        *((record(**{field: None}), field) for field in BODY),
        (record(event_id="x"), "UUID"),
        (record(event_id=7), "event_id"),
        (record(timestamp="yesterday"), "yesterday"),
        (record(timestamp="2027-02-30T00:00:00Z"), "day"),
        (record(timestamp="2027-01-04T12:00:00"), "offset"),
        (record(user_id=7), "user_id"),
        (record(user_id="seven"), "user_id"),
        (record(user_id="0"), "user_id"),
        (record(user_id=str(2**63)), "user_id"),
        (record(task_id="9"), "task_id"),
        (record(task_id=0), "task_id"),
        (record(task_id=-1), "task_id"),
        (record(task_id=True), "task_id"),
        (record(task_id=9.5), "task_id"),
        (record(task_id=2**63), "task_id"),
        (record(data=[]), "data.data"),
        (record(data="x"), "data.data"),
    ],
)
def test_a_record_that_is_no_event_says_why(value: bytes | None, word: str) -> None:
    with pytest.raises(BadRecordError, match=word):
        parse(value)


def test_a_traceparent_that_is_no_text_is_left_out() -> None:
    for traceparent in (None, 5, {}):
        assert parse(orjson.dumps({"specversion": "1.1", "data": BODY, "traceparent": traceparent})) == GOOD


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.binary()
    | _json.map(orjson.dumps)
    | st.dictionaries(st.sampled_from(sorted(BODY)), _json).map(lambda d: record(**d))
)
def test_any_bytes_are_an_event_or_a_bad_record(value: bytes) -> None:
    try:
        event = parse(value)
    except BadRecordError:
        return
    assert event.user_id > 0 < event.task_id
    assert event.at.tzinfo is not None


def test_one_reminder_at_one_instant_is_one_event() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=-3)))
    assert reminder_due_id(1, AT) == reminder_due_id(1, elsewhere)
    assert (
        len({reminder_due_id(1, AT), reminder_due_id(2, AT), reminder_due_id(1, AT + timedelta(microseconds=1))}) == 3
    )


def test_every_consumers_work_is_expected_once() -> None:
    work = expected_work()
    assert len(work) == len(set(work))
    assert {consumer for _, consumer in work} == set(CONSUMERS)
    assert ("task.created", "reminders") in work
    assert ("reminder.due", "notifications") in work
    assert not {kind for kind, consumer in work if consumer == "recurrence"} - {"task.completed", "task.skipped"}


def test_the_id_of_a_record_is_found_however_damaged_the_rest_is() -> None:
    for value in (record(), record(task_id=0), record(data=...), record(timestamp="2027-01-04T12:00:00")):
        assert event_id_of(value) == GOOD.id
    for value in (None, b"", b"{}", record(event_id="x"), record(event_id=...)):
        assert event_id_of(value) is None
