"""What the model of a user's tasks is made of: tasks with their reminders, and the events that tell of them."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from model_series import Series, instant_of, local_of

TASK, REMINDER = "task-events", "reminders"
# What each consumer acts on; every other event is nothing to it.
WANTS: dict[str, tuple[str, str]] = {
    "reminders": (TASK, ""),
    "recurrence": (TASK, "task.completed task.skipped"),
    "audit": (TASK, ""),
    "notifications": (REMINDER, "reminder.due task.overdue"),
}


class Refused(Exception):
    """The operation must not be possible now."""


def refuse_if(condition: bool) -> None:
    if condition:
        raise Refused


@dataclass
class Reminder:
    at: datetime
    minutes: int | None = None
    # Of a snoozed one: the minutes and the instant it was derived for.
    stands_for: tuple[int, datetime] | None = None
    state: str = "pending"
    id: int = 0

    @property
    def promised(self) -> tuple[int, datetime] | None:
        return (self.minutes, self.at) if self.minutes is not None else self.stands_for


@dataclass(frozen=True)
class Event:
    topic: str
    type: str
    task: int
    at: datetime
    # The task's version, or the reminder's instant, or the due date.
    says: Any
    # What the task asked for then, if it was open: (minutes, instant).
    asked: frozenset[tuple[int, datetime]] = frozenset()
    was_open: bool = False

    def concerns(self, consumer: str) -> bool:
        topic, types = WANTS[consumer]
        return self.topic == topic and (not types or self.type in types.split())


@dataclass
class Task:
    id: int
    title: str
    due: datetime | None
    zone: str
    all_day: bool = False
    minutes: list[int] = field(default_factory=list)
    series: Series | None = None
    slot: datetime | None = None
    number: int = 1
    parent: int | None = None
    status: str = "open"
    deleted: bool = False
    version: int = 1
    completed_at: datetime | None = None
    overdue_at: datetime | None = None
    reminders: list[Reminder] = field(default_factory=list)
    # Since when each reminder is asked for without a break; all that were ever asked for before their instant.
    asked_since: dict[tuple[int, datetime], datetime] = field(default_factory=dict)
    rightful: set[tuple[int, datetime]] = field(default_factory=set)

    def asks(self) -> set[tuple[int, datetime]]:
        if self.due is None or self.status != "open" or self.deleted:
            return set()
        return {(minutes, self.due - timedelta(minutes=minutes)) for minutes in self.minutes}

    def over(self) -> datetime | None:
        """When it is overdue: an all-day task when its day has ended."""
        if self.due is None or not self.all_day:
            return self.due
        return instant_of(local_of(self.due, self.zone) + timedelta(days=1), self.zone)

    def watch(self, now: datetime) -> None:
        over = self.over()
        self.overdue_at = over if over is not None and over > now else None

    def put_on_its_day(self) -> None:
        if self.due is not None and self.all_day:
            self.due = instant_of(datetime.combine(local_of(self.due, self.zone), time.min), self.zone)
