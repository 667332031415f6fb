"""The notifications consumer: a fired reminder, and a task that became overdue, become notifications."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from domain import notifications
from domain.events import Event


async def work(session: AsyncSession, events: Sequence[Event]) -> None:
    await notifications.tell(session, events)
