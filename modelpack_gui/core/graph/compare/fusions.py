"""What an optimiser did: which nodes it took together, computed beforehand or left out, and in how many places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelpack_gui.core.graph.compare.align import Alignment
from modelpack_gui.core.graph.compare.difference import Difference, DifferenceBuilder, State
from modelpack_gui.core.graph.compare.pairs import Optimised, compare_pairs, operator_text
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records.graph_compare import FusionPattern

KEPT_AS_WEIGHT = "now a weight"
BEFOREHAND = "computed beforehand"
HANDS_ON = "left out, it changes nothing"
TWICE = "left out, a duplicate"
LEFT_OUT = "left out"
LAID_OUT = "laid out or scaled anew"
INSERTED = "put in"
COPIED = "put in, a copy for each reader"

_ONLY_HANDS_ON = frozenset({"Dropout", "Identity"})
_MAY_HAND_ON = frozenset({"Cast", "Expand", "Flatten", "Pad", "Reshape", "Slice", "Transpose"})
"""Op types that change nothing for some attributes or shapes."""


def fusions_of(aligned: Alignment, origins: Sequence[Sequence[int]]) -> tuple[Difference, tuple[FusionPattern, ...]]:
    """What became of each node.

    Args:
        aligned: Pairs of the subgraphs; those of the main graphs are made of the origins.
        origins: For each right node the left ones that it stands for, in order.
    """
    left = aligned.left.graph
    builder = DifferenceBuilder(len(aligned.partner), len(aligned.back))
    partner, back = aligned.partner, aligned.back
    fused: set[int] = set()
    copies = _copies(aligned, origins)
    for other, nodes in enumerate(origins):
        if nodes and other not in copies and not (len(nodes) == 1 and partner[nodes[0]] == other):
            fused.update(nodes)
            back[other] = nodes[-1]
            for node in nodes:
                partner[node] = other
    twice, handed_on = _twice(aligned), _handed_on(aligned)
    for node, other in {**twice, **handed_on}.items():
        partner[node] = other
    reasons = _reasons(aligned)
    folded = {node for node, reason in reasons.items() if reason in (BEFOREHAND, KEPT_AS_WEIGHT)}
    compare_pairs(aligned, builder, Optimised(fused | twice.keys() | handed_on.keys(), folded, LAID_OUT))
    for node in fused:
        builder.state[node] = State.FUSED
    for other, node in enumerate(back):
        builder.back_state[other] = builder.state[node] if node >= 0 else State.ADDED
    reasons |= dict.fromkeys(twice, TWICE) | dict.fromkeys(handed_on, HANDS_ON)
    for node in reasons:
        builder.state[node] = State.FOLDED if node in folded else State.REMOVED
    every = [nodes or ([back[other]] if back[other] >= 0 else []) for other, nodes in enumerate(origins)]
    return builder.finish(partner, back, aligned.ways, every), _patterns(
        left, aligned.right.graph, builder, every, reasons
    )


def _copies(aligned: Alignment, origins: Sequence[Sequence[int]]) -> frozenset[int]:
    """Right nodes that do once more what another one does that stands for the same left node; that one is paired.

    ONNX Runtime gives each reader of a DequantizeLinear its own.
    """
    left, right = aligned.left.graph, aligned.right.graph
    found: dict[int, list[int]] = {}
    merged: set[int] = set()
    for other, nodes in enumerate(origins):
        if len(nodes) == 1 and operator_text(left, nodes[0]) == operator_text(right, other):
            found.setdefault(nodes[0], []).append(other)
        else:
            merged.update(nodes)
    copies: set[int] = set()
    for node, others in found.items():
        if len(others) < 2 or node in merged:
            continue
        name = left.text("node_name", node)
        kept = next((other for other in others if right.text("node_name", other) == name), others[0])
        aligned.partner[node], aligned.back[kept] = kept, node
        copies.update(other for other in others if other != kept)
    return frozenset(copies)


def single_origins(origins: Sequence[Sequence[int]]) -> dict[int, int]:
    """The right node of each left one, where the two are one to one."""
    owners: dict[int, int] = {}
    shared: set[int] = set()
    for other, nodes in enumerate(origins):
        for node in nodes:
            if owners.setdefault(node, other) != other:
                shared.add(node)
    return {nodes[0]: other for other, nodes in enumerate(origins) if len(nodes) == 1 and nodes[0] not in shared}


def trimmed(left: Graph, origins: Sequence[Sequence[int]]) -> list[list[int]]:
    """Origins without the nodes that only hand on what they get: nothing need stand for those."""
    found = []
    for nodes in origins:
        kept = [node for node in nodes if left.text("node_op_type", node) not in _ONLY_HANDS_ON]
        found.append(kept or list(nodes))
    return found


def _handed_on(aligned: Alignment) -> dict[int, int]:
    """Nodes that are gone since they only hand on what they get, and what now makes that."""
    graph, partner = aligned.left.graph, aligned.partner
    found: dict[int, int] = {}
    for node in range(len(partner)):
        read = graph.inputs(node)
        if partner[node] < 0 and read and read[0] >= 0 and graph.text("node_op_type", node) in _ONLY_HANDS_ON:
            maker = graph.producers[read[0]]
            other = found.get(maker, partner[maker]) if maker >= 0 else -1
            if other >= 0:
                found[node] = other
    return found


def _twice(aligned: Alignment) -> dict[int, int]:
    """Nodes that are gone since another one computes the same, and what makes that."""
    upwards, partner = aligned.left.exact.upwards, aligned.partner
    kept = {upwards[node]: other for node, other in enumerate(partner) if other >= 0}
    return {
        node: kept[number]
        for node, number in enumerate(upwards)
        if partner[node] < 0 and number in kept and aligned.left.graph.text("node_op_type", node) != "Constant"
    }


def _reasons(aligned: Alignment) -> dict[int, str]:
    """Why each left node that nothing stands for is gone."""
    graph, partner = aligned.left.graph, aligned.partner
    fixed = _fixed_nodes(graph)
    found = {}
    for node, other in enumerate(partner):
        if other >= 0:
            continue
        op_type = graph.text("node_op_type", node)
        if op_type == "Constant":
            found[node] = KEPT_AS_WEIGHT
        elif fixed[node]:
            found[node] = BEFOREHAND
        else:
            found[node] = HANDS_ON if op_type in _MAY_HAND_ON | _ONLY_HANDS_ON else LEFT_OUT
    return found


def _fixed_nodes(graph: Graph) -> list[bool]:
    """Whether each node depends on no input, or but on the shape of one."""
    is_fixed = [False] * graph.value_count
    for value in graph.initializer_of:
        is_fixed[value] = True
    found = []
    for node, op in enumerate(graph.ints("node_op_type")):
        op_type = graph.texts[op]
        reads = [value for value in graph.inputs(node) if value >= 0]
        known = op_type in ("Constant", "Shape", "Size") or (bool(reads) and all(is_fixed[value] for value in reads))
        found.append(known)
        for value in graph.outputs(node):
            if value >= 0:
                is_fixed[value] = known
    return found


def _patterns(
    left: Graph,
    right: Graph,
    builder: DifferenceBuilder,
    origins: Sequence[Sequence[int]],
    reasons: Mapping[int, str],
) -> tuple[FusionPattern, ...]:
    """What was done, most frequent first; fusions before what is gone."""
    found: dict[tuple[tuple[str, ...], str, str], tuple[list[int], list[int], int]] = {}

    def add(befores: Sequence[int], after: int, why: str) -> None:
        ops = tuple(operator_text(left, node) for node in befores)
        key = (ops, operator_text(right, after) if after >= 0 else "", why)
        nodes, others, count = found.get(key, ([], [], 0))
        nodes.extend(befores)
        if after >= 0:
            others.append(after)
        found[key] = (nodes, others, count + 1)

    for other, nodes in enumerate(origins):
        state = builder.back_state[other]
        if state == State.ADDED:
            add((), other, COPIED if nodes else INSERTED)
        elif state == State.FUSED or (nodes and operator_text(left, nodes[0]) != operator_text(right, other)):
            add(nodes, other, "")
    for node, why in reasons.items():
        add((node,), -1, why)
    patterns = [
        FusionPattern(before, after, why, count, tuple(dict.fromkeys(nodes)), tuple(others))
        for (before, after, why), (nodes, others, count) in found.items()
    ]
    order = ("", BEFOREHAND, TWICE, HANDS_ON, LEFT_OUT, KEPT_AS_WEIGHT, COPIED, INSERTED)
    return tuple(sorted(patterns, key=lambda one: (order.index(one.why), -one.nodes)))
