"""Migrations on real rows: phase 3 becomes phase 5 and back, and nothing that anybody wrote is lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from phase_rows import PHASE_3, PHASE_5

from db import migrate
from db.engine import libpq_url
from db.tables import Base

Snapshot = dict[str, list[dict[str, Any]]]
PHASE_3_TABLES = ("users", "tasks", "conversations", "messages")

_SCHEMA = """
    SELECT 'column', format('%s.%s %s %s %s %s', table_name, column_name, data_type, character_maximum_length,
                            is_nullable, coalesce(column_default, is_identity)) FROM information_schema.columns
     WHERE table_schema = 'public'
     UNION ALL SELECT 'constraint', format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
     UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT 'sequence', format('%s %s %s', sequencename, data_type, max_value) FROM pg_sequences
     WHERE schemaname = 'public'
     ORDER BY 1, 2
"""


@pytest.fixture
async def connection(empty_database: str) -> AsyncIterator[asyncpg.Connection]:
    # A prepared statement would not outlive a migration that changes what it reads.
    connection = await asyncpg.connect(
        libpq_url(empty_database), statement_cache_size=0, server_settings={"timezone": "UTC"}
    )
    yield connection
    await connection.close()


async def snapshot(connection: asyncpg.Connection, tables: tuple[str, ...] = ()) -> Snapshot:
    """Every value of every row, as text."""
    names = tables or tuple(Base.metadata.tables)
    found: Snapshot = {}
    for name in names:
        rows = await connection.fetch(f'SELECT * FROM "{name}" AS t ORDER BY t::text')  # noqa: S608 - our own names
        found[name] = [dict(row) for row in rows]
    return found


async def schema(connection: asyncpg.Connection) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in await connection.fetch(_SCHEMA)]


async def revision(connection: asyncpg.Connection) -> str:
    return str(await connection.fetchval("SELECT version_num FROM alembic_version"))


def by_id(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in rows}


async def test_upgrading_keeps_every_value_of_phase_3(empty_database: str, connection: asyncpg.Connection) -> None:
    await migrate.upgrade(empty_database, "0001")
    await connection.execute(PHASE_3)
    before = await snapshot(connection, PHASE_3_TABLES)
    await migrate.upgrade(empty_database)
    after = await snapshot(connection, PHASE_3_TABLES)
    for table in PHASE_3_TABLES:
        assert len(after[table]) == len(before[table])
        new = by_id(after[table])
        for row in before[table]:
            expected = {
                # Phase 3 wrote UTC without saying so.
                name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
                for name, value in row.items()
            }
            if table == "tasks":
                completed = expected.pop("completed")
                expected["status"] = "completed" if completed else "open"
                expected["completed_at"] = expected["updated_at"] if completed else None
                expected["description"] = expected["description"] or ""
                expected["title"] = expected["title"] if expected["title"].strip() else "Untitled"
            assert {name: new[row["id"]][name] for name in expected} == expected


async def test_a_task_of_phase_3_is_a_plain_one_in_phase_5(empty_database: str, connection: asyncpg.Connection) -> None:
    await migrate.upgrade(empty_database, "0001")
    await connection.execute(PHASE_3)
    await migrate.upgrade(empty_database)
    rows = await connection.fetch(
        "SELECT DISTINCT priority, due_date, all_day, time_zone, reminder_minutes, is_recurring, recurrence_rule,"
        " parent_task_id, occurrence, version, deleted_at FROM tasks"
    )
    assert [tuple(row) for row in rows] == [(0, None, False, "UTC", [], False, None, None, 1, 1, None)]
    found = await connection.fetchval("SELECT array_agg(id) FROM tasks WHERE search @@ to_tsquery('simple', 'milk')")
    assert found == [1]


async def test_downgrading_shows_phase_3_everything_it_has_a_place_for(
    empty_database: str, connection: asyncpg.Connection
) -> None:
    await migrate.upgrade(empty_database)
    await connection.execute(PHASE_5)
    before = await snapshot(connection, PHASE_3_TABLES)
    await migrate.downgrade(empty_database, "0001")
    after = await snapshot(connection, PHASE_3_TABLES)
    for table in PHASE_3_TABLES:
        old = by_id(before[table])
        assert len(after[table]) == len(old)
        for row in after[table]:
            for name, value in row.items():
                if name == "completed":
                    assert value == (old[row["id"]]["status"] != "open")
                elif isinstance(value, datetime):
                    assert value.replace(tzinfo=UTC) == old[row["id"]][name]
                else:
                    assert value == old[row["id"]][name]


async def test_going_back_and_forth_restores_every_row_and_column_of_phase_5(
    empty_database: str, connection: asyncpg.Connection
) -> None:
    await migrate.upgrade(empty_database)
    await connection.execute(PHASE_5)
    before, tables = await snapshot(connection), await schema(connection)
    empty = [name for name, rows in before.items() if not rows]
    assert empty == [], "every table has rows to lose"
    for _ in range(2):
        await migrate.downgrade(empty_database, "0001")
        await migrate.upgrade(empty_database)
    assert await snapshot(connection) == before
    assert await schema(connection) == tables
    await migrate.check(empty_database)


async def test_what_phase_3_changed_in_between_is_newer_and_wins(
    empty_database: str, connection: asyncpg.Connection
) -> None:
    await migrate.upgrade(empty_database)
    await connection.execute(PHASE_5)
    before = by_id((await snapshot(connection, ("tasks",)))["tasks"])
    await migrate.downgrade(empty_database, "0001")
    await connection.execute("""
        UPDATE tasks SET completed = true, updated_at = '2026-05-01 10:00' WHERE id = 21;
        UPDATE tasks SET completed = false, updated_at = '2026-05-01 11:00' WHERE id IN (22, 25);
        UPDATE tasks SET title = 'Renamed', description = NULL, updated_at = '2026-05-01 12:00' WHERE id = 24;
        DELETE FROM tasks WHERE id = 20;
        INSERT INTO tasks (user_id, title, completed) VALUES (11, 'New in phase 3', true);
        INSERT INTO users (email, name) VALUES ('new@example.com', 'New');
    """)
    await migrate.upgrade(empty_database)
    await migrate.check(empty_database)
    after = by_id((await snapshot(connection, ("tasks",)))["tasks"])
    assert sorted(after) == [21, 22, 23, 24, 25, 26]
    instant = datetime(2026, 5, 1, tzinfo=UTC)
    ours = {
        21: {"status": "completed", "completed_at": instant.replace(hour=10), "parent_task_id": None},
        22: {"status": "open"},
        23: {},
        24: {"title": "Renamed", "description": ""},
        25: {"status": "open", "completed_at": None},
    }
    for task_id, changed in ours.items():
        expected = {**before[task_id], **changed}
        for name in ("updated_at", "search"):
            expected[name] = after[task_id][name]
        assert after[task_id] == expected
    assert (after[26]["title"], after[26]["status"]) == ("New in phase 3", "completed")
    # What belonged to the deleted task went with it, or stays where its history is kept.
    assert await connection.fetchval("SELECT array_agg(id ORDER BY id) FROM reminders") == [41, 42, 43]
    assert await connection.fetchval("SELECT count(*) FROM notifications WHERE task_id IS NULL") == 2
    assert await connection.fetchval("SELECT count(*) FROM audit_log WHERE task_id = 20") == 1
    assert await connection.fetchval("SELECT array_agg(task_id ORDER BY task_id) FROM task_tags") == [21, 24, 25]


async def test_addresses_that_differ_in_case_only_are_refused_and_nothing_is_changed(
    empty_database: str, connection: asyncpg.Connection
) -> None:
    await migrate.upgrade(empty_database, "0001")
    await connection.execute(PHASE_3)
    await connection.execute(
        "INSERT INTO users (id, email, name) VALUES (7, 'ADA@example.com', 'A'), (8, 'Ünï@x.de', 'U')"
    )
    before, tables = await snapshot(connection, PHASE_3_TABLES), await schema(connection)
    with pytest.raises(
        migrate.MigrationError, match=r"same e-mail address but for upper and lower case: 1, 7\..*another address"
    ):
        await migrate.upgrade(empty_database)
    assert await revision(connection) == "0001"
    assert await snapshot(connection, PHASE_3_TABLES) == before
    assert await schema(connection) == tables
    await connection.execute("UPDATE users SET email = 'other@example.com' WHERE id = 7")
    await migrate.upgrade(empty_database)
    assert await revision(connection) == migrate.head()


async def test_an_upgrade_that_fails_half_way_changes_nothing(
    empty_database: str, connection: asyncpg.Connection
) -> None:
    await migrate.upgrade(empty_database, "0004")
    # What migration 0011 wants to make is there already: six others have run by then.
    await connection.execute("CREATE INDEX ix_tasks_user_titles ON tasks (id)")
    before = await schema(connection)
    with pytest.raises(migrate.MigrationError, match="ix_tasks_user_titles"):
        await migrate.upgrade(empty_database)
    assert (await revision(connection), await schema(connection)) == ("0004", before)
    await connection.execute("DROP INDEX ix_tasks_user_titles")
    await migrate.upgrade(empty_database)
    assert await revision(connection) == migrate.head()


async def test_the_schema_after_a_downgrade_is_the_one_of_phase_3(
    empty_database: str, connection: asyncpg.Connection
) -> None:
    await migrate.upgrade(empty_database, "0001")
    tables = await schema(connection)
    await migrate.upgrade(empty_database)
    await migrate.downgrade(empty_database, "0001")
    assert await schema(connection) == tables
    await migrate.downgrade(empty_database, "base")
    assert await connection.fetchval(
        "SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'public'"
    ) == ["alembic_version"]
    kept = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tickler%'"
    assert await connection.fetchval(kept) == 0


async def test_tables_and_migrations_agree(fresh_database: str) -> None:
    await migrate.check(fresh_database)


async def test_two_upgrades_at_once_are_one(empty_database: str, connection: asyncpg.Connection) -> None:
    await migrate.upgrade(empty_database, "0001")
    await connection.execute(PHASE_3)
    await asyncio.gather(*(migrate.upgrade(empty_database) for _ in range(3)))
    assert await revision(connection) == migrate.head()
    assert await connection.fetchval("SELECT count(*) FROM tasks") == 6
    await migrate.check(empty_database)


async def test_upgrading_what_is_at_head_changes_nothing(empty_database: str, connection: asyncpg.Connection) -> None:
    await migrate.upgrade(empty_database)
    await connection.execute(PHASE_5)
    before = await snapshot(connection)
    await migrate.upgrade(empty_database)
    assert await snapshot(connection) == before


async def test_no_id_is_given_twice_whatever_was_migrated_and_deleted(
    empty_database: str, connection: asyncpg.Connection
) -> None:
    await migrate.upgrade(empty_database)
    await connection.execute(PHASE_5)
    await connection.execute("DELETE FROM tasks WHERE id = 25; DELETE FROM outbox; DELETE FROM messages")
    await migrate.downgrade(empty_database, "0001")
    in_phase_3 = await connection.fetchval("INSERT INTO tasks (user_id, title) VALUES (10, 'x') RETURNING id")
    await migrate.upgrade(empty_database)
    in_phase_5 = await connection.fetchval("INSERT INTO tasks (user_id, title) VALUES (10, 'x') RETURNING id")
    assert (in_phase_3, in_phase_5) == (26, 27)
    outbox = "INSERT INTO outbox (event_id, event_type, topic, key, value) VALUES (gen_random_uuid(), '', '', '', '')"
    assert await connection.fetchval(f"{outbox} RETURNING id") == 75
    message = "INSERT INTO messages (conversation_id, user_id, role, content) VALUES (90, 11, 'user', '')"
    assert await connection.fetchval(f"{message} RETURNING id") == 94


async def test_an_all_day_task_of_today_becomes_overdue_when_its_day_is_over_after_the_migration_too(
    empty_database: str, connection: asyncpg.Connection
) -> None:
    await migrate.upgrade(empty_database, "0004")
    await connection.execute("""
        INSERT INTO users (id, email, name) VALUES (1, 'a@example.com', 'A');
        INSERT INTO tasks (id, user_id, title, due_date, all_day) VALUES
            (1, 1, 'today', date_trunc('day', now()), true),
            (2, 1, 'yesterday', date_trunc('day', now()) - interval '1 day', true),
            (3, 1, 'in an hour', now() + interval '1 hour', false),
            (4, 1, 'an hour ago', now() - interval '1 hour', false);
    """)
    await migrate.upgrade(empty_database)
    rows = await connection.fetch("SELECT id, overdue_at - due_date AS later FROM tasks")
    later = {row["id"]: row["later"] for row in rows}
    assert later == {1: timedelta(days=1), 2: None, 3: timedelta(0), 4: None}


async def test_records_of_a_new_kind_wait_for_the_next_upgrade_when_the_previous_release_comes_back(
    empty_database: str, connection: asyncpg.Connection
) -> None:
    await migrate.upgrade(empty_database)
    await connection.execute(PHASE_5)
    before = await snapshot(connection, ("outbox", "dead_letters"))
    await migrate.downgrade(empty_database, "0005")
    # The previous release would send them without their headers, or fail.
    assert await connection.fetchval("SELECT array_agg(id ORDER BY id) FROM outbox") == [70, 71, 72]
    await connection.execute("""
        UPDATE outbox SET published_at = now(), attempts = 1 WHERE id = 72;
        INSERT INTO outbox (event_id, event_type, topic, key, value) VALUES (gen_random_uuid(), 't', 't', 'k', '');
    """)
    await migrate.upgrade(empty_database)
    after = await snapshot(connection, ("outbox", "dead_letters"))
    assert after["dead_letters"] == before["dead_letters"]
    rows = by_id(after["outbox"])
    assert sorted(rows) == [70, 71, 72, 73, 74, 75]
    assert {number: rows[number] for number in (70, 71, 73, 74)} == {
        row["id"]: row for row in before["outbox"] if row["id"] != 72
    }


async def test_the_previous_release_writes_and_publishes_beside_this_schema(
    empty_database: str, connection: asyncpg.Connection
) -> None:
    await migrate.upgrade(empty_database)
    await connection.execute("""
        INSERT INTO outbox (event_id, event_type, topic, key, value)
             SELECT * FROM unnest(ARRAY[gen_random_uuid()], ARRAY['t'], ARRAY['t'], ARRAY['k'], ARRAY['x'::bytea])
        ON CONFLICT (event_id) DO NOTHING""")
    claimed = await connection.fetch(
        "SELECT id, topic, key, value FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 500 FOR UPDATE"
    )
    assert [tuple(row) for row in claimed] == [(1, "t", "k", b"x")]
    await connection.execute("""
        INSERT INTO dead_letters (consumer, topic, partition, "offset", error, attempts)
             VALUES ('audit', 't', 0, 0, 'E', 1) ON CONFLICT DO NOTHING""")
    assert await connection.fetchval("SELECT headers::text FROM outbox") == "{}"
