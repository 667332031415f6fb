"""The chat without a language model: a message that says it adds a task is read by quick add; no other is answered.

Nothing is guessed: the message has to begin with words such as `add`, `new task`, `remind me to`, `neue Aufgabe`. What
follows them is a line of quick add (docs/graphql.md), and the reply says that it was read that way.
"""

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.chat_guard import key_of_call
from api.chat_words import Noted
from domain import notifications, quick_add_task
from domain.actors import Actor
from domain.conversations import Turn
from domain.values import rfc3339

_TASK = r"(task|to-?do|item|entry)"
_ADDS: Final = re.compile(
    rf"\s*(please\s+)?((add|create|make)\s+(me\s+)?(an?\s+)?(new\s+)?{_TASK}\b|add\b|new\s+{_TASK}\b|{_TASK}(?=\s*:)|"
    r"(bitte\s+)?((erstelle|mach|leg|lege)\s+)?(eine\s+)?neue\s+aufgabe\b|aufgabe(?=\s*:)|hinzufügen(?=\s*:)|füge\b)"
    r"\s*[:,-]?\s+(?P<line>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
# Quick add understands these itself.
_REMINDS: Final = re.compile(r"\s*(remind me (to|of|about)\b|erinnere? mich\b).*\S", re.IGNORECASE | re.DOTALL)
_GERMAN_END: Final = re.compile(r"(^|\s+)hinzu[.!]?\s*$", re.IGNORECASE)

WHAT_TO_SET: Final = (
    "the chat needs a language model: set OPENAI_API_KEY, and OPENAI_BASE_URL for another server than OpenAI's. "
    "Without one it adds tasks only: begin the message with the word add"
)


def line_to_add(text: str) -> str | None:
    """The line of quick add in a message; None for a message that does not say that it adds a task."""
    if _REMINDS.fullmatch(text):
        return text.strip()
    match = _ADDS.fullmatch(text)
    if match is None:
        return None
    if not match[0].lstrip().casefold().startswith("füge"):
        return match["line"]
    return _GERMAN_END.sub("", match["line"]) or None


async def add(session: AsyncSession, actor: Actor, turn: Turn, line: str, *, now: datetime) -> tuple[str, Noted]:
    """Makes the task; the reply to it and the call that it was. Repeated for the same message, it is made once."""
    key = key_of_call(turn.message_id, 0, 0)
    task = await quick_add_task.quick_add_task(session, actor, line, time_zone=None, idempotency_key=UUID(key), now=now)
    due = f", {notifications.due_text(task).lower()[:4]}{notifications.due_text(task)[4:]}" if task.due_date else ""
    result = {
        "task_id": str(task.id),
        "status": task.status.name,
        "title": task.title,
        "dueDate": rfc3339(task.due_date) if task.due_date else None,
        "recurrence": task.recurrence_rule,
    }
    text = f"Added “{task.title}” ({task.id}){due}. There is no language model here: this was read by quick add."
    return text, {
        "round": 0, "id": "quick_add", "name": "quick_add", "arguments": {"text": line}, "key": key, "result": result,
    }  # fmt: skip
