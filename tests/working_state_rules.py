"""What working state keeps to, wherever it is kept: each rule is run on the table, and on a real Dapr in tests/real."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from support import eventually

from api.working_state import MOST_BYTES, WorkingState, key_of
from domain.actors import Actor
from domain.errors import Conflict, Invalid

Rule = Callable[[WorkingState], Awaitable[None]]
HOUR = timedelta(hours=1)
_conversations = itertools.count(1)


def new_key(user_id: int = 1) -> str:
    return key_of(Actor(user_id, "UTC"), next(_conversations), "listed")


async def put(state: WorkingState, key: str, value: Any) -> str:
    """Writes where nothing is; returns the etag."""
    await state.put(key, value, etag=None, ttl=HOUR)
    return await etag_of(state, key)


async def etag_of(state: WorkingState, key: str) -> str:
    found = await state.get(key)
    assert found is not None
    return found.etag


async def value_of(state: WorkingState, key: str) -> Any:
    found = await state.get(key)
    return None if found is None else found.value


async def what_is_put_is_got_as_it_was(state: WorkingState) -> None:
    value = {"tasks": [1, 2**53 + 1], "text": 'ü ☂ "quoted" <b>', "none": None, "half": 0.5, "no": [], "yes": True}
    key = new_key()
    await put(state, key, value)
    assert await value_of(state, key) == value


async def what_is_not_there_is_none(state: WorkingState) -> None:
    assert await state.get(new_key()) is None
    await state.delete(new_key())


async def a_value_of_null_or_nothing_is_there(state: WorkingState) -> None:
    for value in (None, [], 0, ""):
        key = new_key()
        await put(state, key, value)
        found = await state.get(key)
        assert found is not None
        assert found.value == value


async def each_change_needs_the_present_etag(state: WorkingState) -> None:
    key = new_key()
    first = await put(state, key, 1)
    await state.put(key, 2, etag=first, ttl=HOUR)
    second = await etag_of(state, key)
    assert second != first
    with pytest.raises(Conflict):
        await state.put(key, 3, etag=first, ttl=HOUR)
    with pytest.raises(Conflict):
        await state.delete(key, etag=first)
    assert await value_of(state, key) == 2
    await state.delete(key, etag=second)
    assert await state.get(key) is None


async def without_an_etag_only_where_nothing_is(state: WorkingState) -> None:
    key = new_key()
    await put(state, key, 1)
    with pytest.raises(Conflict):
        await state.put(key, 2, etag=None, ttl=HOUR)
    assert await value_of(state, key) == 1
    await state.delete(key)
    await put(state, key, 3)
    assert await value_of(state, key) == 3


async def an_etag_of_what_is_gone_or_of_nothing_is_a_conflict(state: WorkingState) -> None:
    key = new_key()
    gone = await put(state, key, 1)
    await state.delete(key)
    for etag in (gone, "not an etag", ""):
        with pytest.raises(Conflict):
            await state.put(key, 2, etag=etag, ttl=HOUR)
        with pytest.raises(Conflict):
            await state.delete(key, etag=etag)
    assert await state.get(key) is None


async def of_several_at_once_one_wins(state: WorkingState) -> None:
    key = new_key()
    etag: str | None = None
    for _ in range(2):
        tries = [state.put(key, number, etag=etag, ttl=HOUR) for number in range(8)]
        found = await asyncio.gather(*tries, return_exceptions=True)
        losers = [each for each in found if each is not None]
        assert len(losers) == 7
        assert all(isinstance(each, Conflict) for each in losers), losers
        assert await value_of(state, key) == found.index(None)
        etag = await etag_of(state, key)


async def it_ends_with_its_time_and_its_key_is_free_then(state: WorkingState) -> None:
    key = new_key()
    await state.put(key, 1, etag=None, ttl=timedelta(seconds=1))
    etag = await etag_of(state, key)

    async def is_gone() -> bool:
        return await state.get(key) is None

    await eventually(is_gone, what="the end of its time")
    with pytest.raises(Conflict):
        await state.put(key, 2, etag=etag, ttl=HOUR)
    await put(state, key, 3)
    assert await value_of(state, key) == 3


async def a_new_time_is_counted_from_the_change(state: WorkingState) -> None:
    key = new_key()
    await state.put(key, 1, etag=None, ttl=timedelta(seconds=1))
    await state.put(key, 2, etag=await etag_of(state, key), ttl=HOUR)
    short = new_key()
    await state.put(short, 0, etag=None, ttl=timedelta(seconds=1))

    async def is_gone() -> bool:
        return await state.get(short) is None

    await eventually(is_gone, what="the end of a later one")
    assert await value_of(state, key) == 2


async def another_users_conversation_is_another_key(state: WorkingState) -> None:
    mine, theirs = key_of(Actor(1, "UTC"), 7_000_000, "yes?"), key_of(Actor(2, "UTC"), 7_000_000, "yes?")
    await put(state, mine, "mine")
    assert await state.get(theirs) is None
    assert key_of(Actor(1, "UTC"), 12, "x") != key_of(Actor(11, "UTC"), 2, "x")
    await state.delete(mine)


async def what_is_too_large_or_for_too_long_is_refused(state: WorkingState) -> None:
    key = new_key()
    with pytest.raises(Invalid):
        await state.put(key, "x" * MOST_BYTES, etag=None, ttl=HOUR)
    for ttl in (timedelta(0), timedelta(seconds=-1), timedelta(days=2)):
        with pytest.raises(Invalid):
            await state.put(key, 1, etag=None, ttl=ttl)
    assert await state.get(key) is None


RULES: list[Rule] = [
    what_is_put_is_got_as_it_was,
    what_is_not_there_is_none,
    a_value_of_null_or_nothing_is_there,
    each_change_needs_the_present_etag,
    without_an_etag_only_where_nothing_is,
    an_etag_of_what_is_gone_or_of_nothing_is_a_conflict,
    of_several_at_once_one_wins,
    it_ends_with_its_time_and_its_key_is_free_then,
    a_new_time_is_counted_from_the_change,
    another_users_conversation_is_another_key,
    what_is_too_large_or_for_too_long_is_refused,
]
