"""How large the integers in an input of an ONNX graph may be: those that choose rows of a table of weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_TABLES = {"Gather": ((0, 1),), "EmbedLayerNormalization": ((2, 0), (4, 1))}
"""Places of a table and of the indices into it among the inputs of an operator, the second one of onnxruntime."""
_KEEPS_VALUES = frozenset(
    ("Cast", "Expand", "Flatten", "Identity", "Reshape", "Slice", "Squeeze", "Tile", "Transpose", "Unsqueeze")
)
_KEEPS_SHAPE = frozenset(("Cast", "DequantizeLinear", "Identity"))


def largest_indices(graph: Any) -> dict[str, int]:
    """The largest value that every table takes which the integers of an input reach unchanged, by the input's name.

    Args:
        graph: A GraphProto, whose nodes are in an order in which they can run; its subgraphs are not looked into.
    """
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    origins = {value.name: value.name for value in graph.input if value.name not in shapes}
    found: dict[str, int] = {}
    for node in graph.node:
        inputs = node.input
        if not inputs:
            continue
        if inputs[0] in origins and node.op_type in _KEEPS_VALUES:
            origins[node.output[0]] = origins[inputs[0]]
        elif inputs[0] in shapes and node.op_type in _KEEPS_SHAPE:
            shapes[node.output[0]] = shapes[inputs[0]]
        else:
            for indices, size in _tables(node, shapes):
                if indices in origins and size:
                    origin = origins[indices]
                    found[origin] = min(found.get(origin, size - 1), size - 1)
    return found


def _tables(node: Any, shapes: dict[str, tuple[int, ...]]) -> Iterator[tuple[str, int]]:
    """The name of the indices into each table that a node reads, and how many rows the table has."""
    for table, indices in _TABLES.get(node.op_type, ()):
        if max(table, indices) >= len(node.input):
            continue
        shape = shapes.get(node.input[table], ())
        axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
        if -len(shape) <= axis < len(shape):
            yield node.input[indices], shape[axis]
