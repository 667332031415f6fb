"""The reminders consumer: every task event may move, make or cancel the task's reminders."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from domain import reminders
from domain.events import Event


async def work(session: AsyncSession, events: Sequence[Event]) -> None:
    await reminders.reschedule(session, events)
