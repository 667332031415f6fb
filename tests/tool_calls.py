"""Calls of assistants' tools as a user of a stack, in this process."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from support import Client, Stack

from api.door import GraphQLDoor, graphql_door
from api.graphql.context import Context
from api.limits_rates import Rates
from api.tools import Tool, ToolResult, load_tools, run_tool
from domain.actors import Actor


@dataclass
class Toolbox:
    door: GraphQLDoor
    tools: dict[str, Tool]

    @classmethod
    def of(cls, stack: Stack) -> "Toolbox":
        door = graphql_door(stack.settings, stack.sessions, Rates(stack.settings))
        return cls(door, dict(load_tools(door.schema)))

    def context(self, user: Client, *, now: datetime | None = None) -> Context:
        door = self.door
        return Context(
            sessions=door.sessions,
            auth=door.auth,
            cursors=door.cursors,
            documents=door.documents,
            rates=door.rates,
            address="127.0.0.1",
            now=now or datetime.now(UTC),
            caller=Actor(user.user_id, "Europe/Berlin") if user.user_id else None,
            refusal=None,
        )

    async def call(self, user: Client, name: str, /, key: UUID | None = None, **arguments: Any) -> ToolResult:
        door, context = self.door, self.context(user)
        return await run_tool(
            self.tools[name], arguments, schema=door.schema, limits=door.limits, context=context, idempotency_key=key
        )

    async def done(self, user: Client, name: str, /, **arguments: Any) -> dict[str, Any]:
        """What a call gave that nothing was wrong with."""
        result = await self.call(user, name, **arguments)
        assert result.errors == [], result
        return result.data
