"""Whether an event may touch the task that it names: it has to be its user's own.

Our events always are. What else is written to the topics, by mistake or on purpose, reaches no other user's rows.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db import tasks
from domain.events import Event


class ForeignTaskError(Exception):
    """The event's task is not its user's. Says nothing of the task nor of whose it is."""

    def __init__(self) -> None:
        super().__init__("the task is not this user's")


async def foreign(session: AsyncSession, events: Sequence[Event]) -> set[UUID]:
    """The ids of the events whose task belongs to somebody else. A task that is gone belongs to nobody."""
    owners = await tasks.owners(session, [event.task_id for event in events]) if events else {}
    return {event.id for event in events if owners.get(event.task_id, event.user_id) != event.user_id}
