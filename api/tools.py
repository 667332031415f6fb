"""The tools of assistants: each is an operation document in graph/tools/, described and run for a model.

`run_tool` executes an operation the way /graphql does: the same preparation, limits, authorisation and errors. It
leaves to its caller who is asking, how often they may (the door's rates), and how large a request may be.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from api import responses
from api.graphql.context import Context
from api.graphql.execution import Asked, execute
from api.limits import LimitExceeded, Limits, check_values
from api.tools_input import KEY, JsonSchema, ToolError, comment, input_schema, sole_input
from api.tools_output import lifted, output_schema, root_key

FOLDER: Final = Path(__file__).resolve().parent.parent / "graph" / "tools"
# By root field. Whatever is changed can be changed back, but what was there before may be gone with it.
_DESTRUCTIVE: Final = {
    "createTask": False,
    "updateTask": True,
    "completeTask": False,
    "deleteTask": True,
    "restoreTask": False,
    "skipTask": False,
    "createTag": False,
    "addReminder": False,
    "snoozeReminder": False,
}
# Twice the same arguments have a second effect. A key makes a retried call harmless for the first two.
_ADDS_UP: Final = {"createTask", "addReminder", "snoozeReminder"}
_VARIABLE = re.compile(r"^Variable '\$(\w+)' has invalid value(?: at ((?:\.\w+|\[\d+\])+))?: ")


@dataclass(frozen=True, slots=True)
class Tool:
    """One operation as a model sees it, and how it is run."""

    name: str
    description: str
    operation_name: str
    document: str
    input_schema: JsonSchema
    output_schema: JsonSchema
    is_read_only: bool
    is_destructive: bool
    is_idempotent: bool
    # The arguments are the fields of the operation's one variable, `input`.
    is_flat: bool
    # A retried call can be told from a new one by a key.
    takes_key: bool
    root_key: str


@dataclass(frozen=True, slots=True)
class ToolFailure:
    """An error as data: `path` names the argument that is to blame, outermost first; it may be empty."""

    code: str
    message: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a call gave. With errors, `data` is empty, or lacks what they tell of."""

    data: dict[str, Any]
    errors: list[ToolFailure] = field(default_factory=list)

    @property
    def is_error(self) -> bool:
        return bool(self.errors)

    @property
    def json(self) -> dict[str, Any]:
        """The result and its errors as one JSON object."""
        errors = [{"code": e.code, "message": e.message, "path": list(e.path)} for e in self.errors]
        return {**self.data, **({"errors": errors} if errors else {})}


def load_tools(schema: GraphQLSchema, folder: Path = FOLDER) -> Mapping[str, Tool]:
    """All tools by name. Raises ToolError for a document that is not valid, or not fit to be a tool."""
    tools = {}
    for path in sorted(folder.glob("*.graphql")):
        try:
            tools[path.stem] = _load(schema, path.stem, path.read_text())
        except (ToolError, GraphQLError) as error:
            raise ToolError(f"{path.name}: {error}") from error
    return tools


def _load(schema: GraphQLSchema, name: str, text: str) -> Tool:
    document = parse(text)
    wrong = validate(schema, document)
    if wrong:
        raise ToolError("; ".join(error.message for error in wrong))
    operation = _operation(document)
    given, is_read_only = sole_input(schema, operation), operation.operation is OperationType.QUERY
    description = comment(operation)
    if operation.name is None or not description:
        raise ToolError("an operation needs a name, and a comment above it that tells a model what it is for")
    changes = _root_field(operation)
    if not is_read_only and changes not in _DESTRUCTIVE:
        raise ToolError(f"say in _DESTRUCTIVE whether {changes} destroys anything")
    return Tool(
        name=name,
        description=description,
        operation_name=operation.name.value,
        document=text,
        input_schema=input_schema(schema, operation),
        output_schema=output_schema(schema, operation),
        is_read_only=is_read_only,
        is_destructive=not is_read_only and _DESTRUCTIVE[changes],
        is_idempotent=changes not in _ADDS_UP,
        is_flat=given is not None,
        takes_key=given is not None and KEY in given.fields,
        root_key=root_key(operation),
    )


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    [*definitions] = document.definitions
    if len(definitions) != 1 or not isinstance(definitions[0], OperationDefinitionNode):
        raise ToolError("a document has one operation and nothing else")
    return definitions[0]


def _root_field(operation: OperationDefinitionNode) -> str:
    first: Any = operation.selection_set.selections[0]
    name: str = first.name.value
    return name


async def run_tool(
    tool: Tool,
    arguments: Mapping[str, Any],
    *,
    schema: GraphQLSchema,
    limits: Limits,
    context: Context,
    request_id: str = "",
    idempotency_key: UUID | None = None,
) -> ToolResult:
    """Runs a tool for the caller of `context`, which may be one that other operations use at the same time.

    A call with the key of an earlier one within 24 hours gives what that one made, where the tool `takes_key`.
    """
    try:
        check_values(dict(arguments), most=limits.list_items)
    except LimitExceeded as error:
        return ToolResult({}, [ToolFailure(error.code, error.message, error.path)])
    misfit = _misfit(tool, arguments)
    if misfit is not None:
        return ToolResult({}, [misfit])
    variables = _variables(tool, arguments, idempotency_key)
    kind = OperationType.QUERY if tool.is_read_only else OperationType.MUTATION
    asked = Asked(tool.document, variables, tool.operation_name, {kind})
    # Rows that were loaded for another operation may be old, and its turn at the database is its own.
    own = replace(context, now=datetime.now(UTC), loaders={}, turn=asyncio.Lock())
    deadline = asyncio.timeout(limits.seconds)
    try:
        async with deadline:
            result = await execute(schema, own, asked, hide_suggestions=False)
    except Exception as error:  # noqa: BLE001 - nothing of an unexpected error may get out
        if deadline.expired():
            return ToolResult({}, [_late(limits.seconds)])
        return ToolResult({}, [_failure(tool, responses.masked(error, request_id))])
    errors = [_failure(tool, error) for error in responses.told(result, request_id)]
    if result.data is None:
        return ToolResult({}, errors)
    data, refused = lifted(result.data, is_read_only=tool.is_read_only, key=tool.root_key)
    return ToolResult(data, [*errors, *(_refused(tool, error) for error in refused)])


def _misfit(tool: Tool, arguments: Mapping[str, Any]) -> ToolFailure | None:
    """The first argument that there is not, or that is missing: graphql-core would name the input, not the argument."""
    known = tool.input_schema["properties"]
    for name in arguments:
        if name not in known:
            message = f"{name[:100]}: there is no such argument; there are: {', '.join(known) or 'none'}"
            return ToolFailure("INVALID", message, (name,))
    for name in tool.input_schema.get("required", ()):
        if arguments.get(name) is None:
            return ToolFailure("INVALID", f"{name}: is required", (name,))
    return None


def _variables(tool: Tool, arguments: Mapping[str, Any], key: UUID | None) -> dict[str, Any]:
    if not tool.is_flat:
        # Models write null for what they do not say; a default is what counts then.
        return {name: value for name, value in arguments.items() if value is not None}
    return {"input": {**arguments, **({KEY: str(key)} if key is not None and tool.takes_key else {})}}


def _late(seconds: float) -> ToolFailure:
    return ToolFailure("DEADLINE_EXCEEDED", f"the call took longer than {seconds:g} s and was given up")


def _failure(tool: Tool, error: dict[str, Any]) -> ToolFailure:
    """An error of the request, in the words of the tool's arguments."""
    extensions = error["extensions"]
    message, path = error["message"], [str(name) for name in extensions.get("path", ())]
    match = _VARIABLE.match(message)
    if match:
        path = _argument(tool, [match[1], *re.findall(r"\w+", match[2] or "")])
        message = f"{'.'.join(path)}: {message[match.end() :]}"
    return ToolFailure(extensions["code"], message, tuple(path))


def _refused(tool: Tool, error: dict[str, Any]) -> ToolFailure:
    return ToolFailure(error["code"], error["message"], tuple(_argument(tool, error["path"])))


def _argument(tool: Tool, path: list[str]) -> list[str]:
    return path[1:] if tool.is_flat and path[:1] == ["input"] else path
