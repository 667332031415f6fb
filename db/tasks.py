"""Tasks: one row is one occurrence. Its rule (RFC 5545) is the truth; pattern, interval and end date follow from it."""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    any_,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.direct import run
from db.fetch import Statement


class TaskStatus(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    SKIPPED = "skipped"


class Priority(IntEnum):
    """Sorts in this order, in the database too."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    URGENT = 4


class _StatusText(TypeDecorator[TaskStatus]):
    impl = String(16)
    cache_ok = True

    def process_bind_param(self, value: TaskStatus | None, _dialect: Any) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, _dialect: Any) -> TaskStatus | None:
        return None if value is None else TaskStatus(value)


class _PriorityNumber(TypeDecorator[Priority]):
    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: Priority | None, _dialect: Any) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, _dialect: Any) -> Priority | None:
        return None if value is None else Priority(value)


# The order of titles: of their first 100 letters, in no case, an accented letter following its plain one. It compares
# code points ("C"), which is the same on every server and after every upgrade; PostgreSQL may be built without ICU.
# Decomposing (NFD) puts ä after a instead of after z; the bound keeps index rows and cursors small in every script.
TITLE_ORDER = literal_column('left(lower(normalize(title, NFD)) COLLATE "C", 100)', Text())
_LISTED, _IN_TRASH = text("deleted_at IS NULL"), text("deleted_at IS NOT NULL")


class Task(Base):
    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("parent_task_id"),
        CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="title_length"),
        CheckConstraint("char_length(description) <= 1000", name="description_length"),
        CheckConstraint("status IN ('open', 'completed', 'skipped')", name="status"),
        CheckConstraint("priority BETWEEN 0 AND 4", name="priority"),
        CheckConstraint("is_recurring = (recurrence_rule IS NOT NULL)", name="recurring_has_rule"),
        CheckConstraint("recurrence_rule IS NULL OR due_date IS NOT NULL", name="recurring_has_due_date"),
        CheckConstraint("(recurrence_rule IS NULL) = (scheduled_for IS NULL)", name="recurring_has_slot"),
        CheckConstraint("cardinality(reminder_minutes) <= 10", name="reminder_count"),
        CheckConstraint("reminder_minutes = '{}' OR due_date IS NOT NULL", name="reminders_have_due_date"),
        CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed_has_instant"),
        Index("ix_tasks_user_created", "user_id", text("created_at DESC"), text("id DESC")),
        # One for each order of a list (see migration 0004); the lists leave the trash out, and so do they.
        Index("ix_tasks_user_due", "user_id", "due_date", "id", postgresql_where=_LISTED),
        Index("ix_tasks_user_priority", "user_id", "priority", "id", postgresql_where=_LISTED),
        Index("ix_tasks_user_updated", "user_id", "updated_at", "id", postgresql_where=_LISTED),
        Index("ix_tasks_user_completed", "user_id", "completed_at", "id", postgresql_where=_LISTED),
        Index("ix_tasks_user_title", "user_id", TITLE_ORDER, "id", postgresql_where=_LISTED),
        # Not for an order, but to find a part of a title without reading the tasks (see migration 0011).
        Index(
            "ix_tasks_user_titles",
            "user_id",
            text("lower(title)"),
            "id",
            postgresql_include=["title"],
            postgresql_where=_LISTED,
        ),
        Index("ix_tasks_user_trash", "user_id", postgresql_where=_IN_TRASH),
        Index("ix_tasks_overdue", "overdue_at", postgresql_where=text("overdue_at IS NOT NULL")),
        Index("ix_tasks_trash", "deleted_at", postgresql_where=_IN_TRASH),
        Index("ix_tasks_series", "series_id"),
        # Each word with its user in front of it (see migration 0008): a search does not read what others have.
        Index("ix_tasks_search", text("task_words(user_id, search)"), postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    status: Mapped[TaskStatus] = mapped_column(_StatusText, server_default="open")
    priority: Mapped[Priority] = mapped_column(_PriorityNumber, server_default="0")
    due_date: Mapped[datetime | None]
    all_day: Mapped[bool] = mapped_column(server_default=text("false"))
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    reminder_minutes: Mapped[list[int]] = mapped_column(ARRAY(Integer()), server_default="{}")

    is_recurring: Mapped[bool] = mapped_column(server_default=text("false"))
    recurrence_rule: Mapped[str | None]
    recurrence_pattern: Mapped[str | None]
    recurrence_interval: Mapped[int | None] = mapped_column(Integer())
    recurrence_end_date: Mapped[datetime | None]
    recurrence_anchor: Mapped[str | None]
    # The place in the grid, as wall-clock time in time_zone (docs/adr/0002): a moved due_date does not change it.
    scheduled_for: Mapped[datetime | None] = mapped_column(DateTime(timezone=False))
    # 1 for the first occurrence of a series; COUNT is counted with it.
    occurrence: Mapped[int] = mapped_column(Integer(), server_default="1")
    parent_task_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id", ondelete="SET NULL"))
    # The first task of the series; not a foreign key, so that purging it leaves the others their series.
    series_id: Mapped[int | None]

    version: Mapped[int] = mapped_column(Integer(), server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    completed_at: Mapped[datetime | None]
    # When it becomes overdue; null when that has been told, or was past already when the due date was set.
    overdue_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    search: Mapped[str] = mapped_column(
        TSVECTOR(),
        Computed(
            "setweight(to_tsvector('simple'::regconfig, title), 'A') "
            "|| setweight(to_tsvector('simple'::regconfig, description), 'B')",
            persisted=True,
        ),
        deferred=True,
    )


async def find(session: AsyncSession, task_id: int) -> Task | None:
    """The row as it is now, whoever owns it: for workers. Doors go through domain.tasks."""
    return await session.get(Task, task_id, populate_existing=True)


async def find_all(session: AsyncSession, task_ids: Sequence[int]) -> dict[int, Task]:
    """The rows that there are of these, as they are now, by their id: `find` for a batch."""
    wanted = literal(list(set(task_ids)), ARRAY(BigInteger))
    query = select(Task).where(Task.id == any_(wanted)).execution_options(populate_existing=True)
    return {task.id: task for task in await session.scalars(query)}


_OWNERS = Statement(
    select(Task.id, Task.user_id).where(Task.id == any_(bindparam("task_ids", type_=ARRAY(BigInteger))))
)


async def owners(session: AsyncSession, task_ids: Sequence[int]) -> dict[int, int]:
    """The user of each of these tasks that is there, by the task's id."""
    rows = await run(session, _OWNERS, task_ids=list(set(task_ids)))
    return {row["id"]: row["user_id"] for row in rows}


async def find_owned(session: AsyncSession, user_id: int, task_id: int, *, lock: bool = False) -> Task | None:
    """The row if this user owns it; with `lock` nobody else changes it before this transaction ends."""
    query = select(Task).where(Task.id == task_id, Task.user_id == user_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return await session.scalar(query)


async def lock_for_work(session: AsyncSession, task_id: int) -> Task | None:
    """The row as it is now, locked: what a worker decides from."""
    query = select(Task).where(Task.id == task_id).with_for_update().execution_options(populate_existing=True)
    return await session.scalar(query)


async def lock_all_of_user(session: AsyncSession, user_id: int) -> list[int]:
    """The ids of a user's tasks, in the trash or not, locked until the end of the transaction."""
    query = select(Task.id).where(Task.user_id == user_id).order_by(Task.id).with_for_update()
    return list(await session.scalars(query))
