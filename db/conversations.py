"""Conversations with the assistant and their messages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, JsonObject


class Conversation(Base):
    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_user", "user_id", text("id DESC")),)

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # Who is answering the conversation's last message, and until when nobody else may.
    turn_token: Mapped[UUID | None]
    turn_until: Mapped[datetime | None]


class Message(Base):
    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_conversation", "conversation_id", "id"),
        # A message has one reply, whatever is repeated.
        Index("uq_messages_in_reply_to", "in_reply_to", unique=True, postgresql_where=text("in_reply_to IS NOT NULL")),
        Index(
            "uq_messages_idempotency_key",
            "user_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        CheckConstraint("role IN ('user', 'assistant')", name="role"),
    )

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[str]
    content: Mapped[str]
    # Of a reply: what was called for it. Of a user's message: what has been called for a reply that is not there yet.
    tool_calls: Mapped[list[JsonObject]] = mapped_column(JSONB(), server_default="[]")
    in_reply_to: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    idempotency_key: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
