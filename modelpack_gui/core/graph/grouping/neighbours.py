"""Puts nodes that know no module where their neighbours are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelpack_gui.core.graph.grouping.group_tree import GroupTree

_WITH_READERS = frozenset({"QuantizeLinear", "DequantizeLinear"})


def put_near(tree: GroupTree, nodes: Sequence[int], columns: Mapping[str, Any], names: Sequence[str]) -> None:
    """Put nodes where their neighbours are, near or far.

    Constants and what quantises go with all who read them; others into the innermost group that holds both what
    they are made from and those who read them; else they stay in the root.

    Args:
        nodes: Of one scope, in its root so far.
    """
    homeless = set(nodes)
    root = tree.node_group[nodes[0]]
    makers, readers = _neighbours(homeless, columns)
    above: dict[int, int] = {}
    below: dict[int, int] = {}
    for found, near, order in ((above, makers, nodes), (below, readers, nodes[::-1])):
        for node in order:  # the file has makers first
            groups = {
                found.get(other, -1) if other in homeless else tree.node_group[other] for other in near.get(node, ())
            } - {-1}
            if groups:
                found[node] = _common(tree, list(groups))
    for node in reversed(nodes):  # readers first: what goes with them goes where they went
        up, down = above.get(node, -1), below.get(node, -1)
        if not makers.get(node) or names[columns["node_op_type"][node]] in _WITH_READERS:
            groups = {tree.node_group[reader] for reader in readers.get(node, ())}
            inside = _common(tree, list(groups)) if groups else root
            tree.node_group[node] = inside if inside != root or up < 0 else up
        elif up >= 0 and down >= 0:
            tree.node_group[node] = _common(tree, [up, down])


def _neighbours(nodes: set[int], columns: Mapping[str, Any]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """What nodes read from, and who of the same scope reads from them."""
    scopes = columns["node_scope"]
    made_by: list[int] = [-1] * len(columns["value_name"])
    starts, values = columns["output_starts"], columns["output_values"]
    for node in range(len(scopes)):
        for value in values[starts[node] : starts[node + 1]]:
            made_by[value] = node
    makers: dict[int, list[int]] = {}
    readers: dict[int, list[int]] = {}
    starts, values = columns["input_starts"], columns["input_values"]
    for node, scope in enumerate(scopes):
        for value in values[starts[node] : starts[node + 1]]:
            maker = made_by[value] if value >= 0 else -1
            if maker < 0 or scopes[maker] != scope:
                continue
            if node in nodes:
                makers.setdefault(node, []).append(maker)
            if maker in nodes:
                readers.setdefault(maker, []).append(node)
    return makers, readers


def _common(tree: GroupTree, groups: Sequence[int]) -> int:
    """The innermost group that holds all of some."""
    if len(groups) == 1:
        return groups[0]
    common = tree.above(groups[0])
    for group in groups[1:]:
        path = tree.above(group)
        shared = 0
        while shared < min(len(common), len(path)) and common[shared] == path[shared]:
            shared += 1
        common = common[:shared]
    return common[-1]
