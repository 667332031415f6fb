"""The audit consumer: one row per task event."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from domain import activity
from domain.events import Event


async def work(session: AsyncSession, events: Sequence[Event]) -> None:
    await activity.record(session, events)
