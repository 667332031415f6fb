"""Every table of the database, imported in one place for the migrations' sake."""

from db.api_tokens import ApiToken
from db.audit_log import AuditRow
from db.base import Base
from db.conversations import Conversation, Message
from db.dead_letters import DeadLetter
from db.idempotency import IdempotencyKey
from db.inbox import InboxRow
from db.notifications import Notification
from db.outbox import OutboxRow, OutboxState
from db.reminders import Reminder
from db.tags import Tag, TaskTag
from db.tasks import Task
from db.users import User
from db.working_state import WorkingStateRow

__all__ = [
    "ApiToken", "AuditRow", "Base", "Conversation", "DeadLetter", "IdempotencyKey", "InboxRow", "Message",
    "Notification", "OutboxRow", "OutboxState", "Reminder", "Tag", "Task", "TaskTag", "User",
    "WorkingStateRow",
]  # fmt: skip
