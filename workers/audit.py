"""The audit consumer: one row per task event."""

from sqlalchemy.ext.asyncio import AsyncSession

from domain import activity
from domain.events import Event


async def work(session: AsyncSession, event: Event) -> None:
    await activity.record(session, event)
