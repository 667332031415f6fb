"""The audit log: one row per task event, written by the audit worker."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, JsonObject


class AuditRow(Base):
    __tablename__ = "audit_log"
    __table_args__ = (
        UniqueConstraint("event_id"),
        Index("ix_audit_log_user", "user_id", text("id DESC")),
        Index("ix_audit_log_task", "task_id", text("id DESC")),
    )

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    event_id: Mapped[UUID]
    event_type: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # Not a foreign key: the history of a purged task stays.
    task_id: Mapped[int]
    at: Mapped[datetime]
    data: Mapped[JsonObject]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
