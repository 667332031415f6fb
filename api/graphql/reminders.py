"""Reminders in the schema."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.graphql.enums import ReminderState
from db.reminders import Reminder as ReminderRow

if TYPE_CHECKING:
    from api.graphql.tasks import Task


@strawberry.type(description="An instant at which the user is told of a task.")
class Reminder:
    id: strawberry.ID = strawberry.field(description="A plain integer.")
    task: Annotated["Task", strawberry.lazy("api.graphql.tasks")] = strawberry.field(description="What it reminds of.")
    remind_at: datetime = strawberry.field(description="When.")
    minutes_before: int | None = strawberry.field(
        description="Minutes before the due date; null when it was set at an absolute time, or snoozed."
    )
    state: ReminderState = strawberry.field(description="Where it stands.")
    sent_at: datetime | None = strawberry.field(description="When it fired.")


def reminder_out(row: ReminderRow, task: "Task") -> Reminder:
    if row.sent:
        state = ReminderState.SENT
    else:
        state = ReminderState.SCHEDULED if row.cancelled_at is None else ReminderState.CANCELLED
    return Reminder(
        id=strawberry.ID(str(row.id)),
        task=task,
        remind_at=row.remind_at,
        minutes_before=row.minutes_before,
        state=state,
        sent_at=row.sent_at,
    )
