"""Reminders: derived from a task's due date, fired when their instant comes.

A reminder is never made for an instant that was already past when it was set (docs/guarantees.md); one that became due
while everything was down fires once, at once, and says how late it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asyncpg import Record
from sqlalchemy import ARRAY, BigInteger, ColumnElement, Row, and_, any_, case, func, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from db import clock
from db.direct import run
from db.fetch import Statement
from db.outbox import Outgoing
from db.reminders import Reminder
from db.tasks import Task, TaskStatus
from domain import trace
from domain.errors import Invalid
from domain.events import REMINDERS, Event, EventType, emit, outgoing, reminder_due_id
from domain.values import distinct_sorted, rfc3339

MOST_MINUTES = 525_600
MOST_PER_TASK = 10
# What a worker decides from. In the order of their ids, as everybody locks them, and only against changes.
_LOCK = Statement(
    text("""
        SELECT id, user_id, title, due_date, reminder_minutes, status, deleted_at FROM tasks
         WHERE id = ANY(CAST(:task_ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
    """)
)
_HAVE_ROWS = Statement(text("SELECT DISTINCT task_id FROM reminders WHERE task_id = ANY(CAST(:task_ids AS bigint[]))"))


def clean_minutes(minutes: Sequence[int], *, has_due_date: bool, field: str = "reminder_minutes") -> list[int]:
    """Minutes before the due date, ascending and each once."""
    if minutes and not has_due_date:
        raise Invalid("a reminder needs a due date to be counted from", [field])
    if any(not 0 <= minute <= MOST_MINUTES for minute in minutes):
        raise Invalid(f"each must be 0 to {MOST_MINUTES} minutes before the due date", [field])
    distinct = distinct_sorted(minutes)
    if len(distinct) > MOST_PER_TASK:
        raise Invalid(f"there can be at most {MOST_PER_TASK} reminders", [field])
    return distinct


def instants(due_date: datetime | None, minutes: Sequence[int]) -> dict[int, datetime]:
    """When to remind, by minutes before the due date."""
    if due_date is None:
        return {}
    earliest = datetime.min.replace(tzinfo=due_date.tzinfo) + timedelta(minutes=MOST_MINUTES)
    return {minute: due_date - timedelta(minutes=minute) for minute in minutes if due_date > earliest}


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to happen to a task's reminder rows. `create` maps minutes before the due date to the instant."""

    cancel: list[Reminder]
    revive: list[Reminder]
    create: dict[int, datetime]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a change asked for when it was made, which may be long before a worker sees it."""

    at: datetime
    awaits: bool
    wanted: Mapping[int, datetime]


def asked_by(event: Event) -> Asked:
    due_date = event.data.get("due_date")
    return Asked(
        event.at,
        event.data.get("status") == TaskStatus.OPEN.value,
        instants(datetime.fromisoformat(due_date) if due_date else None, event.data.get("reminder_minutes") or ()),
    )


def plan(rows: Sequence[Reminder], wanted: Mapping[int, datetime], *, awaits: bool, asked: Asked) -> Plan:
    """Compares the rows a task has with the instants it asks for.

    `awaits` says whether the task is open and so can be reminded of; absolute reminders (no minutes) are wanted for as
    long as it is. Only what `asked` asked for is made, and of that nothing for an instant before it: the rest is for
    the event of a later change. A row that is still wanted stays as it is, so that a later change of the title does
    not lose a reminder that became due meanwhile.
    """

    def is_wanted(row: Reminder) -> bool:
        return awaits and (row.minutes_before is None or wanted.get(row.minutes_before) == row.remind_at)

    standing = [row for row in rows if row.sent or row.cancelled_at is None]
    covered = {row.minutes_before for row in standing if is_wanted(row)}
    # A snoozed reminder still stands for the instant it was derived for; for a moved due date there is a new one.
    covered |= {
        row.snoozed_minutes
        for row in rows
        if row.snoozed_minutes is not None and wanted.get(row.snoozed_minutes) == row.snoozed_from
    }
    revive: list[Reminder] = []
    for row in rows:
        if row.cancelled_at is not None and is_wanted(row) and asked.awaits and row.remind_at >= asked.at:
            if row.minutes_before is None:
                revive.append(row)
            elif row.minutes_before not in covered and asked.wanted.get(row.minutes_before) == row.remind_at:
                covered.add(row.minutes_before)
                revive.append(row)
    return Plan(
        cancel=[row for row in standing if not row.sent and not is_wanted(row)],
        revive=revive,
        create={
            m: at
            for m, at in wanted.items()
            if awaits and asked.awaits and m not in covered and asked.wanted.get(m) == at >= asked.at
        },
    )


async def reschedule(session: AsyncSession, events: Sequence[Event]) -> None:
    """Makes the rows of the events' tasks what the tasks as they are now ask for, as far as the events did."""
    tasks = {row["id"]: row for row in await run(session, _LOCK, task_ids=sorted({event.task_id for event in events}))}
    left = [event for event in events if event.task_id in tasks]
    # Only tasks that want reminders or have some: most do neither.
    has_rows = {task_id for (task_id,) in await run(session, _HAVE_ROWS, task_ids=list(tasks))}
    left = [event for event in left if event.task_id in has_rows or tasks[event.task_id]["reminder_minutes"]]
    while left:
        # One event of each task at a time: what the next one finds is what this one has made.
        round_: dict[int, Event] = {}
        for event in left:
            round_.setdefault(event.task_id, event)
        await _reschedule(session, [(event, tasks[event.task_id]) for event in round_.values()])
        left = [event for event in left if round_[event.task_id] is not event]


async def _reschedule(session: AsyncSession, changed: Sequence[tuple[Event, Record]]) -> None:
    """One event of each of these tasks."""
    task_ids = [task["id"] for _, task in changed]
    by_task: dict[int, list[Reminder]] = {task_id: [] for task_id in task_ids}
    query = select(Reminder).where(Reminder.task_id == any_(literal(task_ids, ARRAY(BigInteger))))
    for row in await session.scalars(query.execution_options(populate_existing=True)):
        by_task[row.task_id].append(row)
    plans = [
        plan(
            by_task[task["id"]],
            instants(task["due_date"], task["reminder_minutes"]),
            awaits=task["status"] == TaskStatus.OPEN and task["deleted_at"] is None,
            asked=asked_by(event),
        )
        for event, task in changed
    ]
    # Cancelled ones first: the index allows one pending row per task and minutes.
    await _set_cancelled(session, [row for each in plans for row in each.cancel], cancelled=True)
    await _set_cancelled(session, [row for each in plans for row in each.revive], cancelled=False)
    created = [
        [
            Reminder(task_id=task["id"], user_id=task["user_id"], remind_at=at, minutes_before=minutes)
            for minutes, at in each.create.items()
        ]
        for each, (_, task) in zip(plans, changed, strict=True)
    ]
    session.add_all([row for rows in created for row in rows])
    await session.flush()
    told_: list[Outgoing] = []
    for each, rows, (event, task) in zip(plans, created, changed, strict=True):
        trace.begin(event.traceparent)
        told_ += [_told(EventType.REMINDER_CANCELLED, row, task, event) for row in each.cancel]
        told_ += [_told(EventType.REMINDER_SCHEDULED, row, task, event) for row in [*each.revive, *rows]]
    await emit(session, told_)


def _told(kind: EventType, row: Reminder, task: Record, event: Event) -> Outgoing:
    return _event(kind, row, title=task["title"], due_date=task["due_date"], now=event.at)


async def cancel_derived(session: AsyncSession, task: Task, minutes: int, *, now: datetime) -> None:
    """Cancels what is pending so many minutes before the task's due date, or before one that it had."""
    rows = await session.scalars(
        select(Reminder).where(
            Reminder.task_id == task.id,
            Reminder.minutes_before == minutes,
            ~Reminder.sent,
            Reminder.cancelled_at.is_(None),
        )
    )
    pending = rows.all()
    await _set_cancelled(session, pending, cancelled=True)
    await emit(session, [told(EventType.REMINDER_CANCELLED, row, task, now=now) for row in pending])


async def _set_cancelled(session: AsyncSession, rows: Sequence[Reminder], *, cancelled: bool) -> None:
    if rows:
        at = func.clock_timestamp() if cancelled else None
        await session.execute(
            update(Reminder)
            .where(Reminder.id.in_([row.id for row in rows]))
            # remind_at is named because the doorbell goes by it: a revived reminder may be the next one.
            .values(cancelled_at=at, remind_at=Reminder.remind_at)
            .execution_options(synchronize_session=False)
        )


# In one statement: due reminders are claimed, each is marked as sent or, where its task is done or gone by now, which
# the reminders worker may not have seen yet, as cancelled.
def _fire(limit: int, moment: ColumnElement[datetime]) -> ReturningUpdate[Any]:
    claimed = (
        select(
            Reminder.id,
            and_(Task.status == TaskStatus.OPEN, Task.deleted_at.is_(None)).label("awaits"),
            Task.title,
            Task.due_date,
        )
        .join(Task, Task.id == Reminder.task_id)
        .where(~Reminder.sent, Reminder.cancelled_at.is_(None), Reminder.remind_at <= moment)
        .order_by(Reminder.remind_at, Reminder.id)
        .limit(limit)
        # The task as well, so that two schedulers do not tell of one task at once: its events keep their order.
        .with_for_update(of=[Reminder, Task], key_share=True, skip_locked=True)
        .cte("claimed")
    )
    return (
        update(Reminder)
        .where(Reminder.id == claimed.c.id)
        .values(
            sent=claimed.c.awaits,
            sent_at=case((claimed.c.awaits, moment)),
            cancelled_at=case((~claimed.c.awaits, moment)),
        )
        .returning(
            Reminder.id,
            Reminder.task_id,
            Reminder.user_id,
            Reminder.remind_at,
            Reminder.minutes_before,
            claimed.c.awaits,
            claimed.c.title,
            claimed.c.due_date,
            moment.label("now"),
        )
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class Fired:
    """How many rows were handled, and how many seconds late each was that was fired and not cancelled."""

    handled: int
    late_by: Sequence[float]


async def fire_due(session: AsyncSession, *, limit: int, at: datetime | None = None) -> Fired:
    """Fires due reminders, at most `limit`: marks each and puts its reminder.due into the outbox, in this transaction.

    Several schedulers may do this at once; none sees what another has claimed. `at` stands for the database's clock.
    """
    handled = (await session.execute(_fire(limit, clock.moment(at)))).all()
    fired = sorted((row for row in handled if row.awaits), key=lambda row: (row.remind_at, row.id))
    late_by = [max(0.0, (row.now - row.remind_at).total_seconds()) for row in fired]
    await emit(
        session,
        [
            _event(
                EventType.REMINDER_DUE,
                row,
                title=row.title,
                due_date=row.due_date,
                now=row.now,
                late_by_seconds=round(late, 3),
            )
            for row, late in zip(fired, late_by, strict=True)
        ],
    )
    return Fired(len(handled), late_by)


async def seconds_until_due(session: AsyncSession) -> float | None:
    """Seconds until the next pending reminder by the database's clock, negative when late; None when there is none."""
    seconds = await session.scalar(
        select(func.extract("epoch", Reminder.remind_at - func.clock_timestamp()))
        .where(~Reminder.sent, Reminder.cancelled_at.is_(None))
        .order_by(Reminder.remind_at)
        .limit(1)
    )
    return None if seconds is None else float(seconds)


async def of_tasks(session: AsyncSession, task_ids: Sequence[int]) -> Mapping[int, list[Reminder]]:
    """Each task's scheduled and sent reminders by their instant."""
    rows = await session.scalars(
        select(Reminder)
        .where(Reminder.task_id.in_(task_ids), Reminder.cancelled_at.is_(None))
        .order_by(Reminder.remind_at, Reminder.id)
    )
    found: dict[int, list[Reminder]] = {}
    for row in rows:
        found.setdefault(row.task_id, []).append(row)
    return found


def told(kind: EventType, reminder: Reminder, task: Task, *, now: datetime) -> Outgoing:
    return _event(kind, reminder, title=task.title, due_date=task.due_date, now=now)


def _event(
    kind: EventType,
    reminder: "Reminder | Row[Any]",
    *,
    title: str,
    due_date: datetime | None,
    now: datetime,
    late_by_seconds: float | None = None,
) -> Outgoing:
    due = kind is EventType.REMINDER_DUE
    data = {
        "reminder_id": reminder.id,
        "title": title,
        "due_at": rfc3339(due_date) if due_date else None,
        "remind_at": rfc3339(reminder.remind_at),
        "minutes_before": reminder.minutes_before,
        "late_by_seconds": late_by_seconds,
    }
    return outgoing(
        kind,
        topic=REMINDERS,
        user_id=reminder.user_id,
        task_id=reminder.task_id,
        at=now,
        data=data,
        event_id=reminder_due_id(reminder.id, reminder.remind_at) if due else None,
    )
