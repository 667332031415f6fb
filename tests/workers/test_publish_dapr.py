"""What is sent through Dapr together and what after each other. That it arrives is tested on a real one: tests/real."""

import itertools

import pytest
from aiokafka.partitioner import DefaultPartitioner

from db.outbox import Unpublished
from domain.events import TASK_EVENTS, TASK_UPDATES
from workers import dapr_bus, publish_dapr

_ids = itertools.count(1)


def row(value: bytes | None = b"{}", key: str | None = "1", topic: str = TASK_EVENTS, **headers: str) -> Unpublished:
    return Unpublished(next(_ids), topic, key, value, headers)


def test_a_key_is_once_in_a_round_and_rounds_are_in_order() -> None:
    rows = [row(f"{n}".encode(), key) for n, key in enumerate(["a", "b", "a", None, None, "a", "b"])]
    found = [[each.value for each in round_] for round_ in publish_dapr.rounds(rows)]
    assert found == [[b"0", b"1", b"3", b"4"], [b"2", b"6"], [b"5"]]


def test_the_same_key_on_two_topics_is_two_keys() -> None:
    rows = [row(key="a"), row(key="a", topic=TASK_UPDATES)]
    assert publish_dapr.rounds(rows) == [rows]


def test_a_call_has_one_topic_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_dapr, "CALL_RECORDS", 3)
    monkeypatch.setattr(publish_dapr, "CALL_BYTES", 10)
    rows = [row(b"1"), row(b"2", topic=TASK_UPDATES), row(b"345"), row(b"6" * 9), row(b"7" * 99), row(None)]
    found = [[each.value for each in call] for call in publish_dapr.calls(rows)]
    assert found == [[b"1", b"345"], [b"6" * 9], [b"7" * 99], [None], [b"2"]]


@pytest.mark.parametrize("key", ["1", "123456789", "", "Schlüssel ☂", "x" * 1000])
def test_a_key_belongs_where_the_direct_producer_puts_it(key: str) -> None:
    assert dapr_bus.partition(key, 12) == DefaultPartitioner()(key.encode(), list(range(12)), [])


@pytest.mark.parametrize(
    ("given", "is_carried"),
    [
        (row(b"{}"), True),
        (row(None), True),
        (row(b"{}", error="any", attempts="5"), True),
        (row(b""), False),
        (row(b"null"), False),
        (row(b"{}", TTLInSeconds="1"), False),
        (row(b"{}", partitionKey="2"), False),
    ],
)
def test_what_dapr_would_change_is_known(given: Unpublished, is_carried: bool) -> None:
    assert dapr_bus.is_carried(given) is is_carried
