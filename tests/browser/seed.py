"""Many tasks of one user, written by two statements: what a list has to scroll through."""

import asyncpg

_TAGS = "INSERT INTO tags (user_id, name) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING"
# Of 20 tasks 14 have a due date, from yesterday on, one an hour; every third has a tag.
_TASKS = """
WITH made AS (
    INSERT INTO tasks (user_id, title, priority, due_date, time_zone, created_at, updated_at)
    SELECT $1, 'Task ' || number || ': ' || (ARRAY['write to', 'call', 'ask', 'visit'])[1 + number % 4] || ' Ada',
           number % 5, CASE WHEN number % 20 < 14 THEN now() + (number - 24) * interval '1 hour' END, 'Europe/Berlin',
           now() - number * interval '1 second', now() - number * interval '1 second'
      FROM generate_series(1, $2::int) AS number
    RETURNING id
)
INSERT INTO task_tags (task_id, tag_id)
SELECT made.id, tags.id
  FROM made JOIN tags ON tags.user_id = $1 AND tags.name = (ARRAY['home', 'work', 'garden'])[1 + made.id % 3]
 WHERE made.id % 3 = 0
"""


async def many_tasks(database_url: str, user_id: int, count: int) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(_TAGS, user_id, ["home", "work", "garden"])
        await connection.execute(_TASKS, user_id, count)
        await connection.execute("ANALYZE tasks")
    finally:
        await connection.close()
