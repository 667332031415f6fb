"""The order in which fragments can be looked at once each: what they spread first."""

from collections.abc import Mapping

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode


def in_order_of_use(fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    """Names so that each comes after those it spreads, as far as there is no cycle. A loop, however long the chain."""
    order: dict[str, None] = {}
    begun: set[str] = set()
    for root in fragments:
        path = [(root, iter(_spreads(fragments[root].selection_set)))] if root not in begun else []
        begun.add(root)
        while path:
            name, spreads = path[-1]
            following = next((s for s in spreads if s in fragments and s not in begun), None)
            if following is None:
                order[name] = None
                path.pop()
            else:
                begun.add(following)
                path.append((following, iter(_spreads(fragments[following].selection_set))))
    return list(order)


def _spreads(selection_set: SelectionSetNode) -> list[str]:
    found, waiting = [], [selection_set]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                found.append(node.name.value)
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                waiting.append(node.selection_set)
    return found
