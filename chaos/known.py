"""What a simulated user knows of its tasks from acknowledged answers: what the database has to say at the end."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Known:
    """One task as the last acknowledged answer left it.

    `is_left_alone` tasks are never touched again, so that what the workers make of them can be foretold.
    `is_loose` says that repeated attempts may have raised the version further than once each.
    """

    id: str
    title: str
    status: str = "OPEN"
    version: int = 1
    is_deleted: bool = False
    is_recurring: bool = False
    is_left_alone: bool = False
    is_loose: bool = False
    due: datetime | None = None
    minutes: tuple[int, ...] = ()
    reminders: dict[str, datetime] = field(default_factory=dict)


@dataclass
class Account:
    """One simulated user, what is known of its tasks, and what was not as it has to be."""

    name: str
    user_id: int = 0
    tasks: dict[str, Known] = field(default_factory=dict)
    acknowledged: int = 0
    refused: int = 0
    retried: int = 0
    wrong: list[str] = field(default_factory=list)
