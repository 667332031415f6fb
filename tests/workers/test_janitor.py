"""The janitor: old events go once nobody can need them any more, in small steps; everything else stays."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pipeline import Place, open_place

from config.retention import RetentionSettings
from db import pruning
from db.pruning import BEGINNING, Pruned
from workers import janitor

NOW = datetime(2026, 6, 1, tzinfo=UTC)
EVENT = "00000000-0000-4000-8000-00000000000"
OUTBOX = """
    INSERT INTO outbox (event_id, event_type, topic, key, value)
    VALUES (CAST(:event AS uuid), 'task.created', 'task-events', '1', '')
"""
STATE = """
    UPDATE outbox_state SET published_at = :published, settled_at = :settled
     WHERE id = (SELECT id FROM outbox WHERE event_id = CAST(:event AS uuid))
"""
INBOX = "INSERT INTO inbox (event_id, consumer, received_at) VALUES (CAST(:event AS uuid), :consumer, :received)"
LETTER = """
    INSERT INTO dead_letters (consumer, topic, partition, "offset", event_id, error, attempts, resolved_at, resolution)
    VALUES ('audit', 'task-events', 0, 1, CAST(:event AS uuid), 'E', 1, CAST(:resolved AS timestamptz),
            CASE WHEN CAST(:resolved AS timestamptz) IS NOT NULL THEN 'retried' END)
"""


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def old(**days: int) -> list[janitor.Table]:
    return janitor.tables(RetentionSettings(**days))


async def put(place: Place, number: int, *, settled: float | None = None, recorded: float | None = None) -> None:
    """An event, settled and recorded so many days ago."""
    at = None if settled is None else ago(settled)
    await place.run(OUTBOX, event=f"{EVENT}{number}")
    await place.run(STATE, event=f"{EVENT}{number}", published=ago(100), settled=at)
    if recorded is not None:
        await record(place, number, recorded)


async def record(place: Place, number: int, days: float, consumer: str = "audit") -> None:
    await place.run(INBOX, event=f"{EVENT}{number}", consumer=consumer, received=ago(days))


async def letter(place: Place, number: int, *, resolved: float | None) -> None:
    await place.run(LETTER, event=f"{EVENT}{number}", resolved=None if resolved is None else ago(resolved))


async def left(place: Place, table: str) -> list[int]:
    return [int(str(each)[-1]) for each in await place.column(f"SELECT event_id FROM {table} ORDER BY event_id")]  # noqa: S608 - our own names


async def test_settled_events_go_after_their_days_and_unsettled_ones_never(place: Place) -> None:
    await put(place, 1, settled=14.1)
    await put(place, 2, settled=13.9)
    await put(place, 3, settled=None)
    assert await janitor.run_once(place.sessions, at=NOW, old=old()) == 1
    assert await left(place, "outbox") == [2, 3]
    assert await janitor.run_once(place.sessions, at=NOW, old=old(outbox_days=8)) == 1
    assert await left(place, "outbox") == [3]


async def test_an_event_with_an_open_dead_letter_stays_with_all_that_is_known_of_it(place: Place) -> None:
    await put(place, 1, settled=60, recorded=60)
    await letter(place, 1, resolved=None)
    assert await janitor.run_once(place.sessions, at=NOW, old=old()) == 0
    await place.run("UPDATE dead_letters SET resolved_at = :at, resolution = 'discarded'", at=ago(1))
    # The inbox remembers as long as the letter is there.
    assert await janitor.run_once(place.sessions, at=NOW, old=old()) == 1
    assert (await left(place, "outbox"), await left(place, "inbox")) == ([], [1])
    await place.run("UPDATE dead_letters SET resolved_at = :at", at=ago(91))
    assert await janitor.run_once(place.sessions, at=NOW, old=old()) == 2
    assert (await left(place, "dead_letters"), await left(place, "inbox")) == ([], [])


async def test_the_inbox_forgets_after_its_days_what_cannot_come_again(place: Place) -> None:
    await record(place, 1, 30.1)
    await record(place, 2, 29.9)
    # One consumer has not recorded it: it will be published again, to this one too.
    await put(place, 3, settled=None, recorded=50)
    # It was settled late, so that its last record may still be in Kafka.
    await put(place, 4, settled=5, recorded=50)
    await put(place, 5, settled=20, recorded=50)
    assert await janitor.run_once(place.sessions, at=NOW, old=old()) == 3
    assert await left(place, "inbox") == [2, 3, 4]
    assert await left(place, "outbox") == [3, 4]


async def test_resolved_dead_letters_go_after_ninety_days_and_open_ones_never(place: Place) -> None:
    await letter(place, 1, resolved=None)
    await place.run('UPDATE dead_letters SET "offset" = 2')
    await letter(place, 2, resolved=89)
    await place.run('UPDATE dead_letters SET "offset" = 3 WHERE "offset" = 1')
    await letter(place, 3, resolved=91)
    assert await janitor.run_once(place.sessions, at=NOW, old=old()) == 1
    assert await left(place, "dead_letters") == [1, 2]


async def test_a_round_has_a_limit_and_what_has_to_stay_does_not_stop_those_after_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(janitor, "PRUNE_BATCH", 2)
    monkeypatch.setattr(janitor, "PRUNE_BATCHES", 2)
    for number in range(10):
        await put(place, number, settled=60 - number)
    for number in range(4):
        await letter(place, number, resolved=None)
        await place.run('UPDATE dead_letters SET "offset" = "offset" + 1')
    tables = old()
    for expected in ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 1, 2, 3, 8, 9], [0, 1, 2, 3]):
        await janitor.run_once(place.sessions, at=NOW, old=tables)
        assert await left(place, "outbox") == expected
    # At the end it begins anew: a letter was resolved in between.
    await place.run("UPDATE dead_letters SET resolved_at = :at, resolution = 'retried'", at=ago(1))
    await janitor.run_once(place.sessions, at=NOW, old=tables)
    await janitor.run_once(place.sessions, at=NOW, old=tables)
    assert await left(place, "outbox") == []


async def test_two_janitors_at_once_do_not_wait_for_each_other(place: Place) -> None:
    for number in range(4):
        await put(place, number, settled=60 - number)
    limits = {"before": NOW, "after": BEGINNING, "limit": 2}
    async with place.sessions.begin() as one, place.sessions.begin() as other:
        assert await pruning.outbox(one, **limits) == Pruned(2, ago(59))
        assert await pruning.outbox(other, **limits) == Pruned(2, ago(57))
    assert await left(place, "outbox") == []
