"""The JSON Schema of a tool's arguments, out of its operation's variables and the GraphQL schema.

Ranges and lengths come from the words of the schema's descriptions. They tell a model what fits; what does not is
refused where the operation runs, like everybody's.
"""

import re
from enum import Enum
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    TokenKind,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_input_type,
    type_from_ast,
    value_from_ast_untyped,
    visit,
)

JsonSchema = dict[str, Any]

# Given by the caller of a tool, never by a model: a model repeats itself, or makes one up.
KEY: Final = "idempotencyKey"
# Inputs whose fields keep to the limits of another's of the same name, and say so less often.
_LIKE: Final = {"UpdateTaskInput": "CreateTaskInput"}
# Fields that null clears; elsewhere it means no more than leaving the field out.
_CLEARED: Final = {
    "UpdateTaskInput": {"description", "dueDate", "reminderMinutes", "recurrence", "tagIds", "tagNames"},
}
_SCALARS: Final[dict[str, JsonSchema]] = {
    "String": {"type": "string"},
    "ID": {"type": "string"},
    "Int": {"type": "integer"},
    "Boolean": {"type": "boolean"},
    "DateTime": {"type": "string", "format": "date-time"},
    "TimeZone": {"type": "string"},
    "Color": {"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"},
}
_LENGTH = re.compile(r"(\d+) to (\d+) characters")
_RANGE = re.compile(r"(\d+) to (\d+)(?! characters)\b")
_MOST = re.compile(r"at most (\d+)")


class ToolError(Exception):
    """A tool's document is not one that can be offered; the message says which and why."""


def comment(node: Node) -> str:
    """The comment right above a node, as one line."""
    lines: list[str] = []
    token = node.loc.start_token.prev if node.loc else None
    while token is not None and token.kind is TokenKind.COMMENT:
        lines.append((token.value or "").strip())
        token = token.prev
    return " ".join(reversed(lines))


def sole_input(schema: GraphQLSchema, operation: OperationDefinitionNode) -> GraphQLInputObjectType | None:
    """The type of the variable `input`, if it is the only one: then its fields are the tool's arguments."""
    if [each.variable.name.value for each in operation.variable_definitions or ()] != ["input"]:
        return None
    [variable] = operation.variable_definitions or ()
    named = get_named_type(type_from_ast(schema, variable.type))
    return named if isinstance(named, GraphQLInputObjectType) else None


def input_schema(schema: GraphQLSchema, operation: OperationDefinitionNode) -> JsonSchema:
    """Raises ToolError for a variable that nothing describes, or whose type cannot be written out."""
    given = sole_input(schema, operation)
    if given is not None:
        return _object(schema, given, ())
    arguments = _described_arguments(schema, operation)
    properties: JsonSchema = {}
    required: list[str] = []
    for variable in operation.variable_definitions or ():
        name = variable.variable.name.value
        properties[name], is_required = _variable(schema, variable, arguments.get(name))
        if is_required:
            required.append(name)
    return _closed(properties, required)


def _variable(
    schema: GraphQLSchema, variable: VariableDefinitionNode, argument: GraphQLArgument | None
) -> tuple[JsonSchema, bool]:
    description = comment(variable) or (argument.description if argument else None)
    if not description:
        raise ToolError(f"nothing describes ${variable.variable.name.value}: write a comment above it")
    type_ = type_from_ast(schema, variable.type)
    assert is_input_type(type_)  # noqa: S101 - the document has been validated
    written = _described(schema, type_, description, (), like=argument.description if argument else None)
    if variable.default_value is not None:
        written["default"] = value_from_ast_untyped(variable.default_value)
    return written, isinstance(type_, GraphQLNonNull) and variable.default_value is None


def _described_arguments(schema: GraphQLSchema, operation: OperationDefinitionNode) -> dict[str, GraphQLArgument]:
    """The argument that each variable is passed to as it is."""
    found: dict[str, GraphQLArgument] = {}
    types = TypeInfo(schema)

    class Find(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            definition = types.get_field_def()
            for argument in node.arguments or ():
                if definition is not None and isinstance(argument.value, VariableNode):
                    found[argument.value.name.value] = definition.args[argument.name.value]

    visit(operation, TypeInfoVisitor(types, Find()))
    return found


def _object(schema: GraphQLSchema, type_: GraphQLInputObjectType, within: tuple[str, ...]) -> JsonSchema:
    if type_.name in within:
        raise ToolError(f"{type_.name} contains itself: a tool has to take less than that")
    like = schema.type_map.get(_LIKE.get(type_.name, ""))
    properties: JsonSchema = {}
    for name, field in type_.fields.items():
        if name == KEY:
            continue
        alike = like.fields.get(name) if isinstance(like, GraphQLInputObjectType) else None
        written = _described(
            schema, field.type, field.description, (*within, type_.name), like=alike.description if alike else None
        )
        if name in _CLEARED.get(type_.name, ()):
            written["type"] = [written["type"], "null"]
        properties[name] = written | _default(field)
    required = [name for name, field in type_.fields.items() if _is_required(field)]
    return _closed(properties, required)


def _is_required(field: GraphQLInputField) -> bool:
    return isinstance(field.type, GraphQLNonNull) and not _default(field)


def _default(field: GraphQLInputField) -> JsonSchema:
    value = field.default_value
    if isinstance(value, Enum):
        named = get_named_type(field.type)
        return {"default": named.coerce_output_value(value)} if isinstance(named, GraphQLEnumType) else {}
    return {"default": value} if isinstance(value, str | bool | int | list) and value not in ("", []) else {}


def _closed(properties: JsonSchema, required: list[str]) -> JsonSchema:
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _described(
    schema: GraphQLSchema,
    type_: GraphQLInputType,
    description: str | None,
    within: tuple[str, ...],
    *,
    like: str | None,
) -> JsonSchema:
    """A value with its description; `like` is another description that states its limits."""
    written = _type(schema, type_, within)
    named = get_named_type(type_)
    told = [description or "", *_enum_words(named)]
    return {**written, **_limits(written, f"{description} {like or ''}"), "description": " ".join(filter(None, told))}


def _enum_words(named: object) -> list[str]:
    if not isinstance(named, GraphQLEnumType):
        return []
    return [f"{name}: {value.description}" for name, value in named.values.items() if value.description]


def _type(schema: GraphQLSchema, type_: GraphQLInputType, within: tuple[str, ...]) -> JsonSchema:
    match type_:
        case GraphQLNonNull():
            return _type(schema, type_.of_type, within)
        case GraphQLList():
            return {"type": "array", "items": _type(schema, type_.of_type, within)}
        case GraphQLEnumType():
            return {"type": "string", "enum": list(type_.values)}
        case GraphQLInputObjectType():
            return _object(schema, type_, within)
        case GraphQLScalarType() if type_.name in _SCALARS:
            return dict(_SCALARS[type_.name])
        case _:
            raise ToolError(f"there is no JSON Schema of {type_} yet: say it in _SCALARS")


def _limits(written: JsonSchema, words: str) -> JsonSchema:
    """What a description says about lengths and ranges, in JSON Schema's words."""
    length, span, most = _LENGTH.search(words), _RANGE.search(words), _MOST.search(words)
    match written["type"]:
        case "string" if length:
            return {"minLength": int(length[1]), "maxLength": int(length[2])}
        case "integer" if span:
            return {"minimum": int(span[1]), "maximum": int(span[2])}
        case "array":
            return {
                "items": {**written["items"], **_limits(written["items"], words)},
                **({"maxItems": int(most[1])} if most else {}),
            }
        case _:
            return {}
