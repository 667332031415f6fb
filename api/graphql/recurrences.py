"""Recurrences in the schema: read from a task, given as a rule or a pattern."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql import enums  # noqa: F401 - makes the enums below enums of the schema
from api.graphql.connections import given
from api.graphql.context import Info
from api.graphql.scalars import TimeZone
from db.tasks import Task as TaskRow
from domain import recurrence as rules
from domain import recurring
from domain.errors import Invalid
from domain.recurrence import Anchor, Pattern
from domain.recurrence_text import describe
from domain.recurring import RecurrenceSpec
from domain.rrule_parse import Rule
from domain.values import zone


def next_occurrences(
    root: strawberry.Parent["Recurrence"],
    count: Annotated[int | None, strawberry.argument(description="How many, 1 to 50.")] = 5,
) -> list[datetime]:
    wanted = 5 if count is None else count
    if not 1 <= wanted <= rules.MOST_UPCOMING:
        raise Invalid(f"must be 1 to {rules.MOST_UPCOMING}", ["count"])
    if root.parsed is None:
        return []
    return rules.upcoming(
        root.parsed,
        scheduled_for=root.scheduled_for,
        zone=zone(root.time_zone),
        index=root.occurrence,
        count=wanted,
    )


@strawberry.type(description="How a task repeats.")
class Recurrence:
    rule: str = strawberry.field(description="The RFC 5545 RRULE value, such as FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR.")
    text: str = strawberry.field(description="The rule in words, such as: every weekday at 09:00.")
    pattern: Pattern = strawberry.field(description="The pattern that the rule is, or CUSTOM.")
    interval: int = strawberry.field(description="Every how many days, weeks, months or years.")
    end_date: datetime | None = strawberry.field(description="The last instant at which an occurrence may lie.")
    anchor: Anchor = strawberry.field(description="Where the next occurrence is counted from.")
    scheduled_for: strawberry.Private[datetime]
    time_zone: strawberry.Private[str]
    occurrence: strawberry.Private[int]
    parsed: strawberry.Private[Rule | None]
    next: list[datetime] = strawberry.field(
        resolver=next_occurrences, description="The next occurrences, from the current one on."
    )


@strawberry.input(description="How a task is to repeat: exactly one of rule and pattern.")
class RecurrenceInput:
    rule: str | None = strawberry.field(
        default=strawberry.UNSET, description="An RFC 5545 RRULE value, such as FREQ=WEEKLY;BYDAY=MO."
    )
    pattern: Pattern | None = strawberry.field(default=strawberry.UNSET, description="A pattern; not CUSTOM.")
    interval: int | None = strawberry.field(default=1, description="With pattern: every how many, 1 to 999.")
    end_date: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="With pattern: the last instant at which an occurrence may lie."
    )
    anchor: Anchor | None = strawberry.field(
        default=Anchor.NEXT_SLOT, description="Where the next occurrence is counted from."
    )


def spec_of(given: RecurrenceInput | None) -> RecurrenceSpec | None:
    if given is None:
        return None
    return RecurrenceSpec(
        rule=given.rule or None,
        pattern=given.pattern or None,
        interval=given.interval,
        end_date=given.end_date or None,
        anchor=given.anchor or Anchor.NEXT_SLOT,
    )


def recurrence_out(task: TaskRow) -> Recurrence | None:
    if task.recurrence_rule is None or task.scheduled_for is None:
        return None
    rule = recurring.stored_rule(task)
    return Recurrence(
        rule=task.recurrence_rule,
        # One that cannot be read speaks for itself.
        text=describe(rule, start=task.scheduled_for, all_day=task.all_day, zone=zone(task.time_zone))
        if rule is not None
        else task.recurrence_rule,
        pattern=Pattern(task.recurrence_pattern or Pattern.CUSTOM),
        interval=task.recurrence_interval or 1,
        end_date=task.recurrence_end_date,
        anchor=Anchor(task.recurrence_anchor or Anchor.NEXT_SLOT),
        scheduled_for=task.scheduled_for,
        time_zone=task.time_zone,
        occurrence=task.occurrence,
        parsed=rule,
    )


async def preview_recurrence(
    info: Info,
    recurrence: Annotated[RecurrenceInput, strawberry.argument(description="The rule to be looked at.")],
    start: Annotated[datetime, strawberry.argument(description="When the first occurrence is due.")],
    time_zone: Annotated[
        TimeZone | None, strawberry.argument(description="Where days are counted. Default: the viewer's.")
    ] = strawberry.UNSET,
) -> Recurrence:
    """Nothing is saved: a task that is never added to a session carries the columns."""
    actor = info.context.actor
    spec = spec_of(recurrence)
    task = TaskRow(due_date=start, all_day=False, time_zone=given(time_zone) or actor.time_zone, occurrence=1)
    recurring.put_on_task(task, spec)
    shown = recurrence_out(task)
    assert shown is not None  # noqa: S101 - put_on_task has set the rule, or refused
    return shown
