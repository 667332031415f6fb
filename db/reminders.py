"""Reminders: one row is one instant at which a person is told. Pending ones are claimed by their instant."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base

DOORBELL = "tickler_reminders"
PENDING = "NOT sent AND cancelled_at IS NULL"


class Reminder(Base):
    __tablename__ = "reminders"
    __table_args__ = (
        Index("ix_reminders_pending", "remind_at", "id", postgresql_where=text(PENDING)),
        Index("ix_reminders_task", "task_id", "remind_at"),
        Index(
            "uq_reminders_derived",
            "task_id",
            "minutes_before",
            unique=True,
            postgresql_where=text(f"minutes_before IS NOT NULL AND {PENDING}"),
        ),
        CheckConstraint("sent = (sent_at IS NOT NULL)", name="sent_has_instant"),
    )

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    remind_at: Mapped[datetime]
    # Null: an absolute reminder, which due_date and reminder_minutes do not move.
    minutes_before: Mapped[int | None] = mapped_column(Integer())
    # Of a snoozed one: the minutes and the instant it was derived for, which it still stands for.
    snoozed_minutes: Mapped[int | None] = mapped_column(Integer())
    snoozed_from: Mapped[datetime | None]
    sent: Mapped[bool] = mapped_column(server_default=text("false"))
    sent_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
