"""The root fields that change tasks: one at a time, or many, all or nothing."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql.connections import given
from api.graphql.context import Info, Input, change
from api.graphql.errors import ERRORS, UserError
from api.graphql.selection import selected
from api.graphql.task_inputs import (
    BulkUpdateTasksInput,
    CreateTaskInput,
    TaskRef,
    UpdateTaskInput,
    bulk_changes,
    new_task,
    task_changes,
)
from api.graphql.tasks import Task, task_out, tasks_out
from db.tasks import Task as TaskRow
from domain import task_bulk, task_status, tasks

Ids = Annotated[list[strawberry.ID], strawberry.argument(description="The tasks, 1 to 100.")]


@strawberry.type(description="The outcome of createTask.")
class CreateTaskPayload:
    task: Task | None = strawberry.field(description="The new task; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of updateTask.")
class UpdateTaskPayload:
    task: Task | None = strawberry.field(description="The changed task; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of completeTask.")
class CompleteTaskPayload:
    task: Task | None = strawberry.field(description="The completed task; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of reopenTask.")
class ReopenTaskPayload:
    task: Task | None = strawberry.field(description="The open task; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of skipTask.")
class SkipTaskPayload:
    task: Task | None = strawberry.field(description="The skipped task; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of deleteTask.")
class DeleteTaskPayload:
    task: Task | None = strawberry.field(description="The task, now in the trash; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of restoreTask.")
class RestoreTaskPayload:
    task: Task | None = strawberry.field(description="The task, out of the trash; null when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="The outcome of a change of many tasks.")
class BulkTasksPayload:
    tasks: list[Task] = strawberry.field(description="The tasks, in the order of ids; empty when there are errors.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


async def create_task(info: Info, input: Input[CreateTaskInput]) -> CreateTaskPayload:  # noqa: A002 - the contract's name
    new = new_task(input)
    task, errors = await _change(
        info, lambda session, now: tasks.create_task(session, info.context.actor, new, now=now)
    )
    return CreateTaskPayload(task=task, errors=errors)


async def update_task(info: Info, input: Input[UpdateTaskInput]) -> UpdateTaskPayload:  # noqa: A002 - the contract's name
    changes = task_changes(input)
    task, errors = await _change(
        info,
        lambda session, now: tasks.update_task(
            session,
            info.context.actor,
            input.id,
            changes,
            expected_version=given(input.expected_version),
            now=now,
        ),
    )
    return UpdateTaskPayload(task=task, errors=errors)


async def complete_task(info: Info, input: Input[TaskRef]) -> CompleteTaskPayload:  # noqa: A002 - the contract's name
    task, errors = await _change_ref(info, input, task_status.complete_task)
    return CompleteTaskPayload(task=task, errors=errors)


async def reopen_task(info: Info, input: Input[TaskRef]) -> ReopenTaskPayload:  # noqa: A002 - the contract's name
    task, errors = await _change_ref(info, input, task_status.reopen_task)
    return ReopenTaskPayload(task=task, errors=errors)


async def delete_task(info: Info, input: Input[TaskRef]) -> DeleteTaskPayload:  # noqa: A002 - the contract's name
    task, errors = await _change_ref(info, input, task_status.delete_task)
    return DeleteTaskPayload(task=task, errors=errors)


async def skip_task(info: Info, input: Input[TaskRef]) -> SkipTaskPayload:  # noqa: A002 - the contract's name
    task, errors = await _change_ref(info, input, task_status.skip_task)
    return SkipTaskPayload(task=task, errors=errors)


async def restore_task(info: Info, input: Input[TaskRef]) -> RestoreTaskPayload:  # noqa: A002 - the contract's name
    task, errors = await _change_ref(info, input, task_status.restore_task)
    return RestoreTaskPayload(task=task, errors=errors)


async def update_tasks(info: Info, input: Input[BulkUpdateTasksInput]) -> BulkTasksPayload:  # noqa: A002
    changes = bulk_changes(input)
    return await _change_many(
        info,
        lambda session, now: task_bulk.update_tasks(session, info.context.actor, input.ids, changes, now=now),
        within="input",
    )


async def complete_tasks(info: Info, ids: Ids) -> BulkTasksPayload:
    return await _change_many(
        info, lambda session, now: task_bulk.complete_tasks(session, info.context.actor, ids, now=now)
    )


async def delete_tasks(info: Info, ids: Ids) -> BulkTasksPayload:
    return await _change_many(
        info, lambda session, now: task_bulk.delete_tasks(session, info.context.actor, ids, now=now)
    )


async def _change_ref(
    info: Info, ref: TaskRef, use_case: Callable[..., Awaitable[TaskRow]]
) -> tuple[Task | None, list[UserError]]:
    version = given(ref.expected_version)
    return await _change(
        info,
        lambda session, now: use_case(session, info.context.actor, ref.id, expected_version=version, now=now),
    )


async def _change(
    info: Info, use_case: Callable[[AsyncSession, datetime], Awaitable[TaskRow]]
) -> tuple[Task | None, list[UserError]]:
    """Runs a use-case that gives a task, and loads what was asked for of it in the same transaction."""
    wanted = selected(info, "task")

    async def work(session: AsyncSession) -> Task:
        row = await use_case(session, datetime.now(UTC))
        return await task_out(session, info.context, row, wanted)

    return await change(info, work)


async def _change_many(
    info: Info,
    use_case: Callable[[AsyncSession, datetime], Awaitable[list[TaskRow]]],
    *,
    within: str | None = None,
) -> BulkTasksPayload:
    wanted = selected(info, "tasks")

    async def work(session: AsyncSession) -> list[Task]:
        rows = await use_case(session, datetime.now(UTC))
        return await tasks_out(session, info.context, rows, wanted)

    shown, errors = await change(info, work, within=within)
    return BulkTasksPayload(tasks=shown or [], errors=errors)
