"""Finds again in another graph what was selected in the one before: a file that was read again is not another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick, ValuePick

if TYPE_CHECKING:  # the window opens without it
    from array import array

    from modelpack_gui.core.graph.graph import Graph


def same_pick(pick: Pick, before: Graph, now: Graph) -> Pick | None:
    """The node, tensor or group of that name; None if there is none any more."""
    if isinstance(pick, ValuePick):
        value = now.value_named(before.value_name(pick.value))
        return ValuePick(value) if value >= 0 else None
    if isinstance(pick, NodePick):
        node = _place(now, now.ints("node_name"), before.text("node_name", pick.node))
        if node < 0 and _is_alike(pick.node, before, now):
            node = pick.node
        return NodePick(node) if node >= 0 else None
    group = _place(now, now.ints("group_path"), before.text("group_path", pick.group))
    return GroupPick(group) if group >= 0 else None


def _place(graph: Graph, column: array[int], text: str) -> int:
    try:
        return column.index(graph.texts.index(text)) if text else -1
    except ValueError:
        return -1


def _is_alike(node: int, before: Graph, now: Graph) -> bool:
    """Whether the node of the same number does the same: many files have nodes without names."""
    is_there = node < len(now.nodes) and not before.text("node_name", node)
    return is_there and before.text("node_op_type", node) == now.text("node_op_type", node)
