"""The schema, put together from the nouns. graph/schema.graphql is exported from here and diffed."""

from graphql import GraphQLSchema
from strawberry import Schema, field, mutation, type  # noqa: A004 - strawberry's own names
from strawberry.schema.config import StrawberryConfig

from api.graphql.activity import resolve_activity
from api.graphql.api_tokens import create_api_token, resolve_api_tokens, revoke_api_token
from api.graphql.chat import resolve_conversation, resolve_conversations, send_chat_message
from api.graphql.notifications import mark_read, resolve_notifications, resolve_unread_count
from api.graphql.quick_add import parse_quick_add, quick_add_task
from api.graphql.recurrences import preview_recurrence
from api.graphql.reminder_mutations import add_reminder, remove_reminder, snooze_reminder
from api.graphql.scalars import SCALARS
from api.graphql.stats import resolve_stats
from api.graphql.tags import create_tag, delete_tag, resolve_tag, resolve_tags, update_tag
from api.graphql.task_fields import resolve_task, resolve_tasks
from api.graphql.task_mutations import (
    complete_task,
    complete_tasks,
    create_task,
    delete_task,
    delete_tasks,
    reopen_task,
    restore_task,
    skip_task,
    update_task,
    update_tasks,
)
from api.graphql.users import (
    delete_account,
    resolve_viewer,
    sign_in,
    sign_out,
    sign_out_everywhere,
    sign_up,
    update_viewer,
)


@type(description="What can be read. Everything is the caller's own.")
class Query:
    viewer = field(resolver=resolve_viewer, description="Who is calling.")
    task = field(resolver=resolve_task, description="One task, in the trash or not; null for a missing or foreign one.")
    tasks = field(resolver=resolve_tasks, description="Tasks by filter, search and sort, page by page.")
    tag = field(resolver=resolve_tag, description="One tag; null for a missing or foreign one.")
    tags = field(resolver=resolve_tags, description="All tags by name.")
    notifications = field(resolver=resolve_notifications, description="Notifications, newest first.")
    unread_notification_count = field(
        resolver=resolve_unread_count, description="How many notifications have not been read."
    )
    activity = field(resolver=resolve_activity, description="What happened to all tasks, newest first.")
    stats = field(resolver=resolve_stats, description="Numbers for a dashboard.")
    conversation = field(
        resolver=resolve_conversation, description="One conversation; null for a missing or foreign one."
    )
    conversations = field(resolver=resolve_conversations, description="Conversations with the assistant, newest first.")
    api_tokens = field(resolver=resolve_api_tokens, description="The viewer's API tokens, newest first.")
    preview_recurrence = field(
        resolver=preview_recurrence, description="What a rule means before it is saved. INVALID for a bad one."
    )
    parse_quick_add = field(
        resolver=parse_quick_add, description="What a quick-add line is understood as. Nothing is saved."
    )


@type(description="What can be changed. Each field is a transaction of its own.")
class Mutation:
    sign_up = mutation(resolver=sign_up, description="Makes an account and signs in. Open without a token.")
    sign_in = mutation(
        resolver=sign_in,
        description="Gives a token for an e-mail address and password. Open without a token.",
    )
    sign_out = mutation(
        resolver=sign_out,
        description="Takes its session's cookie from a browser; a token stays good. Open without a token.",
    )
    update_viewer = mutation(resolver=update_viewer, description="Changes the viewer's account.")
    sign_out_everywhere = mutation(
        resolver=sign_out_everywhere, description="Refuses every token and session issued before now."
    )
    delete_account = mutation(
        resolver=delete_account, description="Removes the account with everything that belongs to it."
    )
    create_task = mutation(resolver=create_task, description="Makes a task.")
    quick_add_task = mutation(
        resolver=quick_add_task, description="Makes a task of one typed line, as parseQuickAdd understands it."
    )
    update_task = mutation(resolver=update_task, description="Changes the named fields of a task.")
    complete_task = mutation(
        resolver=complete_task,
        description="Completes a task; of a recurring one the next is spawned. Again, it changes nothing.",
    )
    reopen_task = mutation(
        resolver=reopen_task,
        description="Opens a completed task again, and takes back the occurrence it spawned if nobody touched that.",
    )
    delete_task = mutation(resolver=delete_task, description="Puts a task in the trash.")
    skip_task = mutation(
        resolver=skip_task, description="Leaves out this occurrence of a recurring task; the next is spawned."
    )
    restore_task = mutation(resolver=restore_task, description="Takes a task out of the trash.")
    update_tasks = mutation(resolver=update_tasks, description="The same change of up to 100 tasks, all or nothing.")
    complete_tasks = mutation(resolver=complete_tasks, description="Completes up to 100 tasks, all or none.")
    delete_tasks = mutation(resolver=delete_tasks, description="Puts up to 100 tasks in the trash, all or none.")
    add_reminder = mutation(resolver=add_reminder, description="Adds a reminder to an open task.")
    remove_reminder = mutation(resolver=remove_reminder, description="Takes away a reminder that has not fired.")
    snooze_reminder = mutation(
        resolver=snooze_reminder, description="Moves a reminder of an open task, fired or not, to a later instant."
    )
    mark_notifications_read = mutation(
        resolver=mark_read, description="Marks notifications as read: exactly one of ids and all."
    )
    send_chat_message = mutation(
        resolver=send_chat_message,
        description="Says something to the assistant, which looks after tasks, and waits for its reply.",
    )
    create_api_token = mutation(
        resolver=create_api_token, description="Makes an API token; its secret is shown this once."
    )
    revoke_api_token = mutation(resolver=revoke_api_token, description="Ends an API token.")
    create_tag = mutation(resolver=create_tag, description="Makes a tag.")
    update_tag = mutation(resolver=update_tag, description="Renames or recolours a tag.")
    delete_tag = mutation(resolver=delete_tag, description="Takes a tag off all tasks and removes it.")


def build_schema() -> Schema:
    """What is executed of it is its graphql-core schema: by api.graphql.execution, not by strawberry."""
    return Schema(Query, Mutation, config=StrawberryConfig(scalar_map=SCALARS))


def core(schema: Schema) -> GraphQLSchema:
    made: GraphQLSchema = schema._schema  # noqa: SLF001 - strawberry names no other way to it
    return made
