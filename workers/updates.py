"""The updates consumer: every task event leads to the task's latest snapshot on task-updates."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from domain import updates
from domain.events import Event


async def work(session: AsyncSession, events: Sequence[Event]) -> None:
    await updates.tell(session, events)
