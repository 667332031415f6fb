"""What stands between a document and its execution: limits, validation, and a caller for all but signing up and in."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError

from domain.errors import Unauthenticated

OPEN_FIELDS = frozenset({"signUp", "signIn", "__typename", "__schema", "__type"})


class Prepares(SchemaExtension):
    """Parses, measures and validates through the context's cache of documents, whoever executes."""

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        self._prepared = execution.context.documents.prepare(execution.query)
        if self._prepared.document is None:
            raise self._prepared.errors[0]
        if execution.context.operation_name is None and _has_several_operations(self._prepared.document):
            # Strawberry would take the first; the specification (6.1, GetOperation) wants one to be named.
            raise CannotGetOperationTypeError(None)
        execution.graphql_document = self._prepared.document
        yield

    def on_validate(self) -> Iterator[None]:
        execution = self.execution_context
        errors = list(self._prepared.errors)
        if not errors:
            error = execution.context.documents.cost_error(
                self._prepared, execution.operation_name, execution.variables
            )
            errors = [error] if error else []
        execution.pre_execution_errors = errors
        yield


class NeedsActor(SchemaExtension):
    """Answers UNAUTHENTICATED instead of executing, when an operation is not open and nobody is signed in."""

    def on_execute(self) -> Iterator[None]:
        execution = self.execution_context
        document, context = execution.graphql_document, execution.context
        if document is not None and context.caller is None and not is_open(document, execution.operation_name):
            refusal = context.refusal or Unauthenticated("this operation needs a token")
            execution.result = ExecutionResult(None, [GraphQLError(refusal.message, original_error=refusal)])
        yield


def _has_several_operations(document: DocumentNode) -> bool:
    return sum(isinstance(node, OperationDefinitionNode) for node in document.definitions) > 1


def is_open(document: DocumentNode, operation_name: str | None) -> bool:
    """Whether the operation selects open root fields only. Fragments have been validated to be free of cycles."""
    fragments = {n.name.value: n for n in document.definitions if isinstance(n, FragmentDefinitionNode)}
    for node in document.definitions:
        if not isinstance(node, OperationDefinitionNode):
            continue
        if operation_name is None or (node.name and node.name.value == operation_name):
            return _all_open(node.selection_set, fragments, set())
    return False


def _all_open(selection_set: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], seen: set[str]) -> bool:
    for node in selection_set.selections:
        match node:
            case FieldNode():
                if node.name.value not in OPEN_FIELDS:
                    return False
            case FragmentSpreadNode():
                name = node.name.value
                if name not in seen:
                    seen.add(name)
                    if not _all_open(fragments[name].selection_set, fragments, seen):
                        return False
            case InlineFragmentNode():
                if not _all_open(node.selection_set, fragments, seen):
                    return False
    return True
