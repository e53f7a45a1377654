"""Why the nodes that have no row have none, and which share of the graph was looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelpack_gui.core.records import Unaligned, UnalignedNode
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.graph import ArtifactGraph, GraphNode


def unaligned_nodes(
    graph: ArtifactGraph, aligned: Sequence[Aligned], makers: Mapping[str, Mapping[str, str] | None]
) -> tuple[UnalignedNode, ...]:
    """The nodes without a row: at no level, then those that only some levels lack.

    Args:
        makers: By level, what type of node makes each value that is left there; None if all are left.
    """
    by_value = {item.value: item for item in aligned}
    by_node = {item.node.index for item in aligned}
    sizes = _sizes(graph)
    found = [_explained(graph, node, by_value, sizes) for node in graph.nodes if node.index not in by_node]
    for level, made in makers.items():
        if made is not None:
            found += [_fused(graph, item, made, level) for item in aligned if item.value not in made]
    return tuple(found)


def share_of(graph: ArtifactGraph, unaligned: Sequence[UnalignedNode]) -> float:
    """Share of the nodes that are aligned or part of what is, folded ones left out."""
    reasons = {item.node: item.reason for item in unaligned if not item.optimization}
    counted = [node for node in graph.nodes if reasons.get(node.index) is not Unaligned.FOLDED]
    covered = [node for node in counted if reasons.get(node.index) in (None, Unaligned.INTERNAL)]
    return len(covered) / len(counted) if counted else 0.0


def _explained(
    graph: ArtifactGraph, node: GraphNode, by_value: Mapping[str, Aligned], sizes: frozenset[int]
) -> UnalignedNode:
    if all(value in graph.constant for value in node.outputs if value):
        text = "constant: no input of the model has a part in it"
        return UnalignedNode(node.index, node.name, node.op_type, Unaligned.FOLDED, text)
    owner = _owner(graph, node, by_value)
    if owner is not None:
        text = f"inside of what is one operation in PyTorch: {owner.eager_name}"
        return UnalignedNode(node.index, node.name, node.op_type, Unaligned.INTERNAL, text)
    if node.index in sizes:
        text = "computes with sizes, which are plain numbers in PyTorch"
        return UnalignedNode(node.index, node.name, node.op_type, Unaligned.INTERNAL, text)
    what = node.operation or node.op_type
    text = f"nothing in the eager run was found to be this {what}"
    if node.has_subgraphs:
        text = "a node with graphs inside, which are not looked into"
    return UnalignedNode(node.index, node.name, node.op_type, Unaligned.NO_COUNTERPART, text)


def _sizes(graph: ArtifactGraph) -> frozenset[int]:
    """The nodes that compute with sizes of tensors alone."""
    values: set[str] = set()
    found = set()
    for node in graph.nodes:
        kinds = {info.dtype for value in node.outputs if (info := graph.infos.get(value)) is not None}
        moving = [name for name in node.inputs if name in graph.producer and name not in graph.constant]
        from_sizes = bool(moving) and values.issuperset(moving) and not any(n in graph.inputs for n in node.inputs)
        makes_numbers = node.op_type not in ("ConstantOfShape", "Range", "Expand") and kinds <= {"int64", "bool"}
        if kinds == {"no tensor"} or node.op_type in ("Shape", "Size") or (from_sizes and makes_numbers):
            values.update(node.outputs)
            found.add(node.index)
    return frozenset(found)


def _owner(graph: ArtifactGraph, node: GraphNode, by_value: Mapping[str, Aligned]) -> Aligned | None:
    """The aligned value that a node is a helper for: the nearest ones that it leads to, if in the same module."""
    stack = [value for value in node.outputs if value]
    seen = set(stack)
    while stack:
        for reader in graph.readers.get(stack.pop(), ()):
            for value in reader.outputs:
                if not value or value in seen:
                    continue
                seen.add(value)
                item = by_value.get(value)
                if item is None:
                    if len(seen) < 200:
                        stack.append(value)
                elif _is_within(node, reader):
                    return item
    return None


def _is_within(node: GraphNode, other: GraphNode) -> bool:
    if node.group and other.group:
        return node.group == other.group
    path, beside = node.module_path, other.module_path
    return not path or path == beside or path.startswith(f"{beside}.")


def _fused(graph: ArtifactGraph, item: Aligned, made: Mapping[str, str], level: str) -> UnalignedNode:
    """Where a value went that is gone at a level: the nearest values left that are made from it."""
    stack = [item.value]
    seen = set(stack)
    while stack:
        for reader in graph.readers.get(stack.pop(0), ()):
            for value in reader.outputs:
                if value in made:
                    text = f"part of the fused {made[value]} that makes {value}"
                    return UnalignedNode(
                        item.node.index, item.node.name, item.node.op_type, Unaligned.FUSED, text, level
                    )
                if value and value not in seen:
                    seen.add(value)
                    stack.append(value)
    text = "gone: nothing that is left is made from it under its own name"
    return UnalignedNode(item.node.index, item.node.name, item.node.op_type, Unaligned.FUSED, text, level)
