"""Operations of PyTorch that an older opset lacks, written out in several nodes without a word of what they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from modelpack_gui.stages.layers.graph import ArtifactGraph, GraphNode

_AFTER = {"Erf": ("Add", "Mul", "Mul"), "Tanh": ("Add", "Mul")}
"""GELU from its one node that nothing else has on: x * (erf(x / sqrt 2) + 1) * 0.5, and that with tanh."""


def written_out_gelus(graph: ArtifactGraph, nodes: Sequence[GraphNode]) -> dict[int, GraphNode]:
    """Those of some nodes that are part of a GELU, by index, with the operation they are part of."""
    found: dict[int, GraphNode] = {}
    for node in nodes:
        if node.op_type not in _AFTER or node.group:
            continue
        chain = [node]
        for op_type in _AFTER[node.op_type]:
            readers = graph.readers.get(chain[-1].outputs[0], ())
            if len(readers) != 1 or readers[0].op_type != op_type or readers[0].scope != node.scope:
                break
            chain.append(readers[0])
        else:
            for member in chain:
                found[member.index] = dataclasses.replace(member, group=f"gelu of {node.name}", operation="gelu")
    return found


def biased_products(graph: ArtifactGraph, nodes: Sequence[GraphNode]) -> dict[int, GraphNode]:
    """Matrix products and the addition of a constant to each, by index: they may be one `linear`."""
    inside = {node.index for node in nodes}
    found: dict[int, GraphNode] = {}
    for node in nodes:
        readers = graph.readers.get(node.outputs[0], ()) if node.op_type == "MatMul" and not node.group else ()
        if len(readers) != 1 or readers[0].op_type != "Add" or readers[0].index not in inside:
            continue
        others = [name for name in readers[0].inputs if name != node.outputs[0]]
        if others and others[0] not in graph.producer and others[0] not in graph.inputs:
            for member in (node, readers[0]):
                found[member.index] = dataclasses.replace(member, group=f"product {node.name or node.index}")
    return found
