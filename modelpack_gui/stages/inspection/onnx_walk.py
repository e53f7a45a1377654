"""Walk through an ONNX graph and the graphs inside its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelpack_gui.stages.inspection.attributes import GRAPH, GRAPHS, type_of
from modelpack_gui.stages.inspection.onnx_types import text_of


def graphs_of(graph: Any) -> Iterator[Any]:
    """A graph, then its subgraphs."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in subgraphs_of(attribute):
                yield from graphs_of(inner)


def all_graphs(model: Any) -> Iterator[Any]:
    """The GraphProto or FunctionProto of each scope of a `Graph`, in the order of their numbers."""
    for root in _roots(model):
        yield from graphs_of(root)


def all_nodes(model: Any) -> Iterator[Any]:
    """All NodeProtos of a model in the order of `NodeInfo.index`: those of a subgraph come after its owner."""
    for root in _roots(model):
        yield from _nodes_of(root.node)


def _roots(model: Any) -> Iterator[Any]:
    """The main graph, then the local functions, then the graphs of training."""
    yield model.graph
    yield from model.functions
    for training in model.training_info:
        yield from (getattr(training, name) for name in ("initialization", "algorithm") if training.HasField(name))


def _nodes_of(nodes: Any) -> Iterator[Any]:
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for inner in subgraphs_of(attribute):
                yield from _nodes_of(inner.node)


def node_numbers(graph: Any) -> list[int]:
    """`NodeInfo.index` of each node of a main graph: the nodes of a node's subgraphs come between it and the next."""
    numbers, number = [], 0
    for node in graph.node:
        numbers.append(number)
        inner = (sub for attribute in node.attribute for sub in subgraphs_of(attribute))
        number += 1 + sum(len(nested.node) for sub in inner for nested in graphs_of(sub))
    return numbers


_QUANTIZED = frozenset(
    {
        "ConvInteger",
        "DequantizeLinear",
        "DynamicQuantizeLinear",
        "MatMulInteger",
        "MatMulNBits",
        "QAttention",
        "QGemm",
        "QuantizeLinear",
    }
)


def is_quantized(model: Any) -> bool:
    """Whether operators that compute in integers of 8 bits or fewer are in a model, or such as make or read them."""
    nodes = [node for graph in graphs_of(model.graph) for node in graph.node]
    nodes += [node for function in model.functions for node in function.node]
    return any(is_quantizing(text_of(node.op_type)) for node in nodes)


def is_quantizing(op_type: str) -> bool:
    """Whether an operator computes in integers of 8 bits or fewer, or makes or reads such."""
    return op_type in _QUANTIZED or op_type.startswith("QLinear")


def tensors_of(graph: Any) -> Iterator[Any]:
    """Every tensor stored in a graph and its subgraphs, those in attributes and in sparse initializers included."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield sparse.values
        yield sparse.indices
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in subgraphs_of(attribute):
                yield from tensors_of(inner)


def subgraphs_of(attribute: Any) -> Iterator[Any]:
    """The graphs that an attribute holds, by its type: what else a damaged file has in it, nobody looks at."""
    kind = type_of(attribute)
    if kind == GRAPH:
        yield attribute.g
    elif kind == GRAPHS:
        yield from attribute.graphs


def reads(node: Any) -> tuple[str, ...]:
    """The values of the surrounding graph that a node reads, each once; those that its subgraphs capture included."""
    found = [name for name in node.input if name]
    for attribute in node.attribute:
        for inner in subgraphs_of(attribute):
            own = {value.name for value in inner.input} | {tensor.name for tensor in inner.initializer}
            own |= {name for item in inner.node for name in item.output}
            found += [name for item in inner.node for name in reads(item) if name not in own]
            found += [value.name for value in inner.output if value.name not in own]
    return tuple(dict.fromkeys(found))
