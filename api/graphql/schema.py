"""The schema, put together from the nouns. graph/schema.graphql is exported from here and diffed."""

from graphql import GraphQLError
from strawberry import Schema, field, mutation, type  # noqa: A004 - strawberry's own names
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from api.graphql.activity import resolve_activity
from api.graphql.guard import NeedsActor
from api.graphql.notifications import resolve_notifications, resolve_unread_count
from api.graphql.scalars import SCALARS
from api.graphql.tags import create_tag, delete_tag, resolve_tag, resolve_tags, update_tag
from api.graphql.task_fields import (
    complete_task,
    create_task,
    delete_task,
    reopen_task,
    resolve_task,
    resolve_tasks,
    update_task,
)
from api.graphql.users import resolve_viewer, sign_in, sign_up


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


@type(description="What can be changed. Each field is a transaction of its own.")
class Mutation:
    sign_up = mutation(resolver=sign_up, description="Makes an account and signs in. Open without a token.")
    sign_in = mutation(
        resolver=sign_in,
        description="Gives a token for an e-mail address and password. Open without a token.",
    )
    create_task = mutation(resolver=create_task, description="Makes a task.")
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
    create_tag = mutation(resolver=create_tag, description="Makes a tag.")
    update_tag = mutation(resolver=update_tag, description="Renames or recolours a tag.")
    delete_tag = mutation(resolver=delete_tag, description="Takes a tag off all tasks and removes it.")


class TicklerSchema(Schema):
    """Strawberry's schema, but for its own logging: the door logs what is unexpected, once, with an id."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        del errors, execution_context


def build_schema() -> Schema:
    return TicklerSchema(
        Query,
        Mutation,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[lambda: ParserCache(maxsize=512), lambda: ValidationCache(maxsize=512), NeedsActor],
    )
