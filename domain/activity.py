"""Activity: the audit log as its user sees it. One row per task event, written by the audit worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit_log import AuditRow
from db.direct import run
from db.fetch import Statement
from domain.actors import Actor
from domain.events import Event


@dataclass(frozen=True, slots=True)
class ActivityPage:
    rows: list[AuditRow]
    has_next: bool


# One statement text for any number of rows: it is compiled once and prepared once.
_RECORD = Statement(
    text("""
        INSERT INTO audit_log (event_id, event_type, user_id, task_id, at, data)
        SELECT told.event_id, event_type, user_id, task_id, at, CAST(data AS jsonb)
          FROM unnest(CAST(:event_ids AS uuid[]), CAST(:types AS text[]), CAST(:users AS bigint[]),
                      CAST(:tasks AS bigint[]), CAST(:instants AS timestamptz[]), CAST(:data AS text[]))
               WITH ORDINALITY AS told(event_id, event_type, user_id, task_id, at, data, place)
         WHERE EXISTS (SELECT FROM users WHERE users.id = told.user_id)
         ORDER BY place
        ON CONFLICT DO NOTHING
    """)
)


async def record(session: AsyncSession, events: Sequence[Event]) -> None:
    """Writes each event's row, once; for a user who is gone there is nothing to write."""
    await run(
        session,
        _RECORD,
        event_ids=[event.id for event in events],
        types=[event.type for event in events],
        users=[event.user_id for event in events],
        tasks=[event.task_id for event in events],
        instants=[event.at for event in events],
        data=[orjson.dumps(event.data).decode() for event in events],
    )


async def page(session: AsyncSession, actor: Actor, *, first: int, after_id: int | None) -> ActivityPage:
    """Everything that happened to the actor's tasks, newest first."""
    query = select(AuditRow).where(AuditRow.user_id == actor.user_id)
    if after_id is not None:
        query = query.where(AuditRow.id < after_id)
    rows = list(await session.scalars(query.order_by(AuditRow.id.desc()).limit(first + 1)))
    return ActivityPage(rows[:first], len(rows) > first)


async def pages_of_tasks(
    session: AsyncSession, actor: Actor, task_ids: Sequence[int], *, first: int, after_id: int | None
) -> Mapping[int, ActivityPage]:
    """One page for each of the tasks, newest first, with one statement for all of them."""
    newest = func.row_number().over(partition_by=AuditRow.task_id, order_by=AuditRow.id.desc())
    ranked = select(AuditRow.id, newest.label("place")).where(
        AuditRow.user_id == actor.user_id, AuditRow.task_id.in_(task_ids)
    )
    if after_id is not None:
        ranked = ranked.where(AuditRow.id < after_id)
    chosen = ranked.subquery()
    rows = await session.scalars(
        select(AuditRow)
        .join(chosen, chosen.c.id == AuditRow.id)
        .where(chosen.c.place <= first + 1)
        .order_by(AuditRow.id.desc())
    )
    found: dict[int, list[AuditRow]] = {task_id: [] for task_id in task_ids}
    for row in rows:
        found[row.task_id].append(row)
    return {task_id: ActivityPage(rows[:first], len(rows) > first) for task_id, rows in found.items()}
