"""What a tool gives back: the JSON Schema of it, and how it is made of the operation's data.

The result of a mutation is what its payload is about, with the task that belongs to it lifted to the top, so that every
change of a task says task_id, status and title there. The result of a query is its one root field.
"""

from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from api.tools_input import JsonSchema, ToolError

ERRORS, TASK = "errors", "task"
_SCALARS: Final[dict[str, JsonSchema]] = {
    "Int": {"type": "integer"},
    "Float": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Date": {"type": "string", "format": "date"},
}


def output_schema(schema: GraphQLSchema, operation: OperationDefinitionNode) -> JsonSchema:
    """The JSON Schema of what `lifted` gives. Raises ToolError for an operation that it cannot lift."""
    root, key, field = (
        schema.get_root_type(operation.operation),
        root_key(operation),
        _fields(operation.selection_set)[0],
    )
    assert root is not None  # noqa: S101 - the document has been validated
    written = _type(root.fields[field.name.value].type, field.selection_set)
    if operation.operation is OperationType.QUERY:
        return written if written["type"] == "object" else _object({key: written})
    about = _about(written["properties"])
    properties = dict(written["properties"][about]["properties"])
    task = properties.pop(TASK, None)
    return _object({**(task["properties"] if task else {}), **properties})


def root_key(operation: OperationDefinitionNode) -> str:
    """Under which name the data has the one root field."""
    fields = _fields(operation.selection_set)
    if len(fields) != 1:
        raise ToolError("a tool's operation has one root field")
    return _key(fields[0])


def lifted(data: Any, *, is_read_only: bool, key: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The result in an operation's data, and the errors that a payload has; the result is empty beside those."""
    found = data[key]
    if is_read_only:
        return (found if isinstance(found, dict) else {key: found}), []
    about = found[_about(found)]
    if about is None:
        return {}, found[ERRORS]
    about = dict(about)
    return {**about.pop(TASK, {}), **about}, found[ERRORS]


def _about(payload: dict[str, Any]) -> str:
    """The one field of a payload besides its errors."""
    names = [name for name in payload if name != ERRORS]
    if len(names) != 1 or ERRORS not in payload:
        raise ToolError("a mutation's payload is asked for its errors and for one thing more")
    return names[0]


def _fields(selection_set: SelectionSetNode | None) -> list[FieldNode]:
    found = list(selection_set.selections) if selection_set else []
    fields = [node for node in found if isinstance(node, FieldNode)]
    if len(fields) != len(found):
        raise ToolError("a tool's operation has no fragments: its result has one shape")
    return fields


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


def _type(type_: GraphQLOutputType, selection_set: SelectionSetNode | None) -> JsonSchema:
    if isinstance(type_, GraphQLNonNull):
        return _non_null(type_.of_type, selection_set)
    return _or_null(_non_null(type_, selection_set))


def _or_null(written: JsonSchema) -> JsonSchema:
    if written["type"] == "object":
        # What a payload is about is there whenever there are no errors.
        return {**written, "type": ["object", "null"]}
    nulled = {**written, "type": [written["type"], "null"]}
    return nulled | ({"enum": [*written["enum"], None]} if "enum" in written else {})


def _non_null(type_: GraphQLOutputType, selection_set: SelectionSetNode | None) -> JsonSchema:
    match type_:
        case GraphQLList():
            return {"type": "array", "items": _type(type_.of_type, selection_set)}
        case GraphQLEnumType():
            return {"type": "string", "enum": list(type_.values)}
        case GraphQLObjectType():
            properties = {}
            for field in _fields(selection_set):
                definition = type_.fields[field.name.value]
                described = {"description": definition.description} if definition.description else {}
                properties[_key(field)] = {**_type(definition.type, field.selection_set), **described}
            return _object(properties)
        case _:
            return dict(_SCALARS.get(getattr(type_, "name", ""), {"type": "string"}))


def _object(properties: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": properties, "required": list(properties)}
