"""Which values of a graph the file stores."""

from __future__ import annotations

from modelpack_gui.core.dtypes import size_bytes
from modelpack_gui.core.graph.graph import Graph

GIANT_BYTES = 256_000_000
"""A larger tensor is only read when the user asks for it: it would take seconds, twice."""


def is_stored(graph: Graph, value: int) -> bool:
    """Whether the file holds the elements of a value: an initializer, or what a Constant node gives."""
    if value in graph.initializer_of:
        return True
    producer = graph.producers[value]
    return producer >= 0 and graph.text("node_op_type", producer) == "Constant"


def stored_bytes(graph: Graph, value: int) -> int:
    """What a stored value takes in the file; 0 where that is not known."""
    stored = graph.initializer_of.get(value, -1)
    if stored >= 0:
        return graph.ints("initializer_bytes")[stored]
    info = graph.value_info(value)
    elements = 1
    for size in info.shape or ():
        elements *= size if isinstance(size, int) else 0
    return size_bytes(info.dtype, elements)


def main_tensor(graph: Graph, node: int) -> int:
    """The stored tensor that says most about a node: the largest that it reads, or its constant; -1 for none."""
    sizes, stored = graph.ints("initializer_bytes"), graph.initializer_of
    given = [value for value in graph.outputs(node) if value >= 0 and is_stored(graph, value)]
    if given:
        return given[0]
    read = [value for value in graph.inputs(node) if value in stored]
    return max(read, key=lambda value: sizes[stored[value]], default=-1)
