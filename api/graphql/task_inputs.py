"""What callers say about tasks they make, change and look for, and how it becomes the domain's words."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from api.graphql.enums import NullsOrder, SortDirection
from api.graphql.recurrences import RecurrenceInput, spec_of
from api.graphql.scalars import TimeZone
from db.tasks import Priority, TaskStatus
from domain.errors import Invalid
from domain.task_bulk import BulkChanges
from domain.task_filters import Comparators, TaskFilter
from domain.task_lists import TaskSort, TaskSortField
from domain.tasks import NewTask, TaskChanges

UNSET = strawberry.UNSET


@strawberry.input(description="A new task.")
class CreateTaskInput:
    title: str = strawberry.field(description="1 to 200 characters after trimming.")
    description: str | None = strawberry.field(default="", description="0 to 1000 characters.")
    priority: Priority | None = strawberry.field(default=Priority.NONE, description="How much it matters.")
    due_date: datetime | None = strawberry.field(default=UNSET, description="When it is due.")
    all_day: bool | None = strawberry.field(
        default=False, description="Due on the day that dueDate lies in, rather than at an instant."
    )
    time_zone: TimeZone | None = strawberry.field(default=UNSET, description="Default: the viewer's.")
    reminder_minutes: list[int] | None = strawberry.field(
        default_factory=list,
        description="Minutes before dueDate, 0 to 525600, at most 10; INVALID without dueDate.",
    )
    recurrence: RecurrenceInput | None = strawberry.field(
        default=UNSET, description="How it repeats; INVALID without dueDate."
    )
    tag_ids: list[strawberry.ID] | None = strawberry.field(default_factory=list, description="Tags to carry, by id.")
    tag_names: list[str] | None = strawberry.field(
        default_factory=list, description="Tags to carry, by name; those that do not exist are created."
    )
    idempotency_key: UUID | None = strawberry.field(
        default=UNSET, description="The same key again within 24 hours returns what the first call made."
    )


@strawberry.input(description="Changes to a task. A field left out is kept; null clears it, where it can be empty.")
class UpdateTaskInput:
    id: strawberry.ID = strawberry.field(description="The task to change.")
    title: strawberry.Maybe[str | None] = strawberry.field(description="Cannot be empty.")
    description: strawberry.Maybe[str | None] = strawberry.field(description="0 to 1000 characters.")
    priority: strawberry.Maybe[Priority | None] = strawberry.field(description="Cannot be null; NONE is the lowest.")
    due_date: strawberry.Maybe[datetime | None] = strawberry.field(
        description="Moves this occurrence only; null also clears reminderMinutes, and is INVALID while it recurs."
    )
    all_day: strawberry.Maybe[bool | None] = strawberry.field(description="Cannot be null.")
    time_zone: strawberry.Maybe[TimeZone | None] = strawberry.field(description="Cannot be null.")
    reminder_minutes: strawberry.Maybe[list[int] | None] = strawberry.field(description="Replaces all of them.")
    recurrence: strawberry.Maybe[RecurrenceInput | None] = strawberry.field(
        description="Counts from this occurrence on; null ends the series here."
    )
    tag_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(description="Replaces all tags, by id.")
    tag_names: strawberry.Maybe[list[str] | None] = strawberry.field(description="Replaces all tags, by name.")
    expected_version: int | None = strawberry.field(
        default=UNSET, description="The version the caller saw; CONFLICT if the task has changed since."
    )


@strawberry.input(description="A task, and optionally the version that the caller saw.")
class TaskRef:
    id: strawberry.ID = strawberry.field(description="The task.")
    expected_version: int | None = strawberry.field(
        default=UNSET, description="The version the caller saw; CONFLICT if the task has changed since."
    )


@strawberry.input(description="The same change of up to 100 tasks, all or nothing.")
class BulkUpdateTasksInput:
    ids: list[strawberry.ID] = strawberry.field(description="The tasks, 1 to 100.")
    priority: strawberry.Maybe[Priority | None] = strawberry.field(description="Cannot be null; NONE is the lowest.")
    due_date: strawberry.Maybe[datetime | None] = strawberry.field(description="As in updateTask, for each.")
    add_tag_ids: list[strawberry.ID] | None = strawberry.field(default=UNSET, description="Tags to put on each.")
    remove_tag_ids: list[strawberry.ID] | None = strawberry.field(default=UNSET, description="Tags to take off each.")


@strawberry.input(description="Compares an id. Text that can be nobody's id matches nothing.")
class IDFilter:
    eq: strawberry.ID | None = strawberry.field(default=UNSET, description="Is this one.")
    in_: list[strawberry.ID] | None = strawberry.field(name="in", default=UNSET, description="Is one of these.")


@strawberry.input(description="Compares text, ignoring case. % and _ are plain characters.")
class StringFilter:
    eq: str | None = strawberry.field(default=UNSET, description="Is this.")
    contains: str | None = strawberry.field(default=UNSET, description="Has this in it.")
    starts_with: str | None = strawberry.field(default=UNSET, description="Begins with this.")


@strawberry.input(description="Compares an instant.")
class DateTimeFilter:
    eq: datetime | None = strawberry.field(default=UNSET, description="Is exactly this.")
    lt: datetime | None = strawberry.field(default=UNSET, description="Is before this.")
    lte: datetime | None = strawberry.field(default=UNSET, description="Is this or before.")
    gt: datetime | None = strawberry.field(default=UNSET, description="Is after this.")
    gte: datetime | None = strawberry.field(default=UNSET, description="Is this or after.")
    is_null: bool | None = strawberry.field(default=UNSET, description="Whether there is none.")


@strawberry.input(description="Compares a status.")
class TaskStatusFilter:
    eq: TaskStatus | None = strawberry.field(default=UNSET, description="Is this.")
    in_: list[TaskStatus] | None = strawberry.field(name="in", default=UNSET, description="Is one of these.")


@strawberry.input(description="Compares a priority.")
class PriorityFilter:
    eq: Priority | None = strawberry.field(default=UNSET, description="Is this.")
    neq: Priority | None = strawberry.field(default=UNSET, description="Is any other.")
    in_: list[Priority] | None = strawberry.field(name="in", default=UNSET, description="Is one of these.")
    gte: Priority | None = strawberry.field(default=UNSET, description="Is this or higher.")
    lte: Priority | None = strawberry.field(default=UNSET, description="Is this or lower.")


@strawberry.input(description="Conditions on one tag, all of which have to hold.")
class TagFilter:
    id: IDFilter | None = strawberry.field(default=UNSET, description="Its id.")
    name: StringFilter | None = strawberry.field(default=UNSET, description="Its name.")


@strawberry.input(description="Conditions on the tags that a task carries.")
class TagListFilter:
    some: TagFilter | None = strawberry.field(default=UNSET, description="At least one tag fits.")
    every: TagFilter | None = strawberry.field(default=UNSET, description="All tags fit; so it is for none at all.")
    none: TagFilter | None = strawberry.field(default=UNSET, description="No tag fits.")
    is_empty: bool | None = strawberry.field(default=UNSET, description="Whether it carries none.")


@strawberry.input(
    name="TaskFilter",
    description="Conditions on a task, all of which have to hold. A null comparator is refused.",
)
class TaskFilterInput:
    and_: list["TaskFilterInput"] | None = strawberry.field(name="and", default=UNSET, description="All of these hold.")
    or_: list["TaskFilterInput"] | None = strawberry.field(
        name="or", default=UNSET, description="At least one of these holds."
    )
    not_: "TaskFilterInput | None" = strawberry.field(name="not", default=UNSET, description="This does not hold.")
    id: IDFilter | None = strawberry.field(default=UNSET, description="Its id.")
    series_id: IDFilter | None = strawberry.field(default=UNSET, description="The series it belongs to.")
    status: TaskStatusFilter | None = strawberry.field(default=UNSET, description="Its status.")
    priority: PriorityFilter | None = strawberry.field(default=UNSET, description="Its priority.")
    title: StringFilter | None = strawberry.field(default=UNSET, description="Its title.")
    due_date: DateTimeFilter | None = strawberry.field(default=UNSET, description="When it is due.")
    created_at: DateTimeFilter | None = strawberry.field(default=UNSET, description="When it was created.")
    updated_at: DateTimeFilter | None = strawberry.field(default=UNSET, description="When it was last changed.")
    completed_at: DateTimeFilter | None = strawberry.field(default=UNSET, description="When it was completed.")
    is_overdue: bool | None = strawberry.field(default=UNSET, description="Whether it is overdue.")
    is_recurring: bool | None = strawberry.field(default=UNSET, description="Whether it repeats.")
    tags: TagListFilter | None = strawberry.field(default=UNSET, description="The tags it carries.")
    in_trash: bool | None = strawberry.field(
        default=False,
        description="List the trash instead of everything else. Only counts at the top of a filter.",
    )


@strawberry.input(name="TaskSort", description="One key of a sort.")
class TaskSortInput:
    field: TaskSortField = strawberry.field(description="What to sort by.")
    direction: SortDirection = strawberry.field(default=SortDirection.ASC, description="Which way.")
    nulls: NullsOrder = strawberry.field(default=NullsOrder.LAST, description="Where rows without a value go.")


def new_task(given: CreateTaskInput) -> NewTask:
    return NewTask(
        title=given.title,
        description=given.description or "",
        priority=Priority.NONE if given.priority is None else given.priority,
        due_date=given.due_date or None,
        all_day=bool(given.all_day),
        time_zone=given.time_zone or None,
        reminder_minutes=given.reminder_minutes or (),
        recurrence=spec_of(given.recurrence or None),
        tag_ids=given.tag_ids or (),
        tag_names=given.tag_names or (),
        idempotency_key=given.idempotency_key or None,
    )


def task_changes(given: UpdateTaskInput) -> TaskChanges:
    changes: TaskChanges = {}
    for name in ("title", "description", "priority", "due_date", "all_day", "time_zone", "reminder_minutes"):
        value = getattr(given, name)
        if value is not None:
            changes[name] = value.value
    if given.recurrence is not None:
        changes["recurrence"] = spec_of(given.recurrence.value)
    if given.tag_ids is not None:
        changes["tag_ids"] = given.tag_ids.value
    if given.tag_names is not None:
        changes["tag_names"] = given.tag_names.value
    return changes


def bulk_changes(given: BulkUpdateTasksInput) -> BulkChanges:
    changes: BulkChanges = {"add_tag_ids": given.add_tag_ids or (), "remove_tag_ids": given.remove_tag_ids or ()}
    if given.priority is not None:
        changes["priority"] = given.priority.value
    if given.due_date is not None:
        changes["due_date"] = given.due_date.value
    return changes


def task_filter(given: TaskFilterInput | None) -> TaskFilter | None:
    if given is None:
        return None
    values: dict[str, Any] = {}
    for name, value in _given(given, "filter").items():
        match name:
            case "and" | "or":
                values[f"{name}_"] = [task_filter(part) for part in value]
            case "not":
                values["not_"] = task_filter(value)
            case "tags":
                values["tags"] = {
                    key: operand if isinstance(operand, bool) else _comparators(operand, f"tags.{key}")
                    for key, operand in _given(value, "tags").items()
                }
            case _:
                plain = isinstance(value, bool)
                values[_SNAKE.get(name, name)] = value if plain else _comparators(value, name)
    return TaskFilter(**values)


def task_sorts(given: list[TaskSortInput] | None) -> list[TaskSort]:
    return [
        TaskSort(key.field, key.direction is SortDirection.DESC, key.nulls is not NullsOrder.FIRST)
        for key in given or ()
    ]


_SNAKE = {
    to_camel_case(name): name
    for name in ("series_id", "due_date", "created_at", "updated_at", "completed_at", "is_overdue",
                 "is_recurring", "in_trash")
}  # fmt: skip


def _comparators(given: object, where: str) -> Comparators:
    return {
        name: _comparators(operand, f"{where}.{name}") if get_object_definition(type(operand)) else operand
        for name, operand in _given(given, where).items()
    }


def _given(given: object, where: str) -> dict[str, Any]:
    """The fields that the caller wrote, by their names in the schema. A null is refused: it never means anything."""
    definition = get_object_definition(type(given), strict=True)
    found: dict[str, Any] = {}
    for field in definition.fields:
        value = getattr(given, field.python_name)
        if value is UNSET:
            continue
        name = field.graphql_name or to_camel_case(field.python_name)
        if value is None:
            path = where.removeprefix("filter").split(".") if where != "filter" else []
            raise Invalid("must not be null; leave it out instead", ["filter", *path, name])
        found[name] = value
    return found
