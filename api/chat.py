"""The chat: a message is put down, answered by the model and its tools, and the answer is put down.

Servers keep nothing between two messages: what was said is in PostgreSQL, what awaits a yes is working state. While the
model is asked no transaction and no connection is held. A turn that is killed leaves the message and the calls that
were noted; whoever brings the message again goes on from there. See domain/conversations.py for turns, and
api/chat_guard.py for what is not done without a yes.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from graphql import GraphQLSchema
from prometheus_client import Counter

from api import chat_offline
from api.chat_turn import Progress, TurnParts, broken_off, work
from api.chat_words import Noted
from api.graphql.context import Context
from api.limits import Limits
from api.limits_rates import Rates
from api.tools import load_tools
from api.working_state import WorkingState, working_state_of
from config import logs
from config.settings import Settings
from db.conversations import Message
from db.engine import Sessions
from domain import conversations
from domain.conversations import LEASE, Turn
from domain.errors import Conflict, Refusal, Unavailable

if TYPE_CHECKING:
    from api.chat_model import Model

_log = logs.get("api.chat")
_turns = Counter("tickler_chat_turns_total", "Messages to the assistant, by how they were answered.", ["result"])
_FIRST_LOOK, _LONGEST_LOOK = 0.05, 0.5


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as a door was given it."""

    text: str
    conversation_id: str | None = None
    key: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hears:
    """Who is told of the answer while it is made: pieces of text, and calls that have run. Without `text`, nobody."""

    text: Callable[[str], None] | None = None
    tool: Callable[[Noted], None] = lambda _call: None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The reply, or why there is none; both, when it broke off."""

    conversation_id: int | None
    reply: Message | None
    refusal: Refusal | None = None


SILENT: Final = Hears()


class Chat:
    """What a process's chat is made of. `close` it at the end."""

    def __init__(
        self, settings: Settings, sessions: Sessions, rates: Rates, schema: GraphQLSchema, limits: Limits
    ) -> None:
        self._settings, self._sessions, self._rates = settings, sessions, rates
        self._state: WorkingState = working_state_of(settings, sessions)
        self._model = _model(settings)
        self._parts = TurnParts.of(settings, self._state, load_tools(schema), schema, limits)
        self.seconds = settings.chat_seconds
        # Whoever answers now: none is left behind with what it has said.
        self._answering: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        for task in list(self._answering):
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        if self._model is not None:
            await self._model.close()
        await self._state.close()

    async def answer(self, context: Context, sent: Sent, hears: Hears = SILENT) -> Outcome:
        """Answers a message. Raises a Refusal for one that is not even put down."""
        text = conversations.clean_message(sent.text)
        earlier = await self._earlier(context, sent)
        if earlier is not None:
            return Outcome(earlier.conversation_id, earlier)
        await self._rates.chat(context.actor.user_id)
        if self._model is None and chat_offline.line_to_add(text) is None:
            _turns.labels("unavailable").inc()
            raise Unavailable(chat_offline.WHAT_TO_SET)
        deadline = asyncio.get_running_loop().time() + self.seconds
        begun = await self._begin(context, sent, text, deadline)
        if isinstance(begun, Message):
            return Outcome(begun.conversation_id, begun)
        if self._model is None:
            return await self._offline(context, begun)
        return await self._answered(context, begun, self._model, hears, deadline)

    async def _earlier(self, context: Context, sent: Sent) -> Message | None:
        if sent.key is None:
            return None
        async with context.reading() as session:
            return await conversations.reply_to_key(session, context.actor, sent.key)

    async def _begin(self, context: Context, sent: Sent, text: str, deadline: float) -> Turn | Message:
        """The message's turn, or its reply; waits while the conversation's turn is somebody else's."""
        loop, pause = asyncio.get_running_loop(), _FIRST_LOOK
        while True:
            async with self._sessions.begin() as session:
                begun = await conversations.begin(
                    session, context.actor, conversation_id=sent.conversation_id, text=text, key=sent.key
                )
            if begun is not None:
                return begun
            if loop.time() + pause >= deadline:
                raise Conflict("another message of this conversation is being answered; try again")
            await asyncio.sleep(pause)
            pause = min(_LONGEST_LOOK, pause * 2)

    async def _offline(self, context: Context, turn: Turn) -> Outcome:
        """One transaction for the task and the reply."""
        line = chat_offline.line_to_add(turn.text) or turn.text
        try:
            async with self._sessions.begin() as session:
                text, call = await chat_offline.add(session, context.actor, turn, line, now=context.now)
                reply = await conversations.finish(session, context.actor, turn, text=text, calls=[call])
        except BaseException:
            await self._release(turn)
            raise
        _turns.labels("offline").inc()
        return Outcome(turn.conversation_id, reply)

    async def _answered(self, context: Context, turn: Turn, model: "Model", hears: Hears, deadline: float) -> Outcome:
        progress = Progress(turn, list(turn.calls), hears.text, hears.tool)
        if (task := asyncio.current_task()) is not None:
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        limit = asyncio.timeout_at(deadline)
        try:
            async with limit, self._held(turn):
                text = await work(self._parts, model, context, progress, deadline)
                async with self._sessions.begin() as session:
                    reply = await conversations.finish(session, context.actor, turn, text=text, calls=progress.calls)
        except asyncio.CancelledError:
            _turns.labels("left").inc()
            await self._put_down(context, progress)
            raise
        except Exception as error:
            stored = await self._put_down(context, progress)
            refusal = _refusal(error, self.seconds, is_late=limit.expired())
            _turns.labels("failed" if refusal is None else "broken off" if stored else "unavailable").inc()
            if refusal is None:
                raise
            return Outcome(turn.conversation_id, stored, refusal)
        _turns.labels("answered").inc()
        return Outcome(turn.conversation_id, reply)

    async def _put_down(self, context: Context, progress: Progress) -> Message | None:
        """The reply that broke off: what was said, and what was done. None where nothing of either was."""
        try:
            text = broken_off(progress)
            if text is None:
                await self._release(progress.turn)
                return None
            async with self._sessions.begin() as session:
                return await conversations.finish(
                    session,
                    context.actor,
                    progress.turn,
                    text=text,
                    calls=[call for call in progress.calls if "result" in call],
                )
        except Exception:  # noqa: BLE001 - what has led here is told; this is only logged
            # The message can be brought again; there is nothing else to be done about it here.
            _log.exception("a broken answer could not be put down")
            return None

    async def _release(self, turn: Turn) -> None:
        with contextlib.suppress(Exception):
            async with self._sessions.begin() as session:
                await conversations.release(session, turn)

    @contextlib.asynccontextmanager
    async def _held(self, turn: Turn) -> AsyncIterator[None]:
        """Says again and again that the turn goes on."""

        async def say() -> None:
            while True:
                await asyncio.sleep(LEASE.total_seconds() / 3)
                try:
                    async with self._sessions.begin() as session:
                        await conversations.hold(session, turn)
                except Conflict:
                    # The next note finds out.
                    return
                except Exception:  # noqa: BLE001 - the database may be away for a moment
                    _log.exception("a turn could not be held")

        saying = asyncio.create_task(say())
        try:
            yield
        finally:
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)


def _model(settings: Settings) -> "Model | None":
    if settings.openai_api_key is None:
        return None
    from api.chat_model import Model  # noqa: PLC0415 - takes the better part of a second, and few need it

    return Model(settings)


def _refusal(error: Exception, seconds: float, *, is_late: bool) -> Refusal | None:
    if is_late:
        return Unavailable(f"the answer took longer than {seconds:g} s and was given up")
    return error if isinstance(error, Refusal) else None
