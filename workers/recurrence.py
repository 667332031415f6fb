"""The recurrence consumer: a completed or skipped occurrence has a successor, and its user is told."""

from sqlalchemy.ext.asyncio import AsyncSession

from domain import notifications, recurring
from domain.events import Event


async def work(session: AsyncSession, event: Event) -> None:
    # The instant of the change, not of this work: a worker that was away spawns what it would have spawned in time.
    successor = await recurring.spawn_successor(session, event.task_id, now=event.at)
    if successor is not None:
        await notifications.tell_spawned(session, successor, event_id=event.id)
