"""The notifications consumer: a fired reminder, and a task that became overdue, become notifications."""

from sqlalchemy.ext.asyncio import AsyncSession

from domain import notifications
from domain.events import Event, EventType


async def work(session: AsyncSession, event: Event) -> None:
    if event.type == EventType.TASK_OVERDUE:
        await notifications.tell_overdue(session, event)
    else:
        await notifications.tell_due(session, event)
