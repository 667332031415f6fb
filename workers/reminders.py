"""The reminders consumer: every task event may move, make or cancel the task's reminders."""

from sqlalchemy.ext.asyncio import AsyncSession

from domain import reminders
from domain.events import Event


async def work(session: AsyncSession, event: Event) -> None:
    await reminders.reschedule(session, event)
