"""Activity: the audit log as its user sees it. One row per task event, written by the audit worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit_log import AuditRow
from db.users import User
from domain.actors import Actor
from domain.events import Event


@dataclass(frozen=True, slots=True)
class ActivityPage:
    rows: list[AuditRow]
    has_next: bool


async def record(session: AsyncSession, event: Event) -> None:
    """Writes the event's row, once; for a user who is gone there is nothing to write."""
    row = {
        AuditRow.event_id: event.id,
        AuditRow.event_type: event.type,
        AuditRow.user_id: event.user_id,
        AuditRow.task_id: event.task_id,
        AuditRow.at: event.at,
        AuditRow.data: event.data,
    }
    values = select(*(literal(value, column.type) for column, value in row.items())).where(
        select(User.id).where(User.id == event.user_id).exists()
    )
    await session.execute(insert(AuditRow).from_select(list(row), values).on_conflict_do_nothing())


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
