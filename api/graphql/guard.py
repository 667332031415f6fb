"""Which operations are open to everybody: those that only sign up, in or out, or ask about the schema."""

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

OPEN_FIELDS = frozenset({"signUp", "signIn", "signOut", "__typename", "__schema", "__type"})


def is_open(document: DocumentNode, operation: OperationDefinitionNode) -> bool:
    """Whether the operation selects open root fields only. Fragments have been validated to be free of cycles."""
    fragments = {n.name.value: n for n in document.definitions if isinstance(n, FragmentDefinitionNode)}
    return _all_open(operation.selection_set, fragments, set())


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
