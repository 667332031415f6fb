"""Conversations with the assistant: a message is put down, answered by whoever holds its turn, and read page by page.

A turn is the answering of one message. Its holder has the conversation to itself for as long as it goes on saying so
(`hold`): who was killed is succeeded within LEASE, by whoever brings the same message again. What is called for a reply
is noted before it is run, so that the successor runs the same calls under the same keys. Between these short
transactions nothing is held. Talking to the model and running tools is the business of api/chat.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from sqlalchemy import Executable, Integer, Text, bindparam, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import JsonObject
from db.conversations import Conversation, Message
from db.fetch import Statement, fetch
from db.users import User
from domain.actors import Actor
from domain.errors import Conflict, NotFound
from domain.values import clean_text, parse_id

LEASE = timedelta(seconds=15)
_TAKEN_OVER: Final = "somebody else answers this message by now"
LONGEST_TEXT, LONGEST_TITLE = 4_000, 80
# However short they are: more of them say nothing more.
MOST_HISTORY = 200


class ChatRole(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to answer a message. `calls` is what an earlier holder had called, with the results it had."""

    conversation_id: int
    message_id: int
    token: UUID
    text: str
    calls: list[JsonObject]


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Message]
    # Whether there is more beyond the page, in the direction in which it was read.
    has_more: bool


def clean_message(text: str) -> str:
    return clean_text(text, field="text", shortest=1, longest=LONGEST_TEXT)


async def find(session: AsyncSession, actor: Actor, conversation_id: str) -> Conversation | None:
    """The actor's conversation; None for a missing and for a stranger's one alike."""
    number = parse_id(conversation_id)
    if number is None:
        return None
    return await session.scalar(
        select(Conversation).where(Conversation.id == number, Conversation.user_id == actor.user_id)
    )


async def reply_to_key(session: AsyncSession, actor: Actor, key: UUID) -> Message | None:
    """The reply to the message that was sent with this key, if it is there."""
    asked = select(Message.id).where(Message.user_id == actor.user_id, Message.idempotency_key == key)
    return await session.scalar(select(Message).where(Message.in_reply_to == asked.scalar_subquery()))


async def begin(
    session: AsyncSession, actor: Actor, *, conversation_id: str | None, text: str, key: UUID | None
) -> Turn | Message | None:
    """Puts the message down and takes its turn. With a key seen before: that message's reply, or its turn.

    None while somebody else has the conversation's turn; then nothing is written.
    """
    # One at a time: two calls with one key may both be the first.
    await session.execute(select(User.id).where(User.id == actor.user_id).with_for_update(key_share=True))
    message = None if key is None else await _with_key(session, actor, key)
    if message is not None:
        if (reply := await _reply_to(session, message)) is not None:
            return reply
        conversation_id = str(message.conversation_id)
    conversation = await _conversation(session, actor, conversation_id, title=text)
    if conversation is None:
        return None
    if message is not None:
        # Again, now that the conversation is locked: who had the turn may have put the reply down in the meantime.
        if (reply := await _reply_to(session, message)) is not None:
            return reply
        await session.refresh(message)
    if message is None:
        message = Message(
            conversation_id=conversation.id,
            user_id=actor.user_id,
            role=ChatRole.USER,
            content=text,
            tool_calls=[],
            idempotency_key=key,
            created_at=func.clock_timestamp(),
        )
        session.add(message)
    conversation.turn_token = token = uuid4()
    conversation.turn_until = func.clock_timestamp() + LEASE
    conversation.updated_at = func.clock_timestamp()
    await session.flush()
    return Turn(conversation.id, message.id, token, message.content, message.tool_calls)


async def previous_id(session: AsyncSession, turn: Turn) -> int | None:
    """The user's message before the turn's own."""
    return await session.scalar(
        select(func.max(Message.id)).where(
            Message.conversation_id == turn.conversation_id,
            Message.role == ChatRole.USER,
            Message.id < turn.message_id,
        )
    )


async def hold(session: AsyncSession, turn: Turn) -> None:
    """Says that the turn goes on. Raises Conflict when it is somebody else's by now."""
    if not await _keep(session, turn, turn_until=func.clock_timestamp() + LEASE):
        raise Conflict(_TAKEN_OVER)


async def note(session: AsyncSession, turn: Turn, calls: Sequence[JsonObject]) -> None:
    """Notes what the turn calls and has called. Raises Conflict as `hold` does."""
    await hold(session, turn)
    await session.execute(_noted(turn, calls))


async def finish(session: AsyncSession, actor: Actor, turn: Turn, *, text: str, calls: Sequence[JsonObject]) -> Message:
    """Puts the reply down and gives the turn back. Raises Conflict as `hold` does."""
    if not await release(session, turn):
        raise Conflict(_TAKEN_OVER)
    # What was noted is the reply's now.
    await session.execute(_noted(turn, []))
    reply = Message(
        conversation_id=turn.conversation_id,
        user_id=actor.user_id,
        role=ChatRole.ASSISTANT,
        content=text,
        tool_calls=list(calls),
        in_reply_to=turn.message_id,
        created_at=func.clock_timestamp(),
    )
    session.add(reply)
    await session.flush()
    return reply


async def release(session: AsyncSession, turn: Turn) -> bool:
    """Gives the turn back; the message may be answered by whoever brings it again. False when it is not ours by now."""
    return await _keep(session, turn, turn_token=None, turn_until=None)


async def history(
    session: AsyncSession, turn: Turn, *, most_bytes: int, longest_result: int
) -> Sequence[tuple[str, str, list[JsonObject]]]:
    """Role, text and calls of the newest messages before the turn's own that fit, oldest first.

    A result counts `longest_result` bytes at most: its reader shows no more of it.
    """
    rows = await fetch(
        session,
        _HISTORY,
        conversation_id=turn.conversation_id,
        message_id=turn.message_id,
        most_bytes=most_bytes,
        longest_result=longest_result,
    )
    return [(row.role, row.content, _calls(row.tool_calls)) for row in rows]


def _calls(stored: str | list[JsonObject]) -> list[JsonObject]:
    """What db.fetch gives as the text that the database sends."""
    calls: list[JsonObject] = orjson.loads(stored) if isinstance(stored, str) else stored
    return calls


def _history() -> Statement:
    newest = (
        select(Message.id, Message.role, Message.content, Message.tool_calls)
        .where(Message.conversation_id == bindparam("conversation_id"), Message.id < bindparam("message_id"))
        .order_by(Message.id.desc())
        .limit(MOST_HISTORY)
        .subquery()
    )
    call = func.jsonb_array_elements(newest.c.tool_calls).column_valued("call")
    written = func.octet_length(cast(call, Text))
    result = func.coalesce(func.octet_length(cast(call.op("->")("result"), Text)), 0)
    counted_result = func.least(result, bindparam("longest_result", type_=Integer))
    of_calls = select(func.sum(written - result + counted_result)).scalar_subquery()
    size = func.octet_length(newest.c.content) + func.coalesce(of_calls, 0)
    counted = select(newest, func.sum(size).over(order_by=newest.c.id.desc()).label("spent")).subquery()
    return Statement(
        select(counted.c.role, counted.c.content, counted.c.tool_calls)
        .where(counted.c.spent <= bindparam("most_bytes", type_=Integer))
        .order_by(counted.c.id)
    )


_HISTORY: Final = _history()


async def page(
    session: AsyncSession, actor: Actor, *, first: int, after_id: int | None
) -> tuple[list[Conversation], bool]:
    """The actor's conversations, newest first, and whether there are more."""
    query = select(Conversation).where(Conversation.user_id == actor.user_id)
    if after_id is not None:
        query = query.where(Conversation.id < after_id)
    rows = list(await session.scalars(query.order_by(Conversation.id.desc()).limit(first + 1)))
    return rows[:first], len(rows) > first


async def messages(
    session: AsyncSession,
    actor: Actor,
    conversation_ids: Sequence[int],
    *,
    size: int,
    beyond_id: int | None,
    backward: bool,
) -> Mapping[int, Page]:
    """One page for each of the conversations, oldest message first, with one statement for all of them.

    With `backward` it is the last `size` messages, or the last ones before `beyond_id`.
    """
    place = func.row_number().over(
        partition_by=Message.conversation_id, order_by=Message.id.desc() if backward else Message.id
    )
    ranked = select(Message.id, place.label("place")).where(
        Message.user_id == actor.user_id, Message.conversation_id.in_(conversation_ids)
    )
    if beyond_id is not None:
        ranked = ranked.where(Message.id < beyond_id if backward else Message.id > beyond_id)
    chosen = ranked.subquery()
    rows = await session.scalars(
        select(Message).join(chosen, chosen.c.id == Message.id).where(chosen.c.place <= size + 1).order_by(Message.id)
    )
    found: dict[int, list[Message]] = {each: [] for each in conversation_ids}
    for row in rows:
        found[row.conversation_id].append(row)
    return {each: Page(rows[-size:] if backward else rows[:size], len(rows) > size) for each, rows in found.items()}


async def _keep(session: AsyncSession, turn: Turn, **values: Any) -> bool:
    """Writes to the conversation if its turn is still this one."""
    kept = await session.execute(
        update(Conversation)
        .where(Conversation.id == turn.conversation_id, Conversation.turn_token == turn.token)
        .values(**values)
        .returning(Conversation.id)
        .execution_options(synchronize_session=False)
    )
    return kept.one_or_none() is not None


def _noted(turn: Turn, calls: Sequence[JsonObject]) -> Executable:
    return (
        update(Message)
        .where(Message.id == turn.message_id)
        .values(tool_calls=list(calls))
        .execution_options(synchronize_session=False)
    )


async def _with_key(session: AsyncSession, actor: Actor, key: UUID) -> Message | None:
    return await session.scalar(select(Message).where(Message.user_id == actor.user_id, Message.idempotency_key == key))


async def _reply_to(session: AsyncSession, message: Message) -> Message | None:
    return await session.scalar(select(Message).where(Message.in_reply_to == message.id))


async def _conversation(
    session: AsyncSession, actor: Actor, conversation_id: str | None, *, title: str
) -> Conversation | None:
    """The one to go on with, locked, or a new one; None while its turn is taken."""
    if conversation_id is None:
        new = Conversation(user_id=actor.user_id, title=" ".join(title.split())[:LONGEST_TITLE])
        session.add(new)
        await session.flush()
        return new
    free = (Conversation.turn_until.is_(None)) | (Conversation.turn_until <= func.clock_timestamp())
    found = (
        await session.execute(
            select(Conversation, free)
            .where(Conversation.id == (parse_id(conversation_id) or -1), Conversation.user_id == actor.user_id)
            .with_for_update()
        )
    ).one_or_none()
    if found is None:
        raise NotFound("there is no such conversation", ["conversation_id"])
    conversation, is_free = found
    return conversation if is_free else None
