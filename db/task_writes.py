"""Writing tasks and what they carry, in as few statements as there can be: a mutation waits for each of them.

Each gives the names of the task's tags, by name, as its event says them. They stay the same until the transaction ends:
tags are put on a task, renamed and removed under the lock of the tasks that carry them.
"""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import BigInteger, bindparam, func, select, text, update
from sqlalchemy import inspect as state_of
from sqlalchemy.ext.asyncio import AsyncSession

from db.direct import run
from db.fetch import Statement
from db.tags import Tag, TaskTag
from db.tasks import Task

# The database makes these; series_id is the task's own id where it begins a series.
_MADE = {"id", "series_id", "search"}
_GIVEN = tuple(column for column in Task.__table__.columns if column.name not in _MADE)
_NAMES, _VALUES = ", ".join(each.name for each in _GIVEN), ", ".join(f":{each.name}" for each in _GIVEN)
_DEFAULTS = {"description": "", "all_day": False, "is_recurring": False, "reminder_minutes": [], "occurrence": 1}
_INSERT = Statement(
    text(f"""
        WITH fresh AS (SELECT nextval(pg_get_serial_sequence('tasks', 'id')) AS id),
             made AS (INSERT INTO tasks (id, series_id, {_NAMES})
                      SELECT id, CASE WHEN :is_recurring THEN id END, {_VALUES}
                        FROM fresh
                      RETURNING id, series_id),
             carried AS (INSERT INTO task_tags (task_id, tag_id)
                         SELECT made.id, tag_id FROM made CROSS JOIN unnest(CAST(:tag_ids AS bigint[])) AS tag_id)
        SELECT id, series_id,
               ARRAY(SELECT name FROM tags WHERE id = ANY(CAST(:tag_ids AS bigint[])) ORDER BY lower(name), id) AS names
          FROM made
    """).bindparams(*(bindparam(column.name, type_=column.type) for column in _GIVEN))  # noqa: S608 - our own columns
)
_PUT_TAGS = Statement(
    text("""
        WITH gone AS (DELETE FROM task_tags WHERE task_id = :task_id AND tag_id <> ALL(CAST(:tag_ids AS bigint[]))),
             put AS (INSERT INTO task_tags (task_id, tag_id)
                     SELECT :task_id, tag_id FROM unnest(CAST(:tag_ids AS bigint[])) AS tag_id ON CONFLICT DO NOTHING)
        SELECT ARRAY(SELECT name FROM tags WHERE id = ANY(CAST(:tag_ids AS bigint[])) ORDER BY lower(name), id) AS names
    """).bindparams(bindparam("task_id", type_=BigInteger()))
)
_TAG_NAMES = Statement(
    text("""
        SELECT tags.name FROM task_tags JOIN tags ON tags.id = task_tags.tag_id
         WHERE task_tags.task_id = :task_id ORDER BY lower(tags.name), tags.id
    """).bindparams(bindparam("task_id", type_=BigInteger()))
)


async def insert(session: AsyncSession, task: Task, tag_ids: Sequence[int]) -> list[str]:
    """Makes the row of a new task, with these tags of its user's, which are locked. Gives the task its ids.

    The session does not know the task: it is to be read, not to be changed further.
    """
    values = {column.name: getattr(task, column.name) for column in _GIVEN}
    missing = {name: value for name, value in _DEFAULTS.items() if values[name] is None}
    (made,) = await run(session, _INSERT, **values | missing, tag_ids=tag_ids)
    task.id, task.series_id = made["id"], made["series_id"]
    names: list[str] = made["names"]
    return names


async def save(session: AsyncSession, task: Task) -> list[str]:
    """Writes what has changed of a task that this transaction has locked, and only that."""
    state = state_of(task)
    changed = [name for name, before in state.committed_state.items() if getattr(task, name) != before]
    values = {f"new_{name}": getattr(task, name) for name in changed}
    (saved,) = await run(session, _update(frozenset(changed)), **values, key=task.id, flush=False)
    # It is as the row is now: the session has nothing to write.
    state._commit_all(state.dict, session.sync_session.identity_map)  # noqa: SLF001 - there is no public name for it
    names: list[str] = saved["names"]
    return names


async def put_tags(session: AsyncSession, task_id: int, tag_ids: Sequence[int]) -> list[str]:
    """Makes these, which are locked, the task's tags, and no others."""
    ((names,),) = await run(session, _PUT_TAGS, task_id=task_id, tag_ids=tag_ids)
    found: list[str] = names
    return found


async def tag_names(session: AsyncSession, task_id: int) -> list[str]:
    return [name for (name,) in await run(session, _TAG_NAMES, task_id=task_id)]


@lru_cache(maxsize=200)
def _update(changed: frozenset[str]) -> Statement:
    """Sets these columns of one task. There are few sets of columns that any use-case changes together."""
    columns = Task.__table__.c
    values = {columns[name]: bindparam(f"new_{name}", type_=columns[name].type) for name in sorted(changed)}
    names = select(Tag.name).join(TaskTag, TaskTag.tag_id == Tag.id).where(TaskTag.task_id == Task.id)
    names = names.order_by(func.lower(Tag.name), Tag.id).correlate(Task)
    return Statement(
        update(Task)
        .where(columns.id == bindparam("key", type_=BigInteger()))
        .values(values)
        .returning(func.array(names.scalar_subquery()).label("names"))
    )
