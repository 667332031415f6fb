"""The execution of lists whose fields are plain attributes: by a plan made once per list, not field by field.

graphql-core spends some microseconds on every leaf (a path, an info object, a look for awaitables), and a page of tasks
with tags has hundreds. Where everything below a list is an attribute, a scalar, an enum, a list or an object of those,
the selection becomes nested functions from a value to its JSON. Whatever else is there, or anything that goes wrong, is
left to graphql-core: reading attributes has no effect, so that the list can be completed again, and errors are its own.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    MiddlewareManager,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import AwaitableOrValue, Path, Undefined
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

Complete = Callable[[Any], Any]


class _LeftToCore(Exception):
    """What this module does not do: a field that is computed, a value that the schema does not allow."""


class Executor(StrawberryGraphQLCoreExecutionContext):
    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        if isinstance(items, list) and position_context is None and not _has_middleware(self.middleware_manager):
            try:
                complete = self._plan(item_type, field_details_list)
                return [complete(item) for item in items]
            except Exception:  # noqa: BLE001, S110 - it happens again below, and is dealt with there
                pass
        return super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)

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

        def complete_list(values: Any) -> list[Any]:
            if not isinstance(values, list):
                raise _LeftToCore
            return [complete(value) for value in values]

        return complete_list

    def _plan_object(self, of_type: GraphQLObjectType, details: FieldDetailsList) -> Complete:
        collected = self.collect_subfields(of_type, details)
        if of_type.is_type_of or collected.new_defer_usages:
            raise _LeftToCore
        fields: list[tuple[str, Complete, Complete]] = []
        for name, below in collected.grouped_field_set.items():
            definition = self.schema.get_field(of_type, below[0].node.name.value)
            if definition is None or definition.args:
                raise _LeftToCore
            fields.append((name, attrgetter(_attribute(definition)), self._plan(definition.type, below)))

        # Within one list the same object comes again and again (the tags of a page): it is completed once.
        done: dict[int, tuple[Any, dict[str, Any]]] = {}

        def complete_object(value: Any) -> dict[str, Any]:
            if value is None:
                raise _LeftToCore
            known = done.get(id(value))
            if known is None:
                # The value is kept beside its JSON, so that its id stays its own.
                known = done[id(value)] = value, {name: complete(get(value)) for name, get, complete in fields}
            return known[1]

        return complete_object


def _leaf(of_type: GraphQLLeafType) -> Complete:
    coerce = of_type.coerce_output_value
    is_text = of_type.name in {"String", "ID"}

    def complete_leaf(value: Any) -> Any:
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
    return lambda value: None if value is None else complete(value)


def _attribute(field: GraphQLField) -> str:
    """The name of the attribute that the field shows; raises _LeftToCore for a field with a resolver of its own."""
    definition = field.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryField) or not getattr(field.resolve, "_is_default", False):
        raise _LeftToCore
    return definition.python_name


def _has_middleware(manager: MiddlewareManager | None) -> bool:
    return manager is not None and bool(manager.middlewares)
