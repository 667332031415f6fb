"""Quick add as a use-case: the task that a line describes, made as every task is (`domain.tasks.create_task`)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.tasks import Task
from domain import tasks
from domain.actors import Actor
from domain.errors import Invalid, LimitReached
from domain.quick_add import checked, parse
from domain.tasks import NewTask
from domain.values import zone


async def quick_add_task(
    session: AsyncSession,
    actor: Actor,
    text: str,
    *,
    time_zone: str | None,
    idempotency_key: UUID | None,
    now: datetime,
) -> Task:
    """Makes the task. Whatever is wrong with it is wrong with the text: a title too long, tags too many."""
    place = time_zone or actor.time_zone
    found = parse(checked(text), now=now, zone=zone(place))
    new = NewTask(
        title=found.title,
        priority=found.priority,
        due_date=found.due_date,
        all_day=found.all_day,
        time_zone=place,
        reminder_minutes=found.reminder_minutes,
        recurrence=found.recurrence,
        tag_names=found.tag_names,
        idempotency_key=idempotency_key,
    )
    try:
        return await tasks.create_task(session, actor, new, now=now)
    except (Invalid, LimitReached) as refusal:
        said = f"the title {refusal.message}" if refusal.path == ("title",) else refusal.message
        raise type(refusal)(said, ["text"]) from refusal
