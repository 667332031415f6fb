"""The domain's enums with the descriptions that the schema gives their values."""

from enum import Enum

import strawberry

from db.tasks import Priority, TaskStatus
from domain.conversations import ChatRole
from domain.notifications import NotificationKind
from domain.recurrence import Anchor, Pattern
from domain.task_lists import TaskSortField


def _describe(kind: type[Enum], name: str, description: str, values: dict[str, str]) -> None:
    """Makes a domain enum an enum of the schema, every value described."""
    strawberry.enum(kind, name=name, description=description)
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[value.name]


_describe(
    TaskStatus,
    "TaskStatus",
    "Whether a task is still to be done.",
    {
        "OPEN": "Still to be done.",
        "COMPLETED": "Done.",
        "SKIPPED": "An occurrence that was left out; the series went on.",
    },
)
_describe(
    Priority,
    "Priority",
    "How much a task matters; sorts from NONE to URGENT.",
    {
        "NONE": "No priority was set.",
        "LOW": "Can wait.",
        "MEDIUM": "Should be done.",
        "HIGH": "Matters.",
        "URGENT": "Before everything else.",
    },
)
_describe(
    ChatRole,
    "ChatRole",
    "Who says something in a conversation.",
    {"USER": "The user.", "ASSISTANT": "The assistant."},
)
_describe(
    Pattern,
    "RecurrencePattern",
    "A recurrence that needs no rule.",
    {
        "DAILY": "Every so many days.",
        "WEEKLY": "Every so many weeks, on the weekday of the due date.",
        "MONTHLY": "Every so many months, on the day of the due date, or the month's last day where it is shorter.",
        "YEARLY": "Every so many years, on the date of the due date; 29 February is 28 February in other years.",
        "CUSTOM": "A rule that pattern and interval cannot say. Only read, never given.",
    },
)
_describe(
    Anchor,
    "RecurrenceAnchor",
    "Where the next occurrence is counted from when this one is completed.",
    {
        "EVERY_SLOT": "The slot after this one, even if it is already past.",
        "NEXT_SLOT": "The first slot after now; missed ones are left out.",
        "COMPLETION": "One interval after the moment of completion.",
    },
)
_describe(
    NotificationKind,
    "NotificationKind",
    "What a notification tells of.",
    {
        "REMINDER_DUE": "A reminder's instant has come.",
        "TASK_OVERDUE": "A task was not completed by its due date.",
        "RECURRENCE_SPAWNED": "The next occurrence of a recurring task is there.",
    },
)
_describe(
    TaskSortField,
    "TaskSortField",
    "What tasks can be sorted by.",
    {
        "DUE_DATE": "When the task is due.",
        "PRIORITY": "NONE to URGENT.",
        "CREATED_AT": "When it was created.",
        "UPDATED_AT": "When it was last changed.",
        "COMPLETED_AT": "When it was completed.",
        "TITLE": "The title, ignoring case.",
        "RELEVANCE": "Found in the title first, and newest first; ASC is the other way round. Only with a search.",
    },
)


@strawberry.enum(description="The direction of a sort.")
class SortDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="The smallest, earliest or first in the alphabet first.")
    DESC = strawberry.enum_value("DESC", description="The largest, latest or last in the alphabet first.")


@strawberry.enum(description="Where rows without a value go in a sort.")
class NullsOrder(Enum):
    FIRST = strawberry.enum_value("FIRST", description="Before all others.")
    LAST = strawberry.enum_value("LAST", description="After all others.")


@strawberry.enum(description="Where a reminder stands.")
class ReminderState(Enum):
    SCHEDULED = strawberry.enum_value("SCHEDULED", description="Its instant is still to come.")
    SENT = strawberry.enum_value("SENT", description="It has fired.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="Its task was completed, deleted or moved first.")


@strawberry.enum(description="A way in which notifications reach a user.")
class NotificationChannel(Enum):
    IN_APP = strawberry.enum_value("IN_APP", description="In Tickler itself; always on.")
