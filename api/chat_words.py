"""What the parts of the chat hand to each other: the model's answer, and a call of a tool on its way to its result.

A call that is noted is a JSON object with `round`, `id`, `name`, `arguments` (an object; text where the model wrote no
JSON), `key` (of its idempotency) and, once it has run, `result`. `within` names the call that it was run for: it is
shown to the user, and not to the model, which is shown the other one's result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

# The chat's own tool, there only while something awaits a yes.
CONFIRM: Final = "confirm_changes"
AWAITS: Final = "AWAITS_CONFIRMATION"
# Of one answer, and characters of one call's arguments.
MOST_CALLS: Final = 100
LONGEST_ARGUMENTS: Final = 64_000

Noted = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, and what it wants called. `is_cut`: it would have said more."""

    text: str
    calls: list[Call]
    is_cut: bool = False


def task_id_of(result: Any) -> int | None:
    """The task that a result is about."""
    found = result.get("task_id") if isinstance(result, dict) else None
    return int(found) if isinstance(found, str) and found.isdecimal() else None


def is_held(call: Noted) -> bool:
    result = call.get("result")
    return isinstance(result, dict) and result.get("status") == AWAITS


def is_failed(result: Any) -> bool:
    return not isinstance(result, dict) or bool(result.get("errors"))


_VERBS: Final = {
    "add_task": ("add", "added"),
    "quick_add": ("add", "added"),
    "update_task": ("change", "changed"),
    "complete_task": ("complete", "completed"),
    "delete_task": ("delete", "deleted"),
    "restore_task": ("restore", "restored"),
    "skip_task": ("skip", "skipped"),
    "add_tag": ("make the tag", "made the tag"),
    "set_reminder": ("set a reminder for", "set a reminder for"),
    "snooze_reminder": ("snooze a reminder of", "snoozed a reminder of"),
}


def verb(name: str, *, done: bool) -> str:
    """A tool's name as a word in a sentence."""
    return _VERBS.get(name, (name, name))[done]


def changed(calls: Sequence[Noted]) -> list[Noted]:
    """The calls that changed something."""
    return [
        call
        for call in calls
        if call["name"] in _VERBS and "result" in call and not is_held(call) and not is_failed(call["result"])
    ]


def done_line(call: Noted) -> str:
    result = call["result"]
    title, number = result.get("title") or result.get("name") or "", result.get("task_id")
    return f"{verb(call['name'], done=True)} “{title}”" + (f" ({number})" if number else "")
