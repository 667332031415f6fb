"""What relays take from the outbox: each shard is one relay's at a time, its rows are the oldest, and none is left."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pipeline import Place, open_place
from sqlalchemy.ext.asyncio import AsyncSession
from support import eventually

from db import outbox, outbox_relay
from db.outbox import SHARD, SHARDS, Outgoing
from db.outbox_relay import Claim, Floors

ALL = list(range(SHARDS))


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        yield place


def outgoing(key: str | None = "1", value: bytes | None = b"{}", **headers: str) -> Outgoing:
    return Outgoing(uuid4(), "task.created", "task-events", key, value, headers)


async def take(
    session: AsyncSession, floors: Floors | None = None, *, everything: bool = False, most: int = SHARDS
) -> list[int]:
    return await outbox_relay.take_shards(
        session, ALL, floors or Floors(), everything=everything, most=most, idle_seconds=60
    )


async def claim(session: AsyncSession, *, rows: int = 500, size: int = 10**9, largest: int = 10**6) -> Claim:
    floors = Floors()
    shards = await take(session, floors)
    if not shards:
        return Claim([], {}, {})
    return await outbox_relay.claim(session, shards, floors, everything=False, rows=rows, size=size, largest=largest)


async def keys(place: Place, **limits: int) -> list[str | None]:
    return [row.key for row in (await place.do(claim, **limits)).rows]


async def one_shard(place: Place, count: int) -> list[str]:
    """Keys that are in one shard."""
    return await place.column(
        f"SELECT key FROM (SELECT n::text AS key FROM generate_series(1, {count * 40}) AS n) AS keys"  # noqa: S608 - constants
        f" WHERE ({SHARD}) = 3 LIMIT {count}"
    )


async def test_rows_are_claimed_oldest_first_and_up_to_the_limit(place: Place) -> None:
    names = await one_shard(place, 5)
    await place.do(outbox.put, [outgoing(name) for name in names])
    claimed = (await place.do(claim, rows=3)).rows
    assert [row.key for row in claimed] == names[:3]
    await place.do(outbox_relay.mark_published, [row.id for row in claimed])
    assert await keys(place, rows=3) == names[3:]
    assert await place.column("SELECT attempts FROM outbox_state ORDER BY id") == [1, 1, 1, 0, 0]


async def test_what_is_claimed_is_what_was_put(place: Place) -> None:
    await place.do(outbox.put, [outgoing("ü", None, error="☂"), outgoing(None, b"\x00\xff"), outgoing(None, None)])
    rows = (await place.do(claim)).rows
    assert [(row.topic, row.key, row.value, row.headers) for row in rows] == [
        ("task-events", "ü", None, {"error": "☂"}), ("task-events", None, b"\x00\xff", {}),
        ("task-events", None, None, {}),
    ]  # fmt: skip


async def test_every_row_is_in_one_of_the_shards_and_those_of_a_key_in_the_same(place: Place) -> None:
    await place.do(outbox.put, [outgoing(str(number % 300)) for number in range(900)] + [outgoing(None)])
    counted = f"SELECT key, count(DISTINCT ({SHARD})) AS n, min(({SHARD})) AS shard FROM outbox GROUP BY 1"  # noqa: S608 - a constant
    shards = await place.rows(counted)
    assert {row["n"] for row in shards} == {1}
    assert {row["shard"] for row in shards} == set(ALL)
    assert len(await keys(place, rows=10_000)) == 901


async def test_a_shard_is_one_relays_until_its_transaction_ends(place: Place) -> None:
    await place.do(outbox.put, [outgoing(str(number)) for number in range(400)])
    async with place.sessions.begin() as one, place.sessions.begin() as other:
        mine, others = await take(one, most=10), await take(other)
        assert (len(mine), len(others)) == (10, 6)
        assert set(mine) | set(others) == set(ALL)
        await other.rollback()
        # What has ended, however, is free at once.
        assert set(await place.do(take)) == set(others)


async def test_only_shards_with_work_are_taken(place: Place) -> None:
    assert await place.do(take) == []
    await place.do(outbox.put, [outgoing(name) for name in await one_shard(place, 2)])
    assert await place.do(take) == [3]


async def test_a_relay_sees_what_the_one_before_has_published(place: Place) -> None:
    await place.do(outbox.put, [outgoing() for _ in range(4)])
    async with place.sessions.begin() as session:
        first = await claim(session, rows=2)
        assert await keys(place) == []
        await outbox_relay.mark_published(session, [row.id for row in first.rows])
    ids = [row.id for row in (await place.do(claim)).rows]
    assert (ids, [row.id for row in first.rows]) == ([3, 4], [1, 2])


async def test_a_relay_that_is_silent_for_too_long_loses_its_shards(place: Place) -> None:
    await place.do(outbox.put, [outgoing()])
    async with place.engine.connect() as connection:
        session = AsyncSession(connection)
        (shard,) = await outbox_relay.take_shards(session, ALL, Floors(), everything=False, most=1, idle_seconds=0.2)
        await eventually(lambda: place.do(take), what="another relay to get the shard")
        assert await place.do(take) == [shard]
        await connection.invalidate()


async def test_a_row_whose_transaction_commits_late_is_not_passed_over(place: Place) -> None:
    async with place.sessions.begin() as late:
        await outbox.put(late, [outgoing("late")])
        await place.do(outbox.put, [outgoing("early")])
        claimed = (await place.do(claim)).rows
        assert [row.key for row in claimed] == ["early"]
        await place.do(outbox_relay.mark_published, [row.id for row in claimed])
    assert await keys(place) == ["late"]


async def test_a_claim_is_bounded_by_bytes_and_holds_one_row_at_least(place: Place) -> None:
    await place.do(outbox.put, [outgoing("1", bytes(900_000)) for _ in range(4)])
    assert len((await place.do(claim, size=2_000_000)).rows) == 3
    assert len((await place.do(claim, size=1)).rows) == 1


async def test_what_is_too_large_is_told_of_and_not_read(place: Place) -> None:
    await place.do(outbox.put, [outgoing("1", bytes(1_001)), outgoing("1", bytes(1_000)), outgoing("1", None)])
    claimed = await place.do(claim, largest=1_000, size=1_500)
    assert claimed.too_large == {1: 1_001}
    assert [row.id for row in claimed.rows] == [2, 3]


async def test_what_is_buried_is_a_dead_letter_and_done_with(place: Place) -> None:
    event = outgoing("7", b"\x00large", reason="a ☂")
    await place.do(outbox.put, [event])
    await place.do(outbox_relay.bury, "relay", {1: "too large"})
    (letter,) = await place.rows("SELECT * FROM dead_letters")
    expected = {
        "consumer": "relay", "topic": "task-events", "partition": -1, "offset": 1, "event_id": event.event_id,
        "key": b"7", "value": b"\x00large", "headers": {"reason": "a ☂"}, "error": "too large", "attempts": 1,
        "resolved_at": None,
    }  # fmt: skip
    assert {name: letter[name] for name in expected} == expected
    assert await place.column("SELECT published_at IS NOT NULL AND settled_at IS NOT NULL FROM outbox_state") == [True]
    assert await keys(place) == []


async def test_a_letter_that_was_retried_and_is_refused_again_is_open_again(place: Place) -> None:
    await place.do(outbox.put, [outgoing()])
    await place.do(outbox_relay.bury, "relay", {1: "too large"})
    await place.run("UPDATE dead_letters SET resolved_at = now(), resolution = 'retried'")
    await place.run("UPDATE outbox_state SET published_at = NULL, settled_at = NULL")
    await place.do(outbox_relay.bury, "relay", {1: "still too large"})
    rows = await place.rows("SELECT error, attempts, resolved_at, resolution FROM dead_letters")
    assert [tuple(row.values()) for row in rows] == [("still too large", 2, None, None)]
