"""What a selection means in a picture, and what a box of a picture means as a selection."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QRectF

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick, ValuePick

_OF_VALUES = frozenset({kinds.BOX_INPUT, kinds.BOX_OUTPUT, kinds.BOX_STUB_FROM, kinds.BOX_STUB_TO})


@dataclass(frozen=True)
class Shown:
    """Where a selection is in a picture.

    Attributes:
        boxes: That it is, the first being the one to look at.
        edges: That carry it.
        is_inside: Whether the boxes are closed groups that hold it.
    """

    boxes: list[int] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)
    is_inside: bool = False

    def __bool__(self) -> bool:
        return bool(self.boxes or self.edges)


def pick_of_box(arrays: SceneArrays, box: int) -> Pick:
    """What a box stands for."""
    kind, ref = int(arrays.kind[box]), int(arrays.ref[box])
    if kind == kinds.BOX_NODE:
        return NodePick(ref)
    return ValuePick(ref) if kind in _OF_VALUES else GroupPick(ref)


def shown_of(graph: Graph, arrays: SceneArrays, pick: Pick | None) -> Shown:
    """Where a selection is."""
    if isinstance(pick, NodePick):
        return _of_node(arrays, pick.node)
    if isinstance(pick, GroupPick):
        return _of_group(graph, arrays, pick.group)
    return _of_value(graph, arrays, pick.value) if isinstance(pick, ValuePick) else Shown()


def rect_of(arrays: SceneArrays, shown: Shown) -> QRectF:
    """What is to be seen of a selection: its boxes, or what its edges connect."""
    ends = [int(box) for edge in shown.edges for box in (arrays.source[edge], arrays.target[edge])]
    return arrays.bounds_of(shown.boxes or ends)


def _of_node(arrays: SceneArrays, node: int) -> Shown:
    box = int(arrays.node_box[node]) if 0 <= node < len(arrays.node_box) else -1
    if box < 0:
        return Shown()
    return Shown([box], is_inside=arrays.kind[box] != kinds.BOX_NODE)


def _of_group(graph: Graph, arrays: SceneArrays, group: int) -> Shown:
    """Its box or frame; what is in it where it has none, as a module of one node; or else the closed group around.

    A graph as a whole is nowhere: the few of its nodes that are in no module do not stand for it.
    """
    boxes, parents = _boxes_of_group(arrays, group), graph.ints("group_parent")
    if boxes or parents[group] < 0:
        return Shown(boxes)
    seen = {int(arrays.node_box[node]) for node in graph.group_nodes[group]} - {-1}
    inside = [box for box in sorted(seen) if arrays.kind[box] == kinds.BOX_NODE]
    above = group
    while not inside and (above := parents[above]) >= 0:
        boxes = _boxes_of_group(arrays, above)
        if boxes:
            return Shown(boxes, is_inside=True)
    return Shown(inside)


def _boxes_of_group(arrays: SceneArrays, group: int) -> list[int]:
    is_it = (arrays.ref == group) & ((arrays.kind == kinds.BOX_GROUP) | (arrays.kind == kinds.BOX_FRAME))
    found: list[int] = np.flatnonzero(is_it).tolist()
    return found


def _of_value(graph: Graph, arrays: SceneArrays, value: int) -> Shown:
    edges = np.flatnonzero(arrays.value == value).tolist()
    ports = np.flatnonzero((arrays.ref == value) & np.isin(arrays.kind, list(_OF_VALUES))).tolist()
    if edges or ports:
        return Shown(ports, edges)
    users = [graph.producers[value], *graph.consumers(value)]
    seen = [_of_node(arrays, node) for node in users if node >= 0]
    boxes = [box for shown in seen for box in shown.boxes]
    is_weight = value in graph.initializer_of
    return Shown(boxes[:1], is_inside=not is_weight or seen[0].is_inside) if boxes else Shown()


def scopes_in(graph: Graph, node: int) -> list[tuple[str, int]]:
    """The graphs that can be entered at a node, with their titles: its subgraphs, or the function that it calls."""
    scopes = list(graph.scopes_of_node.get(node, ()))
    function = graph.function_scopes.get((graph.text("node_domain", node), graph.text("node_op_type", node)))
    if function is not None:
        scopes.append(function)
    return [(graph.text("scope_title", scope).rpartition(" / ")[2], scope) for scope in scopes]


def enterable(graph: Graph, arrays: SceneArrays) -> frozenset[int]:
    """The boxes of nodes that can be entered."""
    owners = set(graph.scopes_of_node)
    functions = graph.function_scopes
    if functions:
        texts, domains, ops = graph.texts, graph.ints("node_domain"), graph.ints("node_op_type")
        calls = {key for key in set(zip(domains, ops, strict=True)) if (texts[key[0]], texts[key[1]]) in functions}
        owners |= {node for node, key in enumerate(zip(domains, ops, strict=True)) if key in calls}
    return frozenset(box for node in owners if (box := arrays.box_of.get((kinds.BOX_NODE, node), -1)) >= 0)
