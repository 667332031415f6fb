"""One turn: the model is asked, what it calls is run, it is asked again, until it says something and calls nothing.

A plain yes or no to a list is not for the model: the list is run, or dropped, here. How a turn begins and ends, and who
may hold it, is the business of api/chat.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLSchema

from api import chat_guard, chat_prompt
from api.chat_calls import Toolbox, hold_back, noted, own_id
from api.chat_consent import consent
from api.chat_guard import Awaiting, Question
from api.chat_words import CONFIRM, MOST_CALLS, Answer, Noted, changed, done_line, is_failed, is_held
from api.graphql.context import Context
from api.limits import Limits
from api.tools import Tool
from api.working_state import WorkingState
from config.settings import Settings
from domain import conversations
from domain.conversations import Turn
from domain.values import zone

if TYPE_CHECKING:
    from api.chat_model import Model

# A token of English has some four characters, other languages have fewer.
BYTES_PER_TOKEN = 3
_LEFT: Final = "Left as it was: nothing has been changed."
_CANNOT_ASK: Final = "I cannot ask you now, so nothing of this is done. Please try again later."
_BROKE_OFF: Final = "[The answer broke off here.]"
_SAID_NOTHING: Final = "I have no answer to that. Please say it in other words."
# Marks the calls of a list that the user's own yes runs.
_YES: Final = "yes"


@dataclass(frozen=True, slots=True)
class TurnParts:
    """What every turn needs, and no turn changes."""

    settings: Settings
    state: WorkingState
    toolbox: Toolbox
    specs: list[chat_prompt.JsonMessage]

    @classmethod
    def of(
        cls,
        settings: Settings,
        state: WorkingState,
        tools: Mapping[str, Tool],
        schema: GraphQLSchema,
        limits: Limits,
    ) -> "TurnParts":
        chat_guard.check_tools(tools)
        return cls(settings, state, Toolbox(tools, schema, limits), chat_prompt.tool_specs(tools))


@dataclass(slots=True)
class Progress:
    """How far a turn has come. `tell` is told what is said as it is said; None: nobody listens."""

    turn: Turn
    calls: list[Noted]
    tell: Callable[[str], None] | None
    tell_call: Callable[[Noted], None]
    said: str = ""
    is_new_part: bool = False

    def say(self, piece: str) -> None:
        """What is said after calls have been run is a new paragraph."""
        if self.is_new_part and self.said:
            piece = f"\n\n{piece}"
        self.is_new_part = False
        self.said += piece
        if self.tell is not None:
            self.tell(piece)

    def say_part(self, part: str) -> None:
        self.is_new_part = True
        self.say(part)


async def work(parts: TurnParts, model: "Model", context: Context, progress: Progress, deadline: float) -> str:
    """The whole text of the reply. What has been said and called by then, also on a failure, is in `progress`."""
    turn = progress.turn
    question = Question(parts.state, context.actor, turn, minutes=parts.settings.chat_confirm_minutes)

    async def previous_id() -> int | None:
        async with context.reading() as session:
            return await conversations.previous_id(session, turn)

    awaiting = await question.read(previous_id)
    said_yes = consent(turn.text) if awaiting is not None else None
    if awaiting is not None and said_yes is True and not progress.calls:
        progress.calls = _list_of(progress, awaiting, 0, within=_YES)
    if any(call.get("within") == _YES for call in progress.calls):
        await _run(parts, context, progress, question)
        progress.say_part(_report(progress.calls))
    elif said_yes is False:
        await question.settle([])
        progress.say_part(_LEFT)
    else:
        await _talk(parts, model, context, progress, question, awaiting, deadline)
        if not await question.settle(progress.calls):
            progress.say_part(_CANNOT_ASK)
        elif asked := chat_guard.question(progress.calls):
            progress.say_part(asked)
    return progress.said


def broken_off(progress: Progress) -> str | None:
    """What a turn that did not come to its end has to say; None for nothing."""
    done = changed(progress.calls)
    if not progress.said.strip() and not done:
        return None
    return "\n\n".join(part for part in (progress.said.strip(), _BROKE_OFF, _done(done)) if part)


async def _talk(
    parts: TurnParts,
    model: "Model",
    context: Context,
    progress: Progress,
    question: Question,
    awaiting: Awaiting | None,
    deadline: float,
) -> None:
    messages = await _messages(parts, context, progress.turn, awaiting)
    specs = [*parts.specs, *([chat_prompt.confirm_spec()] if awaiting else [])]
    # What an earlier holder of the turn had noted is run first, each call under its key.
    await _run(parts, context, progress, question)
    begun_with = 1 + max((call["round"] for call in progress.calls), default=-1)
    for call_round in range(begun_with, parts.settings.chat_rounds + 1):
        may_call = call_round < parts.settings.chat_rounds
        progress.is_new_part = True
        answer = await model.ask(
            [*messages, *chat_prompt.rounds(progress.calls)],
            specs,
            may_call=may_call,
            deadline=deadline,
            say=progress.say if progress.tell is not None else None,
        )
        if progress.tell is None and answer.text:
            progress.say(answer.text)
        if answer.is_cut and not answer.calls:
            progress.say(" …")
        if not answer.calls or not may_call:
            break
        await _call(parts, context, progress, question, awaiting, answer, call_round)
    if not progress.said.strip():
        progress.say_part(_done(changed(progress.calls)) or _SAID_NOTHING)


async def _messages(
    parts: TurnParts, context: Context, turn: Turn, awaiting: Awaiting | None
) -> list[chat_prompt.JsonMessage]:
    async with context.reading() as session:
        past = await conversations.history(
            session,
            turn,
            most_bytes=parts.settings.chat_history_tokens * BYTES_PER_TOKEN,
            longest_result=chat_prompt.LONGEST_OLD_RESULT,
        )
    prompt = chat_prompt.system_prompt(
        context.now, zone(context.actor.time_zone), awaiting.calls if awaiting is not None else []
    )
    return [
        {"role": "system", "content": prompt},
        *chat_prompt.past(past),
        {"role": "user", "content": turn.text},
    ]


async def _call(
    parts: TurnParts,
    context: Context,
    progress: Progress,
    question: Question,
    awaiting: Awaiting | None,
    answer: Answer,
    call_round: int,
) -> None:
    """Runs what the answer calls, but for what needs a yes."""
    used = {call["id"] for call in progress.calls}
    new = noted(answer.calls, message_id=progress.turn.message_id, call_round=call_round, used=used)
    await hold_back(context, progress.calls, new)
    confirms = next((call for call in new if call["name"] == CONFIRM), None)
    listed: list[Noted] = []
    if awaiting is not None and confirms is not None and not _was_confirmed(progress.calls):
        listed = _list_of(progress, awaiting, call_round, within=confirms["id"])
    progress.calls += [*new, *listed]
    await _run(parts, context, progress, question)


def _was_confirmed(calls: Sequence[Noted]) -> bool:
    return any(call.get("within") for call in calls)


def _list_of(progress: Progress, awaiting: Awaiting, call_round: int, *, within: str) -> list[Noted]:
    # Above the places of the model's own calls.
    ids = [own_id(progress.turn.message_id, call_round, MOST_CALLS + index) for index in range(len(awaiting.calls))]
    return chat_guard.confirmed(awaiting, ids, call_round=call_round, within=within)


async def _run(parts: TurnParts, context: Context, progress: Progress, question: Question) -> None:
    """Runs the calls that have no result yet; first they are noted, so that nobody runs others in their place."""
    waiting = [call for call in progress.calls if "result" not in call]
    if not waiting:
        return
    async with context.sessions.begin() as session:
        await conversations.note(session, progress.turn, progress.calls)
    if any(call.get("within") for call in waiting):
        await question.take()
    # What stands for a list gets its result from it, and so comes last.
    for call in sorted(waiting, key=lambda call: call["name"] == CONFIRM):
        listed = [each for each in progress.calls if each.get("within") == call["id"]]
        if call["name"] == CONFIRM and listed:
            call["result"] = {"results": [{"name": each["name"], **each["result"]} for each in listed]}
        else:
            await parts.toolbox.run(context, call)
        progress.tell_call(call)


def _report(calls: Sequence[Noted]) -> str:
    """What has become of a list."""
    failed = [call for call in calls if is_failed(call["result"])]
    lines = [f"- {call['name']} {_id_of(call)}: {_why(call['result'])}" for call in failed]
    return "\n".join([*([_done(changed(calls))] if changed(calls) else []), *(["Not done:", *lines] if lines else [])])


def _done(calls: Sequence[Noted]) -> str:
    return "\n".join(["Done:", *(f"- {done_line(call)}" for call in calls if not is_held(call))]) if calls else ""


def _id_of(call: Noted) -> str:
    arguments = call["arguments"]
    return str(arguments.get("id", arguments.get("taskId", ""))) if isinstance(arguments, dict) else ""


def _why(result: Any) -> str:
    errors = result.get("errors") if isinstance(result, dict) else None
    return str(errors[0].get("message")) if errors else "it failed"
