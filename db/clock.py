"""The database's clock: the one that loops go by, the same for all of them."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def now(session: AsyncSession) -> datetime:
    instant: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return instant
