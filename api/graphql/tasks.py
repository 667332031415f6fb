"""Tasks in the schema: what one looks like, and how a page of them is loaded with a fixed number of statements."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql import enums  # noqa: F401 - makes the enums below enums of the schema
from api.graphql.activity import ActivityConnection, activity_of_task
from api.graphql.context import Context
from api.graphql.recurrences import Recurrence, recurrence_out
from api.graphql.reminders import Reminder, reminder_out
from api.graphql.scalars import TimeZone
from api.graphql.selection import Selection
from api.graphql.tags import Tag, tags_of_tasks
from db.tasks import Priority, TaskStatus
from db.tasks import Task as TaskRow
from domain import overdue, reminders, task_lists, tasks


@strawberry.type(description="Something to be done; of a recurring task, one occurrence.")
class Task:
    id: strawberry.ID = strawberry.field(description="A plain integer, the same in events, chat and the database.")
    title: str = strawberry.field(description="1 to 200 characters.")
    description: str = strawberry.field(description="0 to 1000 characters.")
    status: TaskStatus = strawberry.field(description="Whether it is still to be done.")
    priority: Priority = strawberry.field(description="How much it matters.")
    due_date: datetime | None = strawberry.field(
        description="When it is due; of an all-day task, the start of that day in its time zone."
    )
    all_day: bool = strawberry.field(
        description="Due on a day rather than at an instant: overdue once that day is over."
    )
    time_zone: TimeZone = strawberry.field(description="The zone that recurrence and all-day dates are counted in.")
    is_overdue: bool = strawberry.field(description="Open and past its due date.")
    reminder_minutes: list[int] = strawberry.field(description="Minutes before the due date to remind at, ascending.")
    reminders: list[Reminder] = strawberry.field(description="Scheduled and sent reminders by their instant.")
    tags: list[Tag] = strawberry.field(description="The tags it carries, by name.")
    is_recurring: bool = strawberry.field(description="Whether it repeats.")
    recurrence: Recurrence | None = strawberry.field(description="How it repeats.")
    parent_task: "Task | None" = strawberry.field(description="The occurrence that this one was spawned from.")
    next_task: "Task | None" = strawberry.field(description="The occurrence that was spawned from this one.")
    series_id: strawberry.ID | None = strawberry.field(description="The first task of the series.")
    version: int = strawberry.field(description="Grows by one with every change; for expectedVersion.")
    created_at: datetime = strawberry.field(description="When it was created.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    completed_at: datetime | None = strawberry.field(description="When it was completed.")
    deleted_at: datetime | None = strawberry.field(description="When it was put in the trash; purged 30 days later.")
    activity: ActivityConnection = strawberry.field(
        resolver=activity_of_task, description="What happened to it, newest first."
    )


async def tasks_out(session: AsyncSession, context: Context, rows: Sequence[TaskRow], wanted: Selection) -> list[Task]:
    """Tasks with everything that was asked for below them; one statement for each kind of thing, however many rows."""
    ids = [row.id for row in rows]
    made = [_MADE["id"], *(_MADE[field] for field in wanted if field in _MADE and field != "id")]
    shown = [_task_out(row, context.now, made) for row in rows]
    if "tags" in wanted:
        tags_by_task = await tags_of_tasks(session, ids, wanted["tags"])
        for task in shown:
            task.tags = tags_by_task.get(int(task.id), [])
    if "reminders" in wanted:
        await _add_reminders(session, context, shown, wanted["reminders"])
    for field, successors in (("parentTask", False), ("nextTask", True)):
        if field in wanted:
            await _add_relatives(session, context, rows, shown, wanted[field], successors=successors)
    return shown


async def task_out(session: AsyncSession, context: Context, row: TaskRow, wanted: Selection) -> Task:
    return (await tasks_out(session, context, [row], wanted))[0]


async def tasks_by_id(
    session: AsyncSession, context: Context, task_ids: Iterable[int | None], wanted: Selection
) -> dict[int, Task]:
    """The caller's tasks among these ids."""
    distinct = {task_id for task_id in task_ids if task_id is not None}
    rows = await tasks.by_ids(session, context.actor, list(distinct))
    return {int(task.id): task for task in await tasks_out(session, context, list(rows.values()), wanted)}


async def _add_reminders(session: AsyncSession, context: Context, shown: list[Task], wanted: Selection) -> None:
    by_task = await reminders.of_tasks(session, [int(task.id) for task in shown])
    back: dict[int, Task] = {}
    if "task" in wanted:
        back = await tasks_by_id(session, context, by_task, wanted["task"])
    for task in shown:
        rows = by_task.get(int(task.id), [])
        task.reminders = [reminder_out(row, back.get(row.task_id, task)) for row in rows]


async def _add_relatives(
    session: AsyncSession,
    context: Context,
    rows: Sequence[TaskRow],
    shown: list[Task],
    wanted: Selection,
    *,
    successors: bool,
) -> None:
    relatives = await tasks.parents_and_successors(session, context.actor, rows, successors=successors)
    distinct = {row.id: row for row in relatives.values()}
    by_id = {int(t.id): t for t in await tasks_out(session, context, list(distinct.values()), wanted)}
    for task in shown:
        relative = relatives.get(int(task.id))
        if relative is not None:
            setattr(task, "next_task" if successors else "parent_task", by_id[relative.id])


# A row for reading has text and numbers, an entity their enums; both are found here.
_STATUS = {status.value: status for status in TaskStatus}
_PRIORITY = {int(priority): priority for priority in Priority}


@dataclass(frozen=True, slots=True)
class _Made:
    """How one attribute of a Task is made of a row: the columns that takes, and the value by the row and the time."""

    attribute: str
    columns: tuple[str, ...]
    make: Callable[[TaskRow, datetime], object]


def _plain(column: str) -> _Made:
    read = attrgetter(column)
    return _Made(column, (column,), lambda row, _now: read(row))


# By the fields' names in the schema. What takes a statement of its own (tags, reminders, relatives) is not among them.
_MADE: dict[str, _Made] = {
    "id": _Made("id", ("id",), lambda row, _now: str(row.id)),
    "title": _plain("title"),
    "description": _plain("description"),
    "status": _Made("status", ("status",), lambda row, _now: _STATUS[row.status]),
    "priority": _Made("priority", ("priority",), lambda row, _now: _PRIORITY[row.priority]),
    "dueDate": _plain("due_date"),
    "allDay": _plain("all_day"),
    "timeZone": _plain("time_zone"),
    "isOverdue": _Made("is_overdue", ("status", "due_date", "all_day", "time_zone"), overdue.is_overdue),
    "reminderMinutes": _plain("reminder_minutes"),
    "isRecurring": _plain("is_recurring"),
    "recurrence": _Made("recurrence", task_lists.ALL_COLUMNS, lambda row, _now: recurrence_out(row)),
    "parentTask": _Made("parent_task", ("parent_task_id",), lambda _row, _now: None),
    "nextTask": _Made("next_task", (), lambda _row, _now: None),
    "seriesId": _Made(
        "series_id", ("series_id",), lambda row, _now: None if row.series_id is None else str(row.series_id)
    ),
    "version": _plain("version"),
    "createdAt": _plain("created_at"),
    "updatedAt": _plain("updated_at"),
    "completedAt": _plain("completed_at"),
    "deletedAt": _plain("deleted_at"),
}


def columns_for(wanted: Selection) -> tuple[str, ...]:
    """The columns that a task with this selection is made of."""
    needed = {"id"}.union(*(_MADE[field].columns for field in wanted if field in _MADE))
    return tuple(column for column in task_lists.ALL_COLUMNS if column in needed)


def _task_out(row: TaskRow, now: datetime, made: Sequence[_Made]) -> Task:
    """A task of which only what was asked for is there: strawberry's constructor would want everything."""
    task = Task.__new__(Task)
    for each in made:
        setattr(task, each.attribute, each.make(row, now))
    return task
