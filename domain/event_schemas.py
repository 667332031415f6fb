"""What each event looks like, for people and programs that read them: the models behind graph/events.asyncapi.yaml.

Documentation only: events are written by the use-cases and read by domain.events, neither of which goes through these
models. That real records are as described here is tested (tests/workers/test_event_contract.py).

A field is added, never renamed or removed; who reads an event ignores what it does not know.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema, create_model
from typing_extensions import TypedDict  # typing's is not enough for pydantic before Python 3.12

from domain.events import REMINDERS, TASK_EVENTS, TASK_UPDATES, EventType
from domain.updates import SNAPSHOT

_SECOND = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_TWO = Field(min_length=2, max_length=2)
_ALL_DAY = "An all-day task's is the start of that day in its time zone."
_RULE = "An RRULE of RFC 5545; null for a task that does not recur."


def _text(**schema: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **schema})


Instant = Annotated[str, _text(format="date-time", pattern=_SECOND + r"(\.\d{6})?Z$")]
MicroInstant = Annotated[str, _text(format="date-time", pattern=_SECOND + r"\.\d{6}Z$")]
LocalTime = Annotated[str, _text(pattern=_SECOND + r"(\.\d{6})?$")]
Uuid = Annotated[str, _text(format="uuid")]
Id = Annotated[int, Field(ge=1, lt=2**63)]
UserId = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,18}$")]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Minutes = Annotated[int, Field(ge=0)]
Status = Literal["open", "completed", "skipped"]
Priority = Literal["none", "low", "medium", "high", "urgent"]


class Changes(TypedDict, total=False):
    """What the change was: each field that it touched, with its value before and after. Empty for a new task."""

    title: Annotated[list[str], _TWO]
    description: Annotated[list[str], _TWO]
    status: Annotated[list[Status], _TWO]
    priority: Annotated[list[Priority], _TWO]
    due_date: Annotated[list[Instant | None], _TWO]
    all_day: Annotated[list[bool], _TWO]
    time_zone: Annotated[list[str], _TWO]
    reminder_minutes: Annotated[list[list[Minutes]], _TWO]
    recurrence_rule: Annotated[list[str | None], _TWO]
    recurrence_anchor: Annotated[list[str | None], _TWO]
    scheduled_for: Annotated[
        list[LocalTime | None], _TWO, Field(description="The place in the series' grid, as local time.")
    ]
    occurrence: Annotated[list[Id], _TWO, Field(description="Counted from 1 within the series.")]
    tags: Annotated[list[list[str] | None], _TWO, Field(description="Before is null where a tag itself was changed.")]
    reminders: Annotated[
        list[Instant | None], _TWO, Field(description="The instant of one reminder that was added, moved or removed.")
    ]
    deleted_at: Annotated[list[Instant | None], _TWO, Field(description="Into the trash, or out of it.")]
    taken_back: Annotated[
        list[bool], _TWO, Field(description="An untouched successor went, as the task before it was reopened.")
    ]
    purged: Annotated[list[bool], _TWO, Field(description="Gone from the trash for good.")]


class TaskState(BaseModel):
    """A task as it is after the change, and what the change was."""

    title: Title
    status: Status
    priority: Priority
    due_date: Instant | None = Field(description=_ALL_DAY)
    all_day: bool
    time_zone: str = Field(description="An IANA name.")
    reminder_minutes: list[Minutes] = Field(description="Minutes before the due date, ascending.", max_length=10)
    recurrence_rule: str | None = Field(description=_RULE)
    parent_task_id: Id | None = Field(description="The occurrence before, of a recurring task.")
    tags: list[str] = Field(description="Names, in the order of lists.")
    version: int = Field(ge=1, description="Grows by one with each change.")
    changes: Changes


class WholeTask(BaseModel):
    """All of a task that changes with its version, as it was when this was written."""

    id: Id
    user_id: UserId
    title: Title
    description: str = Field(max_length=1000)
    status: Status
    priority: Priority
    due_date: Instant | None = Field(description=_ALL_DAY)
    all_day: bool
    time_zone: str = Field(description="An IANA name.")
    reminder_minutes: list[Minutes] = Field(description="Minutes before the due date, ascending.", max_length=10)
    is_recurring: bool
    recurrence_rule: str | None = Field(description=_RULE)
    recurrence_pattern: str | None = Field(description="What the rule comes to, if it is as simple as that.")
    recurrence_interval: int | None = Field(ge=1)
    recurrence_end_date: Instant | None
    recurrence_anchor: str | None
    scheduled_for: LocalTime | None = Field(description="The place in the series' grid, as local time.")
    occurrence: Id = Field(description="Counted from 1 within the series.")
    parent_task_id: Id | None = Field(description="The occurrence before, of a recurring task.")
    series_id: Id | None = Field(description="The first task of the series.")
    version: int = Field(ge=1, description="Grows by one with each change: of two snapshots the higher is the newer.")
    created_at: Instant
    updated_at: Instant
    completed_at: Instant | None
    deleted_at: Instant | None = Field(description="Since when it has been in the trash.")
    tags: list[str] = Field(description="Names, in the order of lists.")
    reminders: list[Instant] = Field(description="Those at fixed times, fired or not; others follow from the minutes.")


class ReminderState(BaseModel):
    """One reminder of a task."""

    reminder_id: Id
    title: str = Field(description="The task's.")
    due_at: Instant | None = Field(description="The task's due date.")
    remind_at: Instant
    minutes_before: Minutes | None = Field(description="Before the due date; null for one at a fixed time.")
    late_by_seconds: float | None = Field(ge=0, description="How late reminder.due is; null for the other types.")


class OverdueTask(BaseModel):
    """A task whose time is over."""

    title: str
    due_at: Instant
    all_day: bool = Field(description="Then it is overdue when the day that begins at due_at is over.")


class Body(BaseModel):
    """The event itself. Who reads only this may ignore the envelope around it."""

    event_id: Uuid = Field(description="The same in every attempt to deliver it: by it, repeated ones are told apart.")
    event_type: str
    timestamp: MicroInstant = Field(description="When the change was made.")
    user_id: UserId = Field(description="Whose task it is; a number as text.")
    task_id: Id
    data: BaseModel


class Envelope(BaseModel):
    """A CloudEvents 1.0 event in structured mode."""

    specversion: Literal["1.0"]
    id: Uuid = Field(description="As data.event_id.")
    source: Literal["tickler"]
    type: str
    subject: str = Field(pattern=r"^task/[1-9][0-9]{0,18}$", description="task/ and the task's id.")
    time: MicroInstant = Field(description="As data.timestamp.")
    datacontenttype: Literal["application/json"]
    traceparent: str = Field(
        pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$", description="W3C Trace Context of the change."
    )
    data: BaseModel


@dataclass(frozen=True, slots=True)
class Told:
    """One type of event: the topic that carries it, what it says of its task, when it comes."""

    topic: str
    data: type[BaseModel]
    when: str


EVENTS: dict[str, Told] = {
    EventType.TASK_CREATED: Told(
        TASK_EVENTS, TaskState, "A task was made: by its user, or as the next occurrence of a recurring one."
    ),
    EventType.TASK_UPDATED: Told(TASK_EVENTS, TaskState, "Fields, tags or reminders of a task were changed."),
    EventType.TASK_COMPLETED: Told(
        TASK_EVENTS, TaskState, "A task was completed. A recurring one gets its next occurrence."
    ),
    EventType.TASK_DELETED: Told(
        TASK_EVENTS, TaskState, "A task went into the trash, or for good (changes: purged, taken_back)."
    ),
    EventType.TASK_REOPENED: Told(TASK_EVENTS, TaskState, "A completed or skipped task was opened again."),
    EventType.TASK_SKIPPED: Told(
        TASK_EVENTS, TaskState, "An occurrence of a recurring task was left out; the next one follows."
    ),
    EventType.TASK_RESTORED: Told(TASK_EVENTS, TaskState, "A task was taken out of the trash."),
    EventType.TASK_OVERDUE: Told(REMINDERS, OverdueTask, "An open task's time is over: once per task and due date."),
    EventType.REMINDER_SCHEDULED: Told(REMINDERS, ReminderState, "A reminder was set, moved, or is wanted again."),
    EventType.REMINDER_DUE: Told(
        REMINDERS, ReminderState, "A reminder's instant has come: its user is to be told now."
    ),
    EventType.REMINDER_CANCELLED: Told(
        REMINDERS, ReminderState, "A reminder will not fire: it was removed or moved, or its task is done or gone."
    ),
    SNAPSHOT: Told(TASK_UPDATES, WholeTask, "A task as it is now. It replaces what the topic said of it before."),
}


def model_of(kind: str) -> type[BaseModel]:
    """The whole record of one type: envelope, body and what it says."""
    told = EVENTS[kind]
    name = "".join(word.capitalize() for word in kind.split("."))
    literal: Any = Literal[str(kind)]
    body = create_model(
        f"{name}Body", __base__=Body, __doc__=Body.__doc__, event_type=(literal, ...), data=(told.data, ...)
    )
    return create_model(name, __base__=Envelope, __doc__=told.when, type=(literal, ...), data=(body, ...))
