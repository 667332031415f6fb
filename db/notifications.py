"""Notifications: what a user was told, once per event."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
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
