"""Recurring tasks: putting a rule on a task, and spawning the next occurrence when one is completed or skipped."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tags import TaskTag
from db.tasks import Task, TaskStatus, lock_for_work
from domain import overdue, recurrence
from domain.errors import Invalid
from domain.events import EventType
from domain.recurrence import Anchor, Pattern, Slot
from domain.rrule_parse import MOST_INTERVAL, Rule, RuleError, parse_rule, rule_text
from domain.task_events import tell
from domain.values import LATEST_YEAR, zone


@dataclass(frozen=True, slots=True)
class RecurrenceSpec:
    """A recurrence as callers state it: exactly one of rule and pattern; interval and end date go with the pattern."""

    rule: str | None = None
    pattern: Pattern | None = None
    interval: int | None = None
    end_date: datetime | None = None
    anchor: Anchor = Anchor.NEXT_SLOT


def rule_of(spec: RecurrenceSpec, *, start: datetime, time_zone: str, current: Rule | None = None) -> Rule:
    """The rule that a spec means from `start` (naive, local) on. Raises Invalid with the field that is wrong.

    `current` is the rule that is being changed, whose days a pattern of the same kind keeps.
    """
    place = zone(time_zone)
    if (spec.rule is None) == (spec.pattern is None):
        raise Invalid("give exactly one of rule and pattern", ["recurrence"])
    if spec.rule is not None and spec.end_date is not None:
        raise Invalid("goes with pattern; in a rule the end is UNTIL", ["recurrence", "end_date"])
    field = "rule" if spec.rule is not None else "pattern"
    try:
        if spec.rule is not None:
            rule = parse_rule(spec.rule)
        else:
            rule = _rule_of_pattern(spec, start=start, time_zone=time_zone, current=current)
        recurrence.check(rule, start, place)
        return recurrence.settled(rule, start)
    except RuleError as error:
        raise Invalid(str(error), ["recurrence", field]) from error


def _rule_of_pattern(spec: RecurrenceSpec, *, start: datetime, time_zone: str, current: Rule | None) -> Rule:
    assert spec.pattern is not None  # noqa: S101 - rule_of has checked it
    if spec.pattern is Pattern.CUSTOM:
        raise Invalid("CUSTOM is only read; write such a recurrence as a rule", ["recurrence", "pattern"])
    interval = 1 if spec.interval is None else spec.interval
    if not 1 <= interval <= MOST_INTERVAL:
        raise Invalid(f"must be 1 to {MOST_INTERVAL}", ["recurrence", "interval"])
    if spec.end_date is not None and spec.end_date.year > LATEST_YEAR:
        raise Invalid(f"must not lie after the year {LATEST_YEAR}", ["recurrence", "end_date"])
    if spec.end_date is not None and recurrence.to_local(spec.end_date, zone(time_zone)) < start:
        raise Invalid("must not be before the due date", ["recurrence", "end_date"])
    return recurrence.rule_of_pattern(spec.pattern, interval, spec.end_date, start, zone(time_zone), current=current)


def put_on_task(task: Task, spec: RecurrenceSpec | None) -> None:
    """Makes a task recur by this spec from its due date on, or no longer. The one place that writes these columns."""
    if spec is None:
        task.is_recurring = False
        task.recurrence_rule = task.recurrence_pattern = task.recurrence_anchor = None
        task.recurrence_interval = None
        task.recurrence_end_date = task.scheduled_for = None
        return
    if task.due_date is None:
        raise Invalid("a recurring task needs a due date to start from", ["recurrence"])
    place = zone(task.time_zone)
    start = recurrence.to_local(task.due_date, place)
    if task.all_day:
        # Where the clocks skip midnight, the day begins later; the next ones do not.
        start = recurrence.midnight(start)
    rule = rule_of(spec, start=start, time_zone=task.time_zone, current=stored_rule(task))
    pattern, interval, end = recurrence.pattern_of(rule, start, place)
    task.is_recurring = True
    task.recurrence_rule = rule_text(rule)
    task.recurrence_pattern = pattern.value
    task.recurrence_interval = interval
    task.recurrence_end_date = end
    task.recurrence_anchor = spec.anchor.value
    task.scheduled_for = start
    task.occurrence = 1


def stored_rule(task: Task) -> Rule | None:
    """The task's rule; None also for one that this release does not understand, which must not hide the task."""
    try:
        return parse_rule(task.recurrence_rule) if task.recurrence_rule else None
    except RuleError:
        return None


def keep_in_zone(task: Task) -> None:
    """After a change of its zone: the series goes on at the same local times there, and so does a local end."""
    rule = stored_rule(task)
    if rule is not None and task.scheduled_for is not None:
        task.recurrence_end_date = recurrence.pattern_of(rule, task.scheduled_for, zone(task.time_zone))[2]


def next_slot(task: Task, *, now: datetime) -> Slot | None:
    """Where the task's next occurrence belongs; None when the series has ended."""
    assert task.recurrence_rule is not None  # noqa: S101 - the table's checks keep them together
    assert task.scheduled_for is not None  # noqa: S101
    return recurrence.next_occurrence(
        parse_rule(task.recurrence_rule),
        scheduled_for=task.scheduled_for,
        zone=zone(task.time_zone),
        anchor=Anchor(task.recurrence_anchor or Anchor.NEXT_SLOT),
        index=task.occurrence,
        now=now,
        completed_at=task.completed_at or now,
    )


_COPIED = (
    "user_id", "title", "description", "priority", "all_day", "time_zone", "reminder_minutes", "is_recurring",
    "recurrence_rule", "recurrence_pattern", "recurrence_interval", "recurrence_end_date", "recurrence_anchor",
)  # fmt: skip


async def spawn_successor(session: AsyncSession, task_id: int, *, now: datetime) -> Task | None:
    """Inserts the occurrence after a finished one, with its tags, reminders and rule; None if there is nothing to do.

    Decides from the task as it now is, so an event that comes late or twice does no harm: a reopened task has no
    successor, and UNIQUE (parent_task_id) allows one at most.
    """
    task = await lock_for_work(session, task_id)
    if task is None or task.status is TaskStatus.OPEN or not task.is_recurring:
        return None
    # A completion that was taken back and made again counts as the last one, whichever of its events comes here.
    now = task.completed_at or now
    slot = next_slot(task, now=now)
    if slot is None:
        return None
    copied = {column: getattr(task, column) for column in _COPIED}
    successor: Task | None = await session.scalar(
        insert(Task)
        .values(
            **copied,
            due_date=slot.instant,
            scheduled_for=slot.local,
            occurrence=slot.index,
            parent_task_id=task.id,
            series_id=task.series_id or task.id,
            overdue_at=overdue.news(slot.instant, all_day=task.all_day, time_zone=task.time_zone, now=now),
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing(index_elements=["parent_task_id"])
        .returning(Task)
    )
    if successor is None:
        return None
    await session.execute(
        insert(TaskTag).from_select(
            ["task_id", "tag_id"],
            select(literal(successor.id, TaskTag.task_id.type), TaskTag.tag_id).where(TaskTag.task_id == task.id),
        )
    )
    await tell(session, EventType.TASK_CREATED, successor, changes={}, now=now)
    return successor
