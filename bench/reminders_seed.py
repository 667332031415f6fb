"""A million pending reminders with their tasks, written by a few statements: what bench_reminders works on."""

import asyncpg

USERS = 1_000
_USERS = """
INSERT INTO users (id, email, name, time_zone)
SELECT number, 'user' || number || '@example.com', 'User ' || number, 'Europe/Berlin'
  FROM generate_series(1, $1::int) AS number
"""
# Due over the year that begins in an hour, so that none comes up while the benchmark looks at its own.
_TASKS = """
INSERT INTO tasks (id, user_id, title, due_date, overdue_at, reminder_minutes, time_zone)
SELECT number, 1 + number % $2::int, 'Task ' || number, due, due, '{30}', 'Europe/Berlin'
  FROM (SELECT number, now() + interval '90 minutes' + random() * interval '365 days' AS due
          FROM generate_series(1, $1::int) AS number) AS drawn
"""
_REMINDERS = """
INSERT INTO reminders (task_id, user_id, remind_at, minutes_before)
SELECT id, user_id, due_date - interval '30 minutes', 30 FROM tasks
"""
# An index that is no constraint's: built after the rows it is built in a tenth of the time.
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
 WHERE tablename IN ('tasks', 'reminders') AND schemaname = 'public'
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)
"""
# Absolute reminders of tasks that have one already, the n-th `gap` after the first: each task once.
_DUE = """
INSERT INTO reminders (task_id, user_id, remind_at)
SELECT id, user_id, began + $3::float * interval '1 second' + (id - $1) * $4::float * interval '1 second'
  FROM tasks, (SELECT clock_timestamp() AS began) AS at
 WHERE id BETWEEN $1 AND $1 + $2::int - 1
"""
_TOLD = """
SELECT count(*) FROM notifications WHERE task_id BETWEEN $1 AND $1 + $2::int - 1 AND kind = 'reminder_due'
"""
# Every reminder of these tasks with what came of it.
_OUTCOME = """
SELECT extract(epoch FROM min(notifications.created_at) - remind_at)::float AS late, count(notifications.id) AS told
  FROM reminders LEFT JOIN notifications USING (task_id)
 WHERE reminders.task_id BETWEEN $1 AND $1 + $2::int - 1 AND minutes_before IS NULL
 GROUP BY reminders.id, remind_at
"""


async def fill(connection: asyncpg.Connection, pending: int) -> None:
    """Fills a database of this release's schema that is empty, and gathers its statistics."""
    indexes = await connection.fetch(_INDEXES)
    # The rows are consistent by construction: without triggers and foreign keys a minute becomes ten seconds.
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("SET maintenance_work_mem = '256MB'")
    for index in indexes:
        await connection.execute(f'DROP INDEX "{index["indexname"]}"')
    await connection.execute(_USERS, USERS)
    await connection.execute(_TASKS, pending, USERS)
    await connection.execute(_REMINDERS)
    for index in indexes:
        await connection.execute(index["indexdef"])
    for table in ("users", "tasks", "reminders"):
        await connection.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")  # noqa: S608 - ours
    await connection.execute("SET session_replication_role = origin")
    await connection.execute("VACUUM (ANALYZE)")
    # So that no checkpoint of all this falls into a measurement.
    await connection.execute("CHECKPOINT")


async def make_due(connection: asyncpg.Connection, first: int, count: int, *, begin: float, gap: float) -> None:
    """One more reminder for each of `count` tasks from `first` on: in `begin` seconds, each `gap` after the other."""
    await connection.execute(_DUE, first, count, begin, gap)


async def told(connection: asyncpg.Connection, first: int, count: int) -> int:
    """How many notifications these tasks have."""
    number: int = await connection.fetchval(_TOLD, first, count)
    return number


async def outcome(connection: asyncpg.Connection, first: int, count: int) -> tuple[list[float], int, int]:
    """Seconds from each reminder's instant to its notification; how many were lost; how many were doubled."""
    rows = await connection.fetch(_OUTCOME, first, count)
    late = [row["late"] for row in rows if row["told"]]
    return late, count - len(late), sum(max(0, row["told"] - 1) for row in rows)
