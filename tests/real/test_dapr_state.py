"""Working state through a real daprd keeps to the rules of the table, and outlives a sidecar that is started anew."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pipeline import Place
from working_state_rules import HOUR, RULES, Rule, new_key, value_of

from api.working_state import InTable, WorkingState, working_state_of
from cli.real_daprd import Sidecar, sidecar
from cli.real_kafka import Node
from config.settings import Settings
from config.sidecar import SidecarAway
from db import migrate

Through = Callable[..., Settings]


@pytest.fixture(params=["table", "dapr"])
async def state(
    request: pytest.FixtureRequest, place: Place, real_kafka: Node, daprd: Sidecar, through: Through
) -> AsyncIterator[WorkingState]:
    store = "statestore" if request.param == "dapr" else None
    state = working_state_of(through(daprd, real_kafka.address, place.url, state_store=store), place.sessions)
    assert isinstance(state, InTable) is (store is None)
    try:
        yield state
    finally:
        await state.close()


@pytest.mark.parametrize("rule", RULES)
async def test_working_state_keeps_to(rule: Rule, state: WorkingState) -> None:
    await rule(state)


async def test_it_outlives_the_sidecar_and_its_tables_are_no_difference_to_ours(
    place: Place, real_kafka: Node, through: Through, tmp_path: Path
) -> None:
    with sidecar(tmp_path / "daprd", brokers=real_kafka.address, database_url=place.url) as beside:
        state = working_state_of(
            through(beside, real_kafka.address, place.url, state_store="statestore"), place.sessions
        )
        try:
            key = new_key()
            await state.put(key, {"awaits": "yes"}, etag=None, ttl=HOUR)
            beside.stop()
            began = time.monotonic()
            for _ in range(2):
                with pytest.raises(SidecarAway):
                    await state.get(key)
            assert time.monotonic() - began < 10
            beside.start()
            assert await value_of(state, key) == {"awaits": "yes"}
        finally:
            await state.close()
    assert await place.column("SELECT count(*) FROM dapr_state") == [1]
    await migrate.check(place.url)
