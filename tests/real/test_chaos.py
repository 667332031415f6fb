"""A short run of the chaos rig (./task chaos): processes, broker, database and networks fail while users work."""

import tempfile
from pathlib import Path

import pytest

from chaos.run import Plan, run
from cli.real_stack import Transport


@pytest.mark.parametrize("transport", ["kafka", "dapr"])
async def test_whatever_fails_nothing_is_lost_or_doubled_or_stuck(transport: Transport) -> None:
    said: list[str] = []
    plan = Plan(seed=1, seconds=40, users=6, replicas=2, transport=transport)
    with tempfile.TemporaryDirectory(prefix="tickler-chaos-") as folder:
        # Started by root, PostgreSQL runs as another user and has to get in.
        place = Path(folder)
        place.chmod(0o755)  # noqa: ASYNC240 - before anything else runs
        result = await run(plan, place, said.append)
    account = "\n".join([*said, *result.ledger.lost, *result.ledger.doubled, *result.ledger.stuck, *result.uncaught])
    assert result.ledger.is_clean, account
    assert not result.uncaught, account
    # That it was a test at all.
    assert result.ledger.counts["commands acknowledged"] > 50
    assert result.ledger.counts["reminders fired"] > 0
    assert result.faults.total() > 5
    assert result.wipes == 1
