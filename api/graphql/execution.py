"""One operation from its text to its result, whoever asks: prepared, limited, allowed to this caller, executed.

graphql-core executes; strawberry, which has made the schema, would do the same through hooks, at 50 to 90 us a request.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType
from graphql.execution import execute as execute_document

from api import spans
from api.graphql.context import Context
from api.graphql.executor import Executor
from domain.errors import Unauthenticated


class OperationNotFound(Exception):
    """The document has no operation of this name, or several and none was named."""


class OperationRefused(Exception):
    """Operations of this kind are not asked for in this way."""

    def __init__(self, kind: OperationType) -> None:
        super().__init__(kind.value)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Asked:
    """What to execute; operations of other kinds than `allowed` are refused."""

    text: str
    variables: dict[str, Any] | None
    operation_name: str | None
    allowed: Collection[OperationType]


async def execute(schema: GraphQLSchema, context: Context, asked: Asked, *, hide_suggestions: bool) -> ExecutionResult:
    """The result. Raises OperationNotFound and OperationRefused; whatever else is wrong is among its errors."""
    prepared = context.documents.prepare(asked.text)
    if prepared.document is None:
        return ExecutionResult(None, prepared.errors[:1])
    operation = prepared.operations.get(asked.operation_name)
    if operation is None:
        raise OperationNotFound
    spans.tell_operation(operation.node)
    if operation.kind not in asked.allowed:
        raise OperationRefused(operation.kind)
    if prepared.errors:
        return ExecutionResult(None, prepared.errors)
    cost_error = context.documents.cost_error(prepared, operation, asked.variables)
    if cost_error is not None:
        return ExecutionResult(None, [cost_error])
    if context.caller is None and not operation.is_open:
        refusal = context.refusal or Unauthenticated("this operation needs a token")
        return ExecutionResult(None, [GraphQLError(refusal.message, original_error=refusal)])
    result = execute_document(
        schema,
        prepared.document,
        context_value=context,
        variable_values=asked.variables,
        operation_name=asked.operation_name,
        executor_class=Executor,
        hide_suggestions=hide_suggestions,
        plans=prepared.plans,
    )
    return result if isinstance(result, ExecutionResult) else await result
