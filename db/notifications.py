"""Notifications: what a user was told, once per event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Notification(Base):
    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("event_id", "kind"),
        Index("ix_notifications_user", "user_id", text("id DESC")),
        Index("ix_notifications_unread", "user_id", text("id DESC"), postgresql_where=text("read_at IS NULL")),
        Index("ix_notifications_task", "task_id"),
        CheckConstraint("kind IN ('reminder_due', 'task_overdue', 'recurrence_spawned')", name="kind"),
    )

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id", ondelete="SET NULL"))
    kind: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    # The event that it came from: a repeated event cannot notify twice.
    event_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    read_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class New:
    """One notification on its way in."""

    user_id: int
    task_id: int
    kind: str
    title: str
    body: str
    event_id: UUID


# One statement text for any number of rows: it is compiled once and prepared once.
_PUT = text("""
    INSERT INTO notifications (user_id, task_id, kind, title, body, event_id, created_at)
    SELECT told.*, clock_timestamp()
      FROM unnest(CAST(:users AS bigint[]), CAST(:tasks AS bigint[]), CAST(:kinds AS text[]), CAST(:titles AS text[]),
                  CAST(:bodies AS text[]), CAST(:events AS uuid[])) AS told
    ON CONFLICT DO NOTHING
""")


async def put(session: AsyncSession, rows: Sequence[New]) -> None:
    """Adds notifications. One of the same kind and event that is already there stays as it is."""
    if rows:
        await session.execute(
            _PUT,
            {
                "users": [row.user_id for row in rows],
                "tasks": [row.task_id for row in rows],
                "kinds": [row.kind for row in rows],
                "titles": [row.title for row in rows],
                "bodies": [row.body for row in rows],
                "events": [row.event_id for row in rows],
            },
        )
