"""How much a GraphQL document asks for: depth, aliases, root fields, directives and cost, before it is validated.

Every fragment is measured once, after those it spreads, so the work grows with the document's length and not with
what it expands to. Invalid documents are measured as well: what is unknown costs one, a cycle ends where it closes.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)
from graphql.type import GraphQLInterfaceType, GraphQLObjectType

from api.graphql.connections import DEFAULT_PAGE, LARGEST_PAGE
from api.limits import LimitExceeded, Limits, check_length, check_text
from api.limits_fragments import in_order_of_use

# Arguments that say how long a list is, with the longest there is: a larger one is refused by its resolver.
SIZES: Final = {"first": LARGEST_PAGE, "last": LARGEST_PAGE, "count": 50, "days": 400}
# Lists whose length no argument says: tags and reminders of a task, errors of a payload.
ASSUMED_LENGTH = 10
# Lists of introspection. Within each other they give whole schemas over and over; tools do not ask for that.
_SCHEMA_LISTS = frozenset({"fields", "inputFields", "interfaces", "possibleTypes", "enumValues"})

_Type = GraphQLCompositeType | None


class Measure(NamedTuple):
    """Of one selection set with everything below it, fragments spread out."""

    depth: int = 0  # fields within each other
    fields: int = 0  # directly in it
    aliases: int = 0  # fields under another name, or again under the same
    directives: int = 0
    cost: int = 0  # about how many values the answer may have
    schema_lists: int = 0  # lists of introspection within each other


def check_document(schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> bool:
    """Raises LimitExceeded. True if the cost lies within the limit whatever the variables are."""
    meter = Meter(schema, document, limits, variables=None)
    affordable = True
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            measure = meter.operation(node)
            _compare(measure, limits)
            if measure.cost > limits.cost:
                affordable = False
                if not node.variable_definitions:
                    raise _too_costly(measure.cost, limits)
    return affordable


def check_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    limits: Limits,
    variables: Mapping[str, Any],
) -> None:
    """Raises LimitExceeded if the operation costs too much with these variables."""
    cost = Meter(schema, document, limits, variables=variables).operation(operation).cost
    if cost > limits.cost:
        raise _too_costly(cost, limits)


def _compare(measure: Measure, limits: Limits) -> None:
    for has, most, what, code in (
        (measure.depth, limits.depth, "levels of fields", "TOO_DEEP"),
        (measure.fields, limits.root_fields, "root fields", "TOO_MANY_ROOT_FIELDS"),
        (measure.aliases, limits.aliases, "aliased or repeated fields", "TOO_MANY_ALIASES"),
        (measure.directives, limits.directives, "directives", "TOO_MANY_DIRECTIVES"),
        (measure.schema_lists, 1, "lists of introspection within each other", "TOO_DEEP"),
    ):
        if has > most:
            raise LimitExceeded(f"the operation has {_shown(has)} {what}, {most} are allowed", code)


def _too_costly(cost: int, limits: Limits) -> LimitExceeded:
    return LimitExceeded(
        f"the operation costs {_shown(cost)}, {limits.cost} is allowed: ask for fewer fields, or shorter pages",
        "TOO_COSTLY",
    )


def _shown(number: int) -> str:
    """Expanded fragments give numbers too long to print."""
    return str(number) if number < 10**9 else "more than a billion"


class Meter:
    """Measures operations of one document. Without `variables` a list that one sizes counts as its longest."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, limits: Limits, *, variables: Mapping[str, Any] | None
    ) -> None:
        self._schema, self._limits, self._variables = schema, limits, variables
        self._defaults: dict[str, ValueNode | None] = {}
        self._fragments = {n.name.value: n for n in document.definitions if isinstance(n, FragmentDefinitionNode)}
        if len(self._fragments) > limits.fragments:
            message = f"the document has {len(self._fragments)} fragments, {limits.fragments} are allowed"
            raise LimitExceeded(message, "TOO_MANY_FRAGMENTS")
        self._measured: dict[str, Measure] | None = None
        # Response names directly in a fragment: two with the same have to be compared with each other.
        self._names: dict[str, set[str]] = {}

    def operation(self, node: OperationDefinitionNode) -> Measure:
        definitions = node.variable_definitions or ()
        self._defaults = {d.variable.name.value: d.default_value for d in definitions}
        for definition in definitions:
            self._check_literals([definition.default_value] if definition.default_value else [])
        if self._measured is None or self._variables is not None:
            self._measured = {}
            for name in in_order_of_use(self._fragments):
                fragment = self._fragments[name]
                within = self._composite(fragment.type_condition.name.value)
                names = self._names[name] = set()
                measure = self._selections(fragment.selection_set, within, names)
                self._measured[name] = _add(measure, directives=self._directives(fragment.directives))
        on_variables = sum(self._directives(definition.directives) for definition in definitions)
        measure = self._selections(node.selection_set, self._schema.get_root_type(node.operation), set())
        return _add(measure, directives=self._directives(node.directives) + on_variables)

    def _selections(self, selection_set: SelectionSetNode, parent: _Type, seen: set[str]) -> Measure:
        """`seen` are the response names so far; fragments add to those of the set they stand in."""
        depth = fields = aliases = directives = cost = schema_lists = 0
        for node in selection_set.selections:
            match node:
                case FieldNode():
                    key = (node.alias or node.name).value
                    if node.alias or key in seen:
                        aliases += 1
                    seen.add(key)
                    below = self._field(node, parent)
                    fields += 1
                case FragmentSpreadNode():
                    below = (self._measured or {}).get(node.name.value, Measure())
                    fields += below.fields
                    names = self._names.get(node.name.value, set())
                    aliases += len(names & seen)
                    seen |= names
                case InlineFragmentNode():
                    condition = node.type_condition
                    within = self._composite(condition.name.value) if condition else parent
                    below = self._selections(node.selection_set, within, seen)
                    fields += below.fields
                case _:  # pragma: no cover - there are no others
                    continue
            depth = max(depth, below.depth)
            aliases += below.aliases
            directives += below.directives + self._directives(node.directives)
            cost += below.cost
            schema_lists = max(schema_lists, below.schema_lists)
        return Measure(depth, fields, aliases, directives, cost, schema_lists)

    def _field(self, node: FieldNode, parent: _Type) -> Measure:
        name = node.name.value
        definition = _definition(self._schema, parent, name)
        if node.arguments:
            self._check_literals(argument.value for argument in node.arguments)
        if node.selection_set is None:
            return Measure(depth=1, cost=1)
        inner = get_named_type(definition.type) if definition else None
        below = self._selections(node.selection_set, inner if is_composite_type(inner) else None, set())
        length = self._length(node, definition, parent) if definition else 1
        is_schema_list = parent is not None and parent.name.startswith("__") and name in _SCHEMA_LISTS
        return Measure(
            depth=below.depth + 1,
            aliases=below.aliases,
            directives=below.directives,
            cost=1 + length * below.cost,
            schema_lists=below.schema_lists + is_schema_list,
        )

    def _length(self, node: FieldNode, definition: GraphQLField, parent: _Type) -> int:
        """How often what is below the field may be in the answer."""
        if any(name in SIZES for name in definition.args):
            return self._size(node, definition)
        kind = definition.type.of_type if is_non_null_type(definition.type) else definition.type
        within = parent.name if parent else ""
        if not is_list_type(kind) or within.endswith("Connection"):
            return 1
        if within.startswith("__"):
            return len(self._schema.type_map) if node.name.value == "types" else 1
        return ASSUMED_LENGTH

    def _size(self, node: FieldNode, definition: GraphQLField) -> int:
        """The largest of the size arguments, or the default of the one that has one."""
        given = {a.name.value: a.value for a in node.arguments or () if a.name.value in SIZES}
        sizes = [size for name, value in given.items() if (size := self._value(value, SIZES[name])) is not None]
        if sizes:
            return max(sizes)
        defaults = (definition.args[name].default_value for name in SIZES if name in definition.args)
        return next((value for value in defaults if isinstance(value, int)), DEFAULT_PAGE)

    def _value(self, node: ValueNode | None, longest: int) -> int | None:
        """A size from 0 to `longest`; None for null and for nothing."""
        match node:
            case None | NullValueNode():
                return None
            case IntValueNode():
                return _within(int(node.value) if len(node.value) < 10 else longest, longest)  # noqa: PLR2004
            case VariableNode() if self._variables is not None:
                name = node.name.value
                if name not in self._variables:
                    return self._value(self._defaults.get(name), longest)
                value = self._variables[name]
                return value if value is None else _within(value if isinstance(value, int) else longest, longest)
            case _:
                return longest

    def _directives(self, nodes: Iterable[DirectiveNode] | None) -> int:
        count = 0
        for node in nodes or ():
            count += 1
            self._check_literals(argument.value for argument in _arguments(node))
        return count

    def _check_literals(self, values: Iterable[ValueNode]) -> None:
        """Lists and texts in the document itself; those in variables are checked by check_values."""
        waiting = list(values)
        while waiting:
            match waiting.pop():
                case StringValueNode(value=text):
                    check_text(text)
                case ListValueNode(values=items):
                    check_length(len(items), self._limits.list_items)
                    waiting += items
                case ObjectValueNode(fields=fields):
                    check_length(len(fields), self._limits.list_items)
                    waiting += [field.value for field in fields]
                case _:
                    pass

    def _composite(self, name: str) -> _Type:
        found = self._schema.get_type(name)
        return found if is_composite_type(found) else None


def _definition(schema: GraphQLSchema, parent: _Type, name: str) -> GraphQLField | None:
    if parent is None:
        return None
    if name.startswith("__"):
        return schema.get_field(parent, name)
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None


def _arguments(node: DirectiveNode) -> Iterable[ArgumentNode]:
    return node.arguments or ()


def _add(measure: Measure, *, directives: int) -> Measure:
    return measure._replace(directives=measure.directives + directives)


def _within(size: int, longest: int) -> int:
    return max(0, min(size, longest))
