"""The notifications consumer: a fired reminder becomes a notification."""

from sqlalchemy.ext.asyncio import AsyncSession

from domain import notifications
from domain.events import Event


async def work(session: AsyncSession, event: Event) -> None:
    await notifications.tell_due(session, event)
