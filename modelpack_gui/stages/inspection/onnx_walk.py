"""Walk through an ONNX graph and the graphs inside its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def graphs_of(graph: Any) -> Iterator[Any]:
    """A graph, then its subgraphs."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in subgraphs_of(attribute):
                yield from graphs_of(inner)


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
    """The graphs that an attribute holds."""
    if attribute.HasField("g"):
        yield attribute.g
    yield from attribute.graphs
