"""Users with many tasks, written by a few statements: what the benchmark of lists and the tests of their plans use."""

from dataclasses import dataclass

import asyncpg

TAGS = ("work", "home", "garden", "errands", "reading", "health", "travel", "money")
TAGS_PER_TASK = 3
TIME_ZONE = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class Size:
    """`users` of `tasks` each, numbered from 1, and after them one user of `most`: 10,000 and what is in the trash."""

    users: int = 200
    tasks: int = 1_000
    most: int = 10_400

    @property
    def heavy_user(self) -> int:
        return self.users + 1


_USERS = """
INSERT INTO users (id, email, name, time_zone)
SELECT number, 'user' || number || '@example.com', 'User ' || number, $2 FROM generate_series(1, $1::int) AS number
"""
_TAGS = """
INSERT INTO tags (id, user_id, name)
SELECT (users.id - 1) * cardinality($1::text[]) + place, users.id, tag.name
  FROM users, unnest($1::text[]) WITH ORDINALITY AS tag(name, place)
"""
# Everybody's tasks lie mixed in the table, as they come in over time. Of 100 about 70 are open, 25 done, 5 skipped; 30
# have no due date; 3 are in the trash. Every fourth title has a word that many share, one of 500 a rare one.
_TASKS = """
INSERT INTO tasks (id, user_id, title, description, status, priority, due_date, all_day, time_zone,
                   created_at, updated_at, completed_at, deleted_at)
SELECT row_number() OVER (ORDER BY mix), user_id,
       initcap((ARRAY['buy', 'write', 'call', 'plan', 'mend', 'pay', 'read', 'ask'])[1 + (mix * 8)::int % 8]) || ' '
           || CASE WHEN number % 4 = 0 THEN 'report ' ELSE 'note ' END
           || CASE WHEN number % 500 = 7 THEN 'xylophone ' ELSE '' END || substr(md5(user_id || '/' || number), 1, 12),
       CASE WHEN number % 3 = 0 THEN 'Ask the neighbours about ' || md5(number::text) ELSE '' END,
       status, (number * 7 + user_id) % 5, CASE WHEN number % 10 < 7 THEN due END, false, $4,
       created, changed, CASE WHEN status = 'completed' THEN changed END,
       CASE WHEN number % 33 = 5 THEN now() - lag * interval '29 days' END
  FROM (SELECT user_id, number, random() AS mix, random() AS lag, now() - random() * interval '400 days' AS created,
               now() + (random() - 0.4) * interval '200 days' AS due,
               (ARRAY['open', 'completed', 'skipped'])[1 + (number % 20 >= 14)::int + (number % 20 = 19)::int] AS status
          FROM generate_series(1, $1::int) AS user_id,
               generate_series(1, CASE WHEN user_id = $1 THEN $3::int ELSE $2::int END) AS number) AS drawn,
       LATERAL (SELECT created + lag * (now() - created) AS changed) AS later
"""
_TASK_TAGS = """
INSERT INTO task_tags (task_id, tag_id)
SELECT tasks.id, (user_id - 1) * $1::int + 1 + (tasks.id + place * 3) % $1::int
  FROM tasks, generate_series(0, $2::int - 1) AS place
"""


async def fill(connection: asyncpg.Connection, size: Size) -> None:
    """Fills a database of this release's schema that has no users, and gathers its statistics."""
    await connection.execute("SELECT setseed(0.42)")
    await connection.execute(_USERS, size.heavy_user, TIME_ZONE)
    await connection.execute(_TAGS, list(TAGS))
    await connection.execute(_TASKS, size.heavy_user, size.tasks, size.most, TIME_ZONE)
    await connection.execute(_TASK_TAGS, len(TAGS), TAGS_PER_TASK)
    for table in ("users", "tags", "tasks"):
        await connection.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")  # noqa: S608 - ours
    await connection.execute("VACUUM (ANALYZE)")
