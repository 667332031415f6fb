"""What is not done without a yes: changes of more than one task that is already there, in one turn.

It does not matter what the model says or was talked into: the first such task of a turn is changed at once, and every
call that would change another one is put on a list, which is shown to the user. Only the user's next message can have
the list run, and nothing but the list, each call once. It is working state (api/working_state.py): when it is gone,
nothing is done.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from api.chat_words import AWAITS, Noted, is_held, task_id_of, verb
from api.tools import Tool
from api.working_state import WorkingState, key_of
from config import logs
from domain.actors import Actor
from domain.conversations import Turn
from domain.values import parse_id

_log = logs.get("api.chat")
# Which argument says what task a tool changes.
_TARGETS: Final = {
    "update_task": "id",
    "complete_task": "id",
    "delete_task": "id",
    "restore_task": "id",
    "skip_task": "id",
    "set_reminder": "taskId",
}
# They make something new, or move when something is told.
_FREE: Final = {"add_task", "add_tag", "snooze_reminder"}
MOST_AWAITING = 100
_KEYS: Final = UUID("6f3c0a55-2f0c-5d0e-9a41-6d0f3f1f6b0a")
_NAME: Final = "awaiting"


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A list that a yes runs: of the turn of `message_id`. `etag` says which one was read."""

    message_id: int
    calls: list[dict[str, Any]]
    etag: str


def check_tools(tools: Mapping[str, Tool]) -> None:
    """Raises ValueError for a tool of which nobody has said whether it may be called for many tasks at once."""
    unsaid = [name for name, tool in tools.items() if not tool.is_read_only and name not in {*_TARGETS, *_FREE}]
    if unsaid:
        raise ValueError(f"say in _TARGETS or _FREE of api/chat_guard.py what these change: {', '.join(unsaid)}")


def key_of_call(message_id: int, call_round: int, index: int) -> str:
    """The idempotency key of a call: the same whenever the same call is run again."""
    return str(uuid5(_KEYS, f"{message_id}/{call_round}/{index}"))


def target(call: Noted) -> int | None:
    """The task that a call changes, if it is one that changes a task which is there."""
    argument = _TARGETS.get(call["name"])
    if argument is None or not isinstance(call["arguments"], dict):
        return None
    return parse_id(str(call["arguments"].get(argument, "")))


def targets(calls: Sequence[Noted]) -> list[int]:
    return [found for found in map(target, calls) if found is not None]


def hold(earlier: Sequence[Noted], new: Sequence[Noted], titles: Mapping[int, str]) -> None:
    """Gives those of the new calls their result that are not run. `titles` has the user's own tasks, by id.

    Calls about other ids are run: they are answered as not found.
    """
    made = {task_id_of(call["result"]) for call in earlier if call["name"] == "add_task" and "result" in call}
    touched = {
        target(call) for call in earlier if "result" in call and not is_held(call) and target(call) in titles
    } - made
    wanted = {each for each in targets(new) if each in titles} - made
    asked = any(is_held(call) for call in earlier)
    if not asked and len(touched | wanted) <= 1:
        return
    waiting = sum(is_held(call) for call in earlier)
    for call in new:
        number = target(call)
        if number is None or number not in wanted - touched:
            continue
        waiting += 1
        call["result"] = _held(number, titles[number]) if waiting <= MOST_AWAITING else _too_many()


def _held(number: int, title: str) -> dict[str, Any]:
    return {
        "status": AWAITS,
        "task_id": str(number),
        "title": title,
        "note": "Not done: several tasks are changed only after the user's yes. The list is shown to the user; ask.",
    }


def _too_many() -> dict[str, Any]:
    message = f"at most {MOST_AWAITING} changes can be asked for at once"
    return {"errors": [{"code": "LIMIT_REACHED", "message": message, "path": []}]}


def question(calls: Sequence[Noted]) -> str:
    """The list as the user is shown it; empty where nothing awaits a yes."""
    lines = list(dict.fromkeys(_line(call) for call in calls if is_held(call)))
    if not lines:
        return ""
    return "\n".join(["Not done yet. Answer yes (ja) to do all of this, or no (nein):", *lines])


def _line(call: Noted) -> str:
    result = call["result"]
    more = {name: value for name, value in call["arguments"].items() if name != _TARGETS[call["name"]]}
    said = ", ".join(f"{name}: {_short(value)}" for name, value in more.items())
    return f"- {verb(call['name'], done=False)} “{result['title']}” ({result['task_id']})" + (
        f": {said}" if said else ""
    )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 - as much as a line bears


class Question:
    """What awaits a yes in a conversation."""

    def __init__(self, state: WorkingState, actor: Actor, turn: Turn, *, minutes: float) -> None:
        self._state, self._turn = state, turn
        self._key = key_of(actor, turn.conversation_id, _NAME)
        self._ttl = timedelta(minutes=minutes)
        self._etag: str | None = None

    async def read(self, previous_id: Callable[[], Awaitable[int | None]]) -> Awaiting | None:
        """The list of the user's last message before this one; None for none, an older one, or one that is gone.

        `previous_id` looks for that message: only where there is a list at all.
        """
        try:
            found = await self._state.get(self._key)
        except Exception:  # noqa: BLE001 - without it nothing awaits a yes, which is safe
            _log.exception("working state cannot be read")
            return None
        if found is None:
            return None
        self._etag = found.etag
        if found.value["message_id"] != await previous_id():
            return None
        return Awaiting(found.value["message_id"], found.value["calls"], found.etag)

    async def settle(self, calls: Sequence[Noted]) -> bool:
        """Leaves what this turn asks, and nothing of an earlier turn. Whether the user can be asked."""
        asked = _distinct(calls)
        try:
            if asked:
                value = {"message_id": self._turn.message_id, "calls": asked}
                await self._state.put(self._key, value, etag=self._etag, ttl=self._ttl)
            elif self._etag is not None:
                await self._state.delete(self._key, etag=self._etag)
        except Exception:  # noqa: BLE001 - the user is told
            _log.exception("working state cannot be written")
            return not asked
        return True

    async def take(self) -> None:
        """The list is run: nobody else may. Raises Conflict when somebody was quicker."""
        await self._state.delete(self._key, etag=self._etag)
        self._etag = None


def _distinct(calls: Sequence[Noted]) -> list[dict[str, Any]]:
    held = [
        {"name": call["name"], "arguments": call["arguments"], "title": call["result"]["title"]}
        for call in calls
        if is_held(call)
    ]
    return [call for place, call in enumerate(held) if call not in held[:place]]


def confirmed(awaiting: Awaiting, ids: Sequence[str], *, call_round: int, within: str) -> list[Noted]:
    """The calls of a list as they are to be run. Their keys are the list's: it runs once, whoever says yes twice."""
    return [
        {
            "round": call_round,
            "id": ids[index],
            "name": call["name"],
            "arguments": call["arguments"],
            "key": str(uuid5(_KEYS, f"{awaiting.message_id}/asked/{index}")),
            "within": within,
        }
        for index, call in enumerate(awaiting.calls)
    ]
