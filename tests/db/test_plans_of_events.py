"""What loops ask of the outbox and the inbox again and again costs what it finds, not what the tables hold."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from pipeline import Place, open_place
from sqlalchemy import TextClause, text

from db import outbox_relay, outbox_settle, progress, pruning
from db.outbox import SHARD, SHARDS
from domain.events import expected_work

SETTLED, WAITING, UNSETTLED = 100_000, 2_000, 2_000
INSTANT = "now() - interval '1 hour' + id * interval '1 ms'"
# The states are made here at once, rather than by the trigger and then marked.
FILL = (
    "SET statement_timeout = 0",
    "ALTER TABLE outbox DISABLE TRIGGER tickler_put",
    f"""
    INSERT INTO outbox (event_id, event_type, topic, key, value)
    SELECT gen_random_uuid(), 'task.created', 'task-events', n, ''
      FROM generate_series(1, {SETTLED + UNSETTLED + WAITING}) AS n""",  # noqa: S608 - constants
    f"""
    INSERT INTO outbox_state (id, shard, shown, published_at, settled_at)
    SELECT id, {SHARD}, false, CASE WHEN id <= {SETTLED + UNSETTLED} THEN {INSTANT} END,
           CASE WHEN id <= {SETTLED} THEN {INSTANT} END
      FROM outbox""",  # noqa: S608 - constants
    "ALTER TABLE outbox ENABLE TRIGGER tickler_put",
    """
    INSERT INTO inbox (event_id, consumer, received_at)
    SELECT event_id, 'audit', state.settled_at FROM outbox JOIN outbox_state AS state USING (id)
     WHERE state.settled_at IS NOT NULL""",
    "VACUUM ANALYZE outbox, outbox_state, inbox",
)
LIMIT = 100
Nodes = list[dict[str, Any]]


@pytest.fixture
async def place(fresh_database: str) -> AsyncIterator[Place]:
    async with open_place(fresh_database) as place:
        async with place.engine.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in FILL:
                await autocommit.exec_driver_sql(statement)
        yield place


def written(value: object) -> str:
    """A value as SQL."""
    match value:
        case list():
            return f"'{{{','.join(map(str, value))}}}'"
        case timedelta():
            return f"interval '{value.total_seconds()} s'"
        case _:
            return f"'{value}'"


async def explain(place: Place, statement: TextClause, **values: object) -> Nodes:
    """The nodes of the executed plan for any values, which PostgreSQL goes over to after a statement's fifth time."""
    compiled = statement.bindparams(**values).compile(
        dialect=place.engine.dialect, compile_kwargs={"render_postcompile": True}
    )
    names = compiled.positiontup
    assert names is not None
    given = ", ".join(written(values[name]) for name in names)
    async with place.engine.connect() as connection:
        for preparing in ("SET LOCAL plan_cache_mode = force_generic_plan", f"PREPARE any_values AS {compiled}"):
            await connection.exec_driver_sql(preparing)
        plan = await connection.scalar(text(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE any_values({given})"))
        await connection.exec_driver_sql("DEALLOCATE any_values")
    found: Nodes = []
    below = [(orjson.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    while below:
        node = below.pop()
        found.append(node)
        below += node.get("Plans", [])
    return found


def read(nodes: Nodes) -> float:
    """How many rows of the tables, or entries of their indexes, were looked at."""
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0))
        * node["Actual Loops"]
        for node in nodes
        if "Scan" in node["Node Type"] and ("Relation Name" in node or "Index Name" in node)
    )


EXPECTED = {
    "types": [kind for kind, _ in expected_work()],
    "consumers": [consumer for _, consumer in expected_work()],
    "limit": LIMIT,
    "age": timedelta(0),
}
EVERY = list(range(SHARDS))
LOOK = {"floors": [0] * SHARDS, "idle_ms": "60000", "most": 4}
AGE = {"before": datetime(2100, 1, 1, tzinfo=UTC), "after": pruning.BEGINNING, "limit": LIMIT}


@pytest.mark.parametrize(
    ("name", "statement", "values", "most"),
    [
        ("settle", outbox_settle.SETTLE, EXPECTED, LIMIT * 10),
        ("take back", outbox_settle.REPUBLISH, EXPECTED, LIMIT * 10),
        ("look for work", outbox_relay.TAKE, {"order": EVERY, **LOOK}, SHARDS + 1),
        (
            "claim",
            outbox_relay.CLAIM,
            {"shards": EVERY[:4], "floors": [0] * 4, "each": 25, "largest": 10**6, "size": 10**7},
            LIMIT * 4,
        ),
        ("mark", outbox_relay.MARK, {"ids": list(range(1, LIMIT))}, LIMIT),
        ("prune the outbox", pruning.OUTBOX, AGE, LIMIT * 4),
        ("prune what was settled before states", pruning.OUTBOX_BEFORE_STATES, AGE, LIMIT),
        ("prune the inbox", pruning.INBOX, AGE, LIMIT * 5),
        # Each waiting and unrecorded event once for the number, and the oldest with their instants.
        ("watch", progress.LOOK, {"most": 100_000, "oldest": LIMIT}, WAITING + UNSETTLED + LIMIT * 3),
        ("prune letters", pruning.LETTERS, AGE, 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_round_reads_no_more_than_its_batch(
    place: Place, name: str, statement: TextClause, values: dict[str, object], most: int
) -> None:
    nodes = await explain(place, statement, **values)
    whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert whole <= {"dead_letters", "outbox_id_seq"}, name
    assert read(nodes) <= most, name
