"""The database's clock: the one that loops go by, the same for all of them."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession


async def now(session: AsyncSession) -> datetime:
    instant: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return instant


def moment(at: datetime | None = None) -> ColumnElement[datetime]:
    """The clock as a statement begins, or the instant that stands for it.

    Unlike clock_timestamp() it stays the same within a statement, and so an index can be searched for what lies before.
    """
    return func.statement_timestamp() if at is None else literal(at)
