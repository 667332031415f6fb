"""Working state in its table. The same rules are run on a real Dapr in tests/real/test_dapr_state.py."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pipeline import Place, open_place
from support import stack_settings
from working_state_rules import HOUR, RULES, Rule, new_key, value_of

from api.working_state import InDapr, InTable, working_state_of
from db import clock
from db.working_state import forget_expired


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database, pool_size=10) as place:
        yield place


@pytest.mark.parametrize("rule", RULES)
async def test_the_table_keeps_to(rule: Rule, place: Place) -> None:
    await rule(InTable(place.sessions))


async def test_without_a_store_it_is_in_the_table(place: Place) -> None:
    settings = stack_settings(place.url, "nobody:1")
    assert isinstance(working_state_of(settings, place.sessions), InTable)
    chosen = working_state_of(stack_settings(place.url, "nobody:1", state_store="statestore"), place.sessions)
    assert isinstance(chosen, InDapr)


async def test_rows_whose_time_is_over_are_removed_and_no_others(place: Place) -> None:
    state = InTable(place.sessions)
    kept = new_key()
    await state.put(kept, "kept", etag=None, ttl=HOUR)
    for _ in range(3):
        await state.put(new_key(), "gone", etag=None, ttl=timedelta(seconds=1))
    later = await place.do(clock.now) + timedelta(minutes=1)
    assert await place.do(forget_expired, limit=2, now=later) == 2
    assert await place.do(forget_expired, limit=2, now=later) == 1
    assert await place.column("SELECT key FROM working_state") == [kept]
    assert await value_of(state, kept) == "kept"
