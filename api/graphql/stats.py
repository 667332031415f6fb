"""Statistics in the schema: each number is counted only where it is asked for."""

from datetime import date
from typing import Annotated

import strawberry

from api.graphql import enums  # noqa: F401 - makes the enums below enums of the schema
from api.graphql.context import Info
from db.tasks import Priority
from domain import stats


@strawberry.type(description="How many on one day.")
class DayCount:
    day: date = strawberry.field(description="The day, in the viewer's zone.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How many of one priority.")
class PriorityCount:
    priority: Priority = strawberry.field(description="The priority.")
    open: int = strawberry.field(description="How many are open.")


async def completed_by_day(
    info: Info, days: Annotated[int | None, strawberry.argument(description="How many days back, 1 to 366.")] = 14
) -> list[DayCount]:
    context = info.context
    async with context.reading() as session:
        found = await stats.completed_by_day(session, context.actor, days=14 if days is None else days, now=context.now)
    return [DayCount(day=day, count=count) for day, count in found]


async def open_by_priority(info: Info) -> list[PriorityCount]:
    async with info.context.reading() as session:
        found = await stats.open_by_priority(session, info.context.actor)
    return [PriorityCount(priority=priority, open=count) for priority, count in found]


@strawberry.type(description="Numbers for a dashboard; what is in the trash does not count.")
class TaskStats:
    open: int = strawberry.field(description="Still to be done.")
    completed: int = strawberry.field(description="Done.")
    overdue: int = strawberry.field(description="Open and past their due date.")
    due_today: int = strawberry.field(description="Open and due today in the viewer's zone.")
    completion_rate: float = strawberry.field(description="completed / (open + completed); 0 when there is none.")
    completed_by_day: list[DayCount] = strawberry.field(
        resolver=completed_by_day, description="Completions on each of the last days, today the last."
    )
    by_priority: list[PriorityCount] = strawberry.field(
        resolver=open_by_priority, description="Open tasks of each priority, the highest first."
    )


async def resolve_stats(info: Info) -> TaskStats:
    context = info.context
    async with context.reading() as session:
        found = await stats.counts(session, context.actor, now=context.now)
    return TaskStats(
        open=found.open,
        completed=found.completed,
        overdue=found.overdue,
        due_today=found.due_today,
        completion_rate=found.completion_rate,
    )
