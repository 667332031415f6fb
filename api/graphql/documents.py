"""Parsed, measured and validated documents, kept for the next request with the same text."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api.graphql.executor import Plans
from api.graphql.guard import is_open
from api.limits import LimitExceeded, Limits
from api.limits_documents import check_cost, check_document

# A parsed document was measured to take 0.4 to 1 KB for each token, with its plans at most 1.8; this is the safe side.
_BYTES_OF_TOKEN, _BYTES_OF_CHARACTER = 2_000, 4
CACHE_BYTES: Final = 48_000_000
# Errors tell what is wrong; a hundred of them tell no more than twenty.
MOST_ERRORS: Final = 20


@dataclass(frozen=True, slots=True)
class Operation:
    """One of a document; an open one needs no caller."""

    node: OperationDefinitionNode
    is_open: bool

    @property
    def kind(self) -> OperationType:
        return self.node.operation


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be executed, or what is wrong with it. `document` is None when it cannot be parsed."""

    document: DocumentNode | None
    errors: list[GraphQLError]
    # By name; under None as well where there is only one (specification, 6.1, GetOperation).
    operations: Mapping[str | None, Operation] = field(default_factory=dict)
    # Whether its cost lies within the limit whatever the variables are.
    affordable: bool = True
    # How its lists are completed. With directives that may differ from one request to the next: then they are not kept.
    plans: Plans | None = None


class Documents:
    """Prepares documents and keeps the good ones, so many as fit in memory; bad ones are told apart each time."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, introspection: bool) -> None:
        self._schema, self._limits, self._introspection = schema, limits, introspection
        self._rules = (
            *specified_rules,
            MaybeNullValidationRule,
            OneOfInputValidationRule,
            *([] if introspection else [NoSchemaIntrospectionCustomRule]),
        )
        self._kept: OrderedDict[str, tuple[Prepared, int]] = OrderedDict()
        self._bytes = 0

    def prepare(self, text: str) -> Prepared:
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
            return kept[0]
        prepared = self._prepared(text)
        if prepared.document is not None and not prepared.errors:
            self._keep(text, prepared, prepared.document)
        return prepared

    def cost_error(
        self, prepared: Prepared, operation: Operation, variables: Mapping[str, Any] | None
    ) -> GraphQLError | None:
        """What is wrong with the cost of an operation; with these variables, where they decide."""
        if prepared.affordable or prepared.document is None:
            return None
        try:
            check_cost(self._schema, prepared.document, operation.node, self._limits, variables or {})
        except LimitExceeded as error:
            return _error(error)
        return None

    def _prepared(self, text: str) -> Prepared:
        if len(text) > self._limits.document_characters:
            message = f"the document has {len(text)} characters, {self._limits.document_characters} are allowed"
            return Prepared(None, [GraphQLError(message, extensions={"code": "DOCUMENT_TOO_LONG"})])
        try:
            document = parse(text, max_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            return Prepared(None, [self._told(error)])
        except GraphQLError as error:  # nested too deeply for the parser
            return Prepared(None, [error])
        try:
            affordable = check_document(self._schema, document, self._limits)
        except LimitExceeded as error:
            return Prepared(document, [_error(error)], _operations(document, sound=False))
        errors = validate(
            self._schema, document, self._rules, max_errors=MOST_ERRORS, hide_suggestions=not self._introspection
        )
        plans: Plans | None = None if "@" in text else {}
        return Prepared(document, errors, _operations(document, sound=not errors), affordable, plans)

    def _told(self, error: GraphQLSyntaxError) -> GraphQLError:
        if "tokens. Parsing aborted" not in error.message:
            return error
        return GraphQLError(
            f"the document has more than {self._limits.tokens} tokens", extensions={"code": "TOO_MANY_TOKENS"}
        )

    def _keep(self, text: str, prepared: Prepared, document: DocumentNode) -> None:
        size = _BYTES_OF_TOKEN * document.token_count + _BYTES_OF_CHARACTER * len(text)
        self._kept[text] = prepared, size
        self._bytes += size
        while self._bytes > CACHE_BYTES:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._bytes -= dropped


def _operations(document: DocumentNode, *, sound: bool) -> dict[str | None, Operation]:
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    operations: dict[str | None, Operation] = {}
    for node in found:
        # Only of sound documents is it known, and asked.
        operation = Operation(node, sound and is_open(document, node))
        if node.name is not None:
            operations[node.name.value] = operation
        if len(found) == 1:
            operations[None] = operation
    return operations


def _error(error: LimitExceeded) -> GraphQLError:
    return GraphQLError(error.message[:1].upper() + error.message[1:], extensions={"code": error.code})
