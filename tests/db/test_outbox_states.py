"""How far an event has come is beside it: the event is written once, and both this and the previous release know."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pipeline import Place, open_place
from sqlalchemy.ext.asyncio import AsyncSession

from db import dead_letters, migrate, outbox, outbox_relay, outbox_settle, pruning
from db.outbox import SHARD, SHARDS, Outgoing
from db.outbox_relay import Floors

# What relay, reconciler, janitor and gateway of the previous release say.
OLD_SEES = "SELECT key FROM outbox WHERE published_at IS NULL ORDER BY id"
OLD_LOCK = "SELECT pg_try_advisory_xact_lock(7425538, shard) FROM generate_series(0, 15) AS shard"
OLD_MARK = "UPDATE outbox SET published_at = clock_timestamp(), attempts = attempts + 1 WHERE key = :key"
OLD_JUDGES = "published_at IS NOT NULL AND settled_at IS NULL AND published_at <= statement_timestamp()"
OLD_SETTLE = f"UPDATE outbox SET settled_at = clock_timestamp() WHERE {OLD_JUDGES}"  # noqa: S608 - constants
OLD_REPUBLISH = f"UPDATE outbox SET published_at = NULL WHERE {OLD_JUDGES}"  # noqa: S608 - constants
OLD_PRUNE = "DELETE FROM outbox WHERE settled_at IS NOT NULL AND settled_at < :before"
OLD_RETRY = """
    UPDATE outbox SET settled_at = NULL, published_at = CASE WHEN :unpublished THEN NULL ELSE clock_timestamp() END
     WHERE event_id = :event_id AND published_at IS NOT NULL
"""
STATES = """
    SELECT key || ' ' || CASE WHEN state.id IS NULL THEN 'without' WHEN state.settled_at IS NOT NULL THEN 'settled'
                              WHEN state.published_at IS NOT NULL THEN 'published' ELSE 'waits' END
      FROM outbox LEFT JOIN outbox_state AS state USING (id) ORDER BY id
"""
LATER = datetime(2100, 1, 1, tzinfo=UTC)
AGE = {"before": LATER, "after": pruning.BEGINNING, "limit": 100}


@pytest.fixture
async def place(empty_database: str) -> AsyncIterator[Place]:
    """A database that no relay of this release has taken over."""
    await migrate.upgrade(empty_database)
    async with open_place(empty_database) as place:
        yield place


def outgoing(key: str, event_type: str = "reminder.scheduled") -> Outgoing:
    """An event that no consumer acts on, unless another type is given."""
    return Outgoing(uuid4(), event_type, "task-events", key, b"{}")


async def put(place: Place, *keys: str) -> None:
    await place.do(outbox.put, [outgoing(key) for key in keys])


async def publish(session: AsyncSession) -> list[str | None]:
    """What a relay of this release publishes now."""
    floors, every = Floors(), list(range(SHARDS))
    shards = await outbox_relay.take_shards(session, every, floors, everything=True, most=99, idle_seconds=60)
    if not shards:
        return []
    claimed = await outbox_relay.claim(session, shards, floors, everything=True, rows=999, size=10**7, largest=10**6)
    await outbox_relay.mark_published(session, [row.id for row in claimed.rows])
    return [row.key for row in claimed.rows]


async def settle(place: Place) -> int:
    return await place.do(outbox_settle.settle, [("task.created", "audit")], limit=100)


async def test_an_events_row_is_written_once(place: Place) -> None:
    await place.do(outbox_relay.take_over)
    await put(place, "a", "b", "c")
    version = "SELECT DISTINCT xmin::text FROM outbox"
    (before,) = await place.column(version)
    assert await place.do(publish) == ["a", "b", "c"]
    assert await place.do(outbox_settle.republish, [("reminder.scheduled", "audit")], limit=1, age=timedelta(0)) == 1
    assert await settle(place) == 2
    assert await place.column(STATES) == ["a waits", "b settled", "c settled"]
    assert await place.column(version) == [before]


async def test_the_shard_in_the_state_is_the_one_of_the_key(place: Place) -> None:
    await place.do(
        outbox.put, [*(outgoing(str(number)) for number in range(100)), Outgoing(uuid4(), "t", "t", None, b"")]
    )
    wrong = f"SELECT count(*) FROM outbox JOIN outbox_state AS state USING (id) WHERE state.shard <> ({SHARD})"  # noqa: S608 - a constant
    assert await place.value(wrong) == 0
    assert await place.value("SELECT count(DISTINCT shard) FROM outbox_state") == SHARDS


async def test_an_event_that_is_rolled_back_or_there_already_leaves_no_state(place: Place) -> None:
    event = outgoing("a")
    await place.do(outbox.put, [event])
    await place.do(outbox.put, [event])
    async with place.sessions() as session:
        await outbox.put(session, [outgoing("b")])
        await session.rollback()
    assert await place.value("SELECT count(*) FROM outbox_state") == 1


async def test_before_the_take_over_both_releases_publish_and_know_of_each_other(place: Place) -> None:
    await put(place, "a", "b")
    assert await place.column(OLD_SEES) == ["a", "b"]
    await place.run(OLD_MARK, key="a")
    assert await place.do(publish) == ["b"]
    assert await place.column(OLD_SEES) == []
    assert await place.column("SELECT attempts FROM outbox UNION ALL SELECT attempts FROM outbox_state") == [1, 1, 1, 1]


async def test_a_shard_of_a_relay_of_the_previous_release_is_left_alone(place: Place) -> None:
    await put(place, "a")
    async with place.sessions.begin() as old:
        connection = await old.connection()
        await connection.exec_driver_sql(OLD_LOCK)
        assert await place.do(publish) == []
        await connection.exec_driver_sql("UPDATE outbox SET published_at = clock_timestamp()")
    assert await place.do(publish) == []


async def test_after_the_take_over_the_previous_release_sees_what_it_saw_before_and_nothing_new(place: Place) -> None:
    await put(place, "old")
    await place.do(outbox_relay.take_over)
    # Whoever puts it: the previous release's statement is the same.
    await put(place, "old", "new")
    assert await place.column(OLD_SEES) == ["old"]
    await place.run(OLD_SETTLE)
    await place.run(OLD_REPUBLISH)
    assert await place.column(STATES) == ["old waits", "old waits", "new waits"]
    assert await place.do(publish) == ["old", "old", "new"]
    assert await place.column(OLD_SEES) == []


async def test_the_take_over_is_known_to_a_transaction_that_has_begun_before(place: Place) -> None:
    """Else an event could be shown to the previous release's relay while an older one of its key waits unseen."""
    async with place.sessions.begin() as session:
        await outbox.put(session, [outgoing("before")])
        await place.do(outbox_relay.take_over)
        await outbox.put(session, [outgoing("after")])
    assert await place.column(OLD_SEES) == ["before"]


async def test_what_reconcilers_of_the_previous_release_decide_is_so(place: Place) -> None:
    await put(place, "a", "b")
    await place.do(publish)
    await place.run(OLD_REPUBLISH)
    assert await place.column(STATES) == ["a waits", "b waits"]
    assert await place.do(publish) == ["a", "b"]
    await place.run(OLD_SETTLE)
    assert await place.column(STATES) == ["a settled", "b settled"]


async def test_what_this_reconciler_decides_the_previous_release_knows(place: Place) -> None:
    await put(place, "a")
    await place.do(publish)
    await place.do(outbox_settle.republish, [("reminder.scheduled", "audit")], limit=9, age=timedelta(0))
    assert await place.column(OLD_SEES) == ["a"]
    await place.run(OLD_MARK, key="a")
    assert await settle(place) == 1
    assert await place.column("SELECT settled_at IS NOT NULL FROM outbox") == [True]


async def test_what_a_janitor_deletes_takes_its_state_along(place: Place) -> None:
    await put(place, "shown")
    await place.do(outbox_relay.take_over)
    await put(place, "hidden", "waits")
    await place.run("UPDATE outbox_state SET published_at = now(), settled_at = now() WHERE id < 3")
    await place.run(OLD_PRUNE, before=LATER)
    assert await place.column(STATES) == ["hidden settled", "waits waits"]
    assert (await place.do(pruning.outbox, **AGE)).gone == 1
    assert await place.column(STATES) == ["waits waits"]
    assert await place.value("SELECT count(*) FROM outbox_state") == 1


BEFORE = """
    INSERT INTO outbox (event_id, event_type, topic, key, value, published_at, settled_at, attempts)
    SELECT gen_random_uuid(), 'reminder.scheduled', 'task-events', key, '', published_at, settled_at, 2
      FROM (VALUES ('waits', NULL, NULL), ('published', now(), NULL), ('settled', now(), now()))
           AS given(key, published_at, settled_at)
"""


@pytest.fixture
async def upgraded(empty_database: str) -> AsyncIterator[Place]:
    """A database with events of the previous release, in each state."""
    await migrate.upgrade(empty_database, "0009")
    async with open_place(empty_database) as place:
        await place.run(BEFORE)
        await migrate.upgrade(empty_database)
        yield place


async def test_what_was_not_settled_before_the_upgrade_goes_on(upgraded: Place) -> None:
    assert await upgraded.column(STATES) == ["waits waits", "published published", "settled without"]
    assert await upgraded.column("SELECT DISTINCT attempts FROM outbox_state WHERE shown") == [2]
    await upgraded.do(outbox_relay.take_over)
    assert await upgraded.do(publish) == ["waits"]
    assert await settle(upgraded) == 2
    assert (await upgraded.do(pruning.outbox_before_states, **AGE)).gone == 3
    assert await upgraded.value("SELECT count(*) FROM outbox_state") == 0


@pytest.mark.parametrize("unpublished", [True, False])
async def test_what_was_settled_before_the_upgrade_can_be_retried_by_either_release(
    upgraded: Place, *, unpublished: bool
) -> None:
    (event_id,) = await upgraded.column("SELECT event_id FROM outbox WHERE key = 'settled'")
    expected = ["waits waits", "published published", "settled waits" if unpublished else "settled published"]
    assert await upgraded.do(dead_letters.watch_again, event_id, unpublished=unpublished)
    assert await upgraded.column(STATES) == expected
    # Else the janitor would take it for settled.
    assert await upgraded.column("SELECT settled_at FROM outbox WHERE key = 'settled'") == [None]
    await upgraded.run("UPDATE outbox SET settled_at = now(), published_at = now() WHERE key = 'settled'")
    assert (await upgraded.column(STATES))[2] == "settled settled"
    await upgraded.run(OLD_RETRY, event_id=event_id, unpublished=unpublished)
    assert await upgraded.column(STATES) == expected


async def test_an_event_of_this_release_is_retried_by_the_previous_one_without_its_attempts_being_forgotten(
    place: Place,
) -> None:
    await place.do(outbox_relay.take_over)
    await put(place, "a")
    await place.run("UPDATE outbox_state SET published_at = now(), settled_at = now(), attempts = 3")
    (event_id,) = await place.column("SELECT event_id FROM outbox")
    await place.run(OLD_RETRY, event_id=event_id, unpublished=True)
    assert await place.rows("SELECT attempts, shown, published_at, settled_at FROM outbox_state") == [
        {"attempts": 3, "shown": True, "published_at": None, "settled_at": None}
    ]


async def test_going_back_the_previous_release_knows_how_far_each_event_has_come(upgraded: Place) -> None:
    await upgraded.do(outbox_relay.take_over)
    await put(upgraded, "new", "new, published", "new, settled")
    await upgraded.run("UPDATE outbox_state SET published_at = now(), attempts = 1 WHERE id IN (5, 6)")
    await upgraded.run("UPDATE outbox_state SET settled_at = now() WHERE id = 6")
    await migrate.downgrade(upgraded.url, "0009")
    rows = await upgraded.rows(
        "SELECT key, published_at IS NULL AS waits, settled_at IS NOT NULL AS settled, attempts FROM outbox ORDER BY id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("waits", True, False, 2), ("published", False, False, 2), ("settled", False, True, 2),
        ("new", True, False, 0), ("new, published", False, False, 1), ("new, settled", False, True, 1),
    ]  # fmt: skip
    assert await upgraded.value("SELECT count(*) FROM outbox WHERE published_at = 'infinity'") == 0
    await migrate.upgrade(upgraded.url)
    assert (await upgraded.column(STATES))[3:] == ["new waits", "new, published published", "new, settled without"]
    # The take-over is the next relay's.
    await put(upgraded, "newest")
    assert await upgraded.column(OLD_SEES) == ["waits", "new", "newest"]
