"""Conversations with the assistant in the schema: read page by page, and a message sent and answered."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from api.chat import Outcome, Sent
from api.chat_words import Noted
from api.graphql import enums  # noqa: F401 - makes the enums below enums of the schema
from api.graphql.activity import After, First, read_after
from api.graphql.connections import PageInfo, given, page_info, page_size
from api.graphql.context import Context, Info, Input, user_error
from api.graphql.errors import ERRORS, UserError
from api.graphql.scalars import Json
from api.graphql.selection import given_arguments
from db.conversations import Conversation as ConversationRow
from db.conversations import Message
from domain import conversations
from domain.conversations import ChatRole, Page
from domain.errors import Invalid, Refusal

_UNTITLED = "Conversation"


@strawberry.type(description="A tool that the assistant called for a reply, and what it gave.")
class ToolCall:
    name: str = strawberry.field(description="The tool, such as add_task.")
    arguments: Json = strawberry.field(description="What it was called with; text where that was no JSON object.")
    result: Json = strawberry.field(description="What it gave, or its errors.")


@strawberry.type(description="What the user or the assistant said.")
class ChatMessage:
    id: strawberry.ID = strawberry.field(description="A plain integer.")
    role: ChatRole = strawberry.field(description="Who said it.")
    text: str = strawberry.field(description="What was said.")
    tool_calls: list[ToolCall] = strawberry.field(description="What was called for a reply, in that order.")
    created_at: datetime = strawberry.field(description="When it was put down.")


@strawberry.type(description="A message and its place in the conversation.")
class ChatMessageEdge:
    cursor: str = strawberry.field(description="Where it lies in the list.")
    node: ChatMessage = strawberry.field(description="The message.")


@strawberry.type(description="A page of messages, oldest first.")
class ChatMessageConnection:
    edges: list[ChatMessageEdge] = strawberry.field(description="The messages with their cursors.")
    nodes: list[ChatMessage] = strawberry.field(description="The messages.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")


async def messages_of(
    root: strawberry.Parent["Conversation"],
    info: Info,
    first: First = 50,
    after: After = strawberry.UNSET,
    last: Annotated[
        int | None, strawberry.argument(description="The last ones instead of the first, 1 to 100.")
    ] = strawberry.UNSET,
    before: Annotated[
        str | None, strawberry.argument(description="The cursor to end before; with last.")
    ] = strawberry.UNSET,
) -> ChatMessageConnection:
    """The messages of one conversation; for all conversations of a list together with one statement."""
    context, list_name = info.context, f"messages/{info.context.actor.user_id}"
    wanted_last, wanted_before = given(last), given(before)
    backward = wanted_last is not None or wanted_before is not None
    if backward and (given(after) is not None or ("first" in given_arguments(info) and first is not None)):
        raise Invalid("cannot be used together with last or before", ["first" if given(after) is None else "after"])
    if backward:
        size = page_size(wanted_last, field="last")
        beyond = read_after(context, list_name, wanted_before)
    else:
        size, beyond = page_size(first), read_after(context, list_name, given(after))
    page = await _loader(context, size, beyond, backward=backward).load(int(root.id))
    nodes = [message_out(row) for row in page.rows]
    cursors = [context.cursors.write(list_name, [row.id]) for row in page.rows]
    return ChatMessageConnection(
        edges=[ChatMessageEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(
            cursors,
            has_next=beyond is not None if backward else page.has_more,
            has_previous=page.has_more if backward else beyond is not None,
        ),
    )


@strawberry.type(description="What the user and the assistant said to each other.")
class Conversation:
    id: strawberry.ID = strawberry.field(description="A plain integer.")
    title: str = strawberry.field(description="How it began.")
    created_at: datetime = strawberry.field(description="When it began.")
    messages: ChatMessageConnection = strawberry.field(
        resolver=messages_of, description="The messages, oldest first; `last` gives the newest."
    )


@strawberry.type(description="A conversation and its place in the list.")
class ConversationEdge:
    cursor: str = strawberry.field(description="Where it lies in the list.")
    node: Conversation = strawberry.field(description="The conversation.")


@strawberry.type(description="A page of conversations, newest first.")
class ConversationConnection:
    edges: list[ConversationEdge] = strawberry.field(description="The conversations with their cursors.")
    nodes: list[Conversation] = strawberry.field(description="The conversations.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")


@strawberry.input(description="Something to say to the assistant.")
class SendChatMessageInput:
    conversation_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The conversation to go on with; without one, a new one begins."
    )
    text: str = strawberry.field(description="1 to 4000 characters.")
    idempotency_key: UUID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The same key again returns the first reply, or goes on where the first call was ended.",
    )


@strawberry.type(description="The outcome of sendChatMessage.")
class SendChatMessagePayload:
    conversation: Conversation | None = strawberry.field(description="The conversation; null if there is none.")
    reply: ChatMessage | None = strawberry.field(
        description="The reply. Beside errors it is what was said and done before the answer broke off."
    )
    errors: list[UserError] = strawberry.field(description=ERRORS)


async def resolve_conversation(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="Which.")],  # noqa: A002
) -> Conversation | None:
    async with info.context.reading() as session:
        row = await conversations.find(session, info.context.actor, id)
    return None if row is None else conversation_out(row)


async def resolve_conversations(
    info: Info, first: First = 20, after: After = strawberry.UNSET
) -> ConversationConnection:
    context = info.context
    list_name = f"conversations/{context.actor.user_id}"
    size, after_id = page_size(first, default=20), read_after(context, list_name, given(after))
    async with context.reading() as session:
        rows, has_next = await conversations.page(session, context.actor, first=size, after_id=after_id)
    nodes = [conversation_out(row) for row in rows]
    cursors = [context.cursors.write(list_name, [row.id]) for row in rows]
    return ConversationConnection(
        edges=[ConversationEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, has_next=has_next, has_previous=after_id is not None),
    )


async def send_chat_message(info: Info, input: Input[SendChatMessageInput]) -> SendChatMessagePayload:  # noqa: A002 - the contract's name
    context = info.context
    assert context.chat is not None  # noqa: S101 - a door gives it
    sent = Sent(input.text, given(input.conversation_id), given(input.idempotency_key))
    if context.deadline is not None:
        # What loads the payload comes after the turn's own deadline.
        now = asyncio.get_running_loop().time()
        context.deadline.reschedule(max(context.deadline.when() or now, now + context.chat.seconds + 10))
    try:
        outcome = await context.chat.answer(context, sent)
    except Refusal as refusal:
        return SendChatMessagePayload(conversation=None, reply=None, errors=[user_error(refusal, within="input")])
    return await _payload(context, outcome)


async def _payload(context: Context, outcome: Outcome) -> SendChatMessagePayload:
    async with context.reading() as session:
        row = await conversations.find(session, context.actor, str(outcome.conversation_id))
    refusal = outcome.refusal
    return SendChatMessagePayload(
        conversation=None if row is None else conversation_out(row),
        reply=None if outcome.reply is None else message_out(outcome.reply),
        errors=[] if refusal is None else [user_error(refusal, within="input")],
    )


def conversation_out(row: ConversationRow) -> Conversation:
    return Conversation(id=strawberry.ID(str(row.id)), title=row.title or _UNTITLED, created_at=row.created_at)


def message_out(row: Message) -> ChatMessage:
    return ChatMessage(
        id=strawberry.ID(str(row.id)),
        role=ChatRole(row.role),
        text=row.content,
        tool_calls=tool_calls_out(row.tool_calls if row.role == ChatRole.ASSISTANT else ()),
        created_at=row.created_at,
    )


def tool_calls_out(calls: Sequence[Noted]) -> list[ToolCall]:
    return [
        ToolCall(name=call["name"], arguments=Json(call["arguments"]), result=Json(call.get("result")))
        for call in calls
    ]


def _loader(context: Context, size: int, beyond: int | None, *, backward: bool) -> DataLoader[int, Page]:
    async def load(ids: list[int]) -> list[Page]:
        async with context.reading() as session:
            pages = await conversations.messages(
                session, context.actor, ids, size=size, beyond_id=beyond, backward=backward
            )
        return [pages[each] for each in ids]

    key = ("messages", size, beyond, backward)
    if key not in context.loaders:
        context.loaders[key] = DataLoader(load)
    return context.loaders[key]
