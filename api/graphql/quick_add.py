"""Quick add in the schema: a typed line shown as the fields it means, or made into a task at once."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql import enums  # noqa: F401 - makes the enums below enums of the schema
from api.graphql.connections import given
from api.graphql.context import Info, Input, change
from api.graphql.recurrences import Recurrence, recurrence_out
from api.graphql.scalars import TimeZone
from api.graphql.selection import selected
from api.graphql.task_mutations import CreateTaskPayload
from api.graphql.tasks import Task, task_out
from db.tasks import Priority
from db.tasks import Task as TaskRow
from domain import quick_add, recurring
from domain import quick_add_task as use_case
from domain.values import zone

_ZONE = "Where days and times are counted. Default: the viewer's."


@strawberry.type(description="Which part of a quick-add line gave a field.")
class QuickAddSpan:
    field: str = strawberry.field(description="The field of QuickAdd, such as dueDate.")
    start: int = strawberry.field(
        description="Where it begins, in UTF-16 code units from 0, as JavaScript slices strings."
    )
    end: int = strawberry.field(description="Where it ends, in UTF-16 code units; the first one behind it.")


@strawberry.type(description="What a quick-add line was understood as.")
class QuickAdd:
    title: str = strawberry.field(
        description="What was not understood as anything else; all of the text where that would be nothing."
    )
    due_date: datetime | None = strawberry.field(
        description="When it is due, of a recurring one the first time; of an all-day one, the start of that day."
    )
    all_day: bool = strawberry.field(description="Due on a day: no time was given.")
    priority: Priority = strawberry.field(description="How much it matters.")
    tag_names: list[str] = strawberry.field(description="The tags, each once, in the order of the text.")
    reminder_minutes: list[int] = strawberry.field(description="Minutes before dueDate to remind at, ascending.")
    recurrence: Recurrence | None = strawberry.field(description="How it is to repeat.")
    spans: list[QuickAddSpan] = strawberry.field(
        description="What came from where, by place; they do not overlap, and what lies outside is the title."
    )


@strawberry.input(description="A new task, typed as one line.")
class QuickAddTaskInput:
    text: str = strawberry.field(
        description="1 to 2000 characters, such as: Pay rent every month on the 1st at 9am #home remind 1 day before."
    )
    time_zone: TimeZone | None = strawberry.field(default=strawberry.UNSET, description=_ZONE)
    idempotency_key: UUID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The same key again within 24 hours returns what the first call made, as in createTask.",
    )


async def parse_quick_add(
    info: Info,
    text: Annotated[str, strawberry.argument(description="The line, 1 to 2000 characters.")],
    time_zone: Annotated[TimeZone | None, strawberry.argument(description=_ZONE)] = strawberry.UNSET,
) -> QuickAdd:
    place = given(time_zone) or info.context.actor.time_zone
    found = quick_add.parse(quick_add.checked(text), now=info.context.now, zone=zone(place))
    return QuickAdd(
        title=found.title,
        due_date=found.due_date,
        all_day=found.all_day,
        priority=found.priority,
        tag_names=list(found.tag_names),
        reminder_minutes=list(found.reminder_minutes),
        recurrence=_recurrence(found, place),
        spans=[
            QuickAddSpan(field=span.field, start=_units(text, span.start), end=_units(text, span.end))
            for span in found.spans
        ],
    )


async def quick_add_task(info: Info, input: Input[QuickAddTaskInput]) -> CreateTaskPayload:  # noqa: A002 - the contract's name
    wanted = selected(info, "task")

    async def work(session: AsyncSession) -> Task:
        row = await use_case.quick_add_task(
            session,
            info.context.actor,
            input.text,
            time_zone=given(input.time_zone),
            idempotency_key=given(input.idempotency_key),
            now=datetime.now(UTC),
        )
        return await task_out(session, info.context, row, wanted)

    task, errors = await change(info, work)
    return CreateTaskPayload(task=task, errors=errors)


def _recurrence(found: quick_add.QuickAdd, time_zone: str) -> Recurrence | None:
    """As the task would show it; a task that is never added to a session carries the columns."""
    if found.recurrence is None:
        return None
    task = TaskRow(due_date=found.due_date, all_day=found.all_day, time_zone=time_zone, occurrence=1)
    recurring.put_on_task(task, found.recurrence)
    return recurrence_out(task)


def _units(text: str, place: int) -> int:
    """A place in code points as one in UTF-16 code units."""
    return len(text[:place].encode("utf-16-le", "surrogatepass")) // 2
