"""A real Prometheus on the real stack while users work: panels have data, alerts have none until something fails."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from monitored import Watched, everything, strange_labels, under_load, watched_stack
from support import eventually

from cli.monitoring_rules import alerts


@pytest.fixture(scope="module")
async def watched() -> AsyncIterator[Watched]:
    with tempfile.TemporaryDirectory(prefix="tickler-monitored-") as folder:
        # Started by root, PostgreSQL runs as another user and has to get in.
        Path(folder).chmod(0o755)  # noqa: ASYNC240 - before anything else runs
        async with watched_stack(Path(folder)) as running:
            await under_load(running)
            yield running


async def test_every_query_answers_and_no_alert_does_while_all_is_well(watched: Watched) -> None:
    found = await everything(watched)
    assert [each for each in found if not each.is_right] == []
    # That it was a test at all.
    assert len(found) >= 80


async def test_the_series_of_every_process_have_the_labels_of_the_table(watched: Watched) -> None:
    assert await strange_labels(watched) == []


@pytest.mark.parametrize(("part", "alert"), [("kafka", "TicklerKafkaDown"), ("postgres", "TicklerDatabaseDown")])
async def test_a_part_that_is_away_is_told_and_forgotten_when_it_is_back(
    watched: Watched, part: str, alert: str
) -> None:
    service, pending = watched.stack.services[part], f'ALERTS{{alertname="{alert}"}}'
    service.is_held = True
    service.kill()
    try:
        await eventually(lambda: watched.ask(pending), what=f"{alert} is told", seconds=60)
    finally:
        service.is_held = False

    async def is_over() -> bool:
        return not await watched.ask(pending) and not await watched.ask(alerts()[alert]["expr"])

    await eventually(is_over, what=f"{alert} is over", seconds=120)
