"""The execution of lists whose fields are plain attributes: by a plan, not field by field.

graphql-core spends some microseconds on every leaf (a path, an info object, a look for awaitables), and a page of tasks
with tags has hundreds. Where everything below a list is an attribute, a scalar, an enum, a list or an object of those,
the selection becomes nested functions from a value to its JSON, which are kept with the document. Whatever else is
there, or anything that goes wrong, is left to graphql-core: reading attributes has no effect, so that the list can be
completed again, and errors are its own.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import AwaitableOrValue, Path, Undefined
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

# What has been completed of one list: by the place in the plan and the object, the object and its JSON.
Done = dict[tuple[int, int], tuple[Any, dict[str, Any]]]
Complete = Callable[[Any, Done], Any]
# By the type of a list and the nodes that ask for it; None for a list that is left to graphql-core.
Plans = dict[tuple[int, ...], Complete | None]


class _LeftToCore(Exception):
    """What this module does not do: a field that is computed, a value that the schema does not allow."""


class Executor(StrawberryGraphQLCoreExecutionContext):
    def __init__(self, *arguments: Any, plans: Plans | None, **options: Any) -> None:
        """`plans` are the document's, kept from one execution to the next; None where no two need be the same."""
        super().__init__(*arguments, **options)
        self._plans = {} if plans is None else plans

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        complete = self._plan_of(item_type, field_details_list)
        if complete is not None and isinstance(items, list) and position_context is None:
            done: Done = {}
            try:
                return [complete(item, done) for item in items]
            except Exception:  # noqa: BLE001, S110 - it happens again below, and is dealt with there
                pass
        return super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)

    def _plan_of(self, item_type: GraphQLOutputType, details: FieldDetailsList) -> Complete | None:
        # The document is kept as long as its plans, so that the ids of its nodes stay their own.
        asked = (id(item_type), *(id(each.node) for each in details))
        if asked not in self._plans:
            try:
                self._plans[asked] = self._plan(item_type, details)
            except _LeftToCore:
                self._plans[asked] = None
        return self._plans[asked]

    def _plan(self, of_type: GraphQLOutputType, details: FieldDetailsList) -> Complete:
        """How a value of this type becomes JSON; raises _LeftToCore where that takes more than attributes."""
        if is_non_null_type(of_type):
            return self._plan_value(of_type.of_type, details)
        return _nullable(self._plan_value(of_type, details))

    def _plan_value(self, of_type: GraphQLOutputType, details: FieldDetailsList) -> Complete:
        if is_leaf_type(of_type):
            return _leaf(of_type)
        if is_object_type(of_type):
            return self._plan_object(of_type, details)
        if not is_list_type(of_type):
            raise _LeftToCore
        complete = self._plan(of_type.of_type, details)

        def complete_list(values: Any, done: Done) -> list[Any]:
            if not isinstance(values, list):
                raise _LeftToCore
            return [complete(value, done) for value in values]

        return complete_list

    def _plan_object(self, of_type: GraphQLObjectType, details: FieldDetailsList) -> Complete:
        collected = self.collect_subfields(of_type, details)
        if of_type.is_type_of or collected.new_defer_usages:
            raise _LeftToCore
        fields: list[tuple[str, Callable[[Any], Any], Complete]] = []
        for name, below in collected.grouped_field_set.items():
            definition = self.schema.get_field(of_type, below[0].node.name.value)
            if definition is None or definition.args:
                raise _LeftToCore
            fields.append((name, attrgetter(_attribute(definition)), self._plan(definition.type, below)))
        place = id(fields)

        def complete_object(value: Any, done: Done) -> dict[str, Any]:
            if value is None:
                raise _LeftToCore
            # Within one list the same object comes again and again (the tags of a page): it is completed once.
            known = done.get((place, id(value)))
            if known is None:
                # The value is kept beside its JSON, so that its id stays its own.
                known = value, {name: complete(get(value), done) for name, get, complete in fields}
                done[place, id(value)] = known
            return known[1]

        return complete_object


def _leaf(of_type: GraphQLLeafType) -> Complete:
    coerce = of_type.coerce_output_value
    if is_enum_type(of_type):
        # It has few values, and none of them ever changes.
        coerce = lru_cache(maxsize=100)(coerce)
    is_text = of_type.name in {"String", "ID"}

    def complete_leaf(value: Any, _done: Done) -> Any:
        if is_text and type(value) is str:
            return value
        if value is None:
            raise _LeftToCore
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise _LeftToCore
        return coerced

    return complete_leaf


def _nullable(complete: Complete) -> Complete:
    return lambda value, done: None if value is None else complete(value, done)


def _attribute(field: GraphQLField) -> str:
    """The name of the attribute that the field shows; raises _LeftToCore for a field with a resolver of its own."""
    definition = field.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryField) or not getattr(field.resolve, "_is_default", False):
        raise _LeftToCore
    return definition.python_name
