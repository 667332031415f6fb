"""The root fields that set reminders: add, remove, snooze."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql.connections import given
from api.graphql.context import Info, Input, change
from api.graphql.errors import ERRORS, UserError
from api.graphql.reminders import Reminder, reminder_out
from api.graphql.selection import selected
from api.graphql.tasks import Task, task_out, tasks_by_id
from db.reminders import Reminder as ReminderRow
from domain import reminder_changes


@strawberry.input(description="A new reminder: exactly one of at and minutesBefore.")
class AddReminderInput:
    task_id: strawberry.ID = strawberry.field(description="The task to be reminded of; it has to be open.")
    at: datetime | None = strawberry.field(default=strawberry.UNSET, description="A fixed instant, in the future.")
    minutes_before: int | None = strawberry.field(
        default=strawberry.UNSET, description="Minutes before the due date, 0 to 525600; moves with it."
    )
    idempotency_key: UUID | None = strawberry.field(
        default=strawberry.UNSET, description="The same key again within 24 hours returns what the first call made."
    )


@strawberry.input(description="A later instant for a reminder, fired or not: exactly one of until and minutes.")
class SnoozeReminderInput:
    id: strawberry.ID = strawberry.field(description="The reminder.")
    until: datetime | None = strawberry.field(default=strawberry.UNSET, description="The instant, in the future.")
    minutes: int | None = strawberry.field(default=strawberry.UNSET, description="Minutes from now, 1 to 525600.")


@strawberry.type(description="The outcome of addReminder.")
class AddReminderPayload:
    reminder: Reminder | None = strawberry.field(description="The new reminder; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of removeReminder.")
class RemoveReminderPayload:
    task: Task | None = strawberry.field(description="The task, without the reminder; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of snoozeReminder.")
class SnoozeReminderPayload:
    reminder: Reminder | None = strawberry.field(description="The moved reminder; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


async def add_reminder(info: Info, input: Input[AddReminderInput]) -> AddReminderPayload:  # noqa: A002 - the contract's name
    async def work(session: AsyncSession) -> Reminder:
        row = await reminder_changes.add_reminder(
            session,
            info.context.actor,
            input.task_id,
            at=given(input.at),
            minutes_before=given(input.minutes_before),
            idempotency_key=given(input.idempotency_key),
            now=datetime.now(UTC),
        )
        return await _shown(session, info, row)

    reminder, errors = await change(info, work)
    return AddReminderPayload(reminder=reminder, errors=errors)


async def remove_reminder(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The reminder.")],  # noqa: A002 - the contract's name
) -> RemoveReminderPayload:
    wanted = selected(info, "task")

    async def work(session: AsyncSession) -> Task:
        row = await reminder_changes.remove_reminder(session, info.context.actor, id, now=datetime.now(UTC))
        return await task_out(session, info.context, row, wanted)

    task, errors = await change(info, work, within=None)
    return RemoveReminderPayload(task=task, errors=errors)


async def snooze_reminder(info: Info, input: Input[SnoozeReminderInput]) -> SnoozeReminderPayload:  # noqa: A002
    async def work(session: AsyncSession) -> Reminder:
        row = await reminder_changes.snooze_reminder(
            session,
            info.context.actor,
            input.id,
            until=given(input.until),
            minutes=given(input.minutes),
            now=datetime.now(UTC),
        )
        return await _shown(session, info, row)

    reminder, errors = await change(info, work)
    return SnoozeReminderPayload(reminder=reminder, errors=errors)


async def _shown(session: AsyncSession, info: Info, row: ReminderRow) -> Reminder:
    wanted = selected(info, "reminder", "task")
    tasks = await tasks_by_id(session, info.context, [row.task_id], wanted)
    return reminder_out(row, tasks[row.task_id])
