"""What a caller asked for below a field, so that it is fetched with the field's own statements and nothing else is."""

from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLDirective,
    GraphQLIncludeDirective,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
)
from strawberry.types.nodes import convert_arguments, get_variable_values

from api.graphql.context import Info

Selection = dict[str, "Selection"]
_Node = FieldNode | FragmentSpreadNode | InlineFragmentNode


def selected(info: Info, *path: str) -> Selection:
    """The fields selected below this one (below `path` in it), by schema name, merged over aliases and fragments."""
    raw = info._raw_info  # noqa: SLF001 - strawberry's own selected_fields converts every argument as well
    found: Selection = {}
    for node in raw.field_nodes:
        _collect(raw, node.selection_set, found)
    for name in path:
        found = found.get(name, {})
    return found


def given_arguments(info: Info) -> set[str]:
    """The arguments that the caller wrote, as against those that have their defaults."""
    raw = info._raw_info  # noqa: SLF001
    variables = get_variable_values(raw)
    return {
        argument.name.value
        for node in raw.field_nodes
        for argument in node.arguments or ()
        if not isinstance(argument.value, VariableNode) or argument.value.name.value in variables
    }


def _collect(raw: GraphQLResolveInfo[Any], selection_set: SelectionSetNode | None, found: Selection) -> None:
    for node in selection_set.selections if selection_set else ():
        assert isinstance(node, FieldNode | FragmentSpreadNode | InlineFragmentNode)  # noqa: S101 - there are no others
        if _directive(raw, GraphQLSkipDirective, node, default=False):
            continue
        if not _directive(raw, GraphQLIncludeDirective, node, default=True):
            continue
        if isinstance(node, FieldNode):
            _collect(raw, node.selection_set, found.setdefault(node.name.value, {}))
        elif isinstance(node, FragmentSpreadNode):
            _collect(raw, raw.fragments[node.name.value].selection_set, found)
        else:
            _collect(raw, node.selection_set, found)


def _directive(raw: GraphQLResolveInfo[Any], directive: GraphQLDirective, node: _Node, *, default: bool) -> bool:
    for given in node.directives or ():
        if given.name.value == directive.name:
            return bool(convert_arguments(raw, given.arguments)["if"])
    return default


def node_selection(wanted: Selection) -> Selection:
    """What is asked for of a connection's rows, whether as nodes or in edges."""
    return _merged(wanted.get("nodes", {}), wanted.get("edges", {}).get("node", {}))


def _merged(one: Selection, other: Selection) -> Selection:
    return {name: _merged(one.get(name, {}), other.get(name, {})) for name in {**one, **other}}
