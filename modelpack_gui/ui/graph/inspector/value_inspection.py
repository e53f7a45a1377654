"""What the inspector shows of a tensor: an input, an output, an initializer, or what one node hands to another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphDetails
from modelpack_gui.ui.graph.inspector.details_sections import details_sections
from modelpack_gui.ui.graph.inspector.node_inspection import node_row
from modelpack_gui.ui.graph.selection import GroupPick
from modelpack_gui.ui.inspection import Inspection, Property, Section

_ROWS = 200
"""Of nodes that read a value: a constant of a large model may have tens of thousands."""


def value_inspection(
    graph: Graph,
    value: int,
    stats: Section | None = None,
    more: Sequence[Section] = (),
    details: GraphDetails | None = None,
) -> Inspection:
    """Everything about a value.

    Args:
        stats: What is known of its elements, if the file stores them.
        more: What others know of it.
        details: What the file tells of it that the graph leaves out.
    """
    stored = graph.initializer_of.get(value, -1)
    kind = value_kind(graph, value)
    sections = [Section("Initializer" if stored >= 0 else "Tensor", tuple(_facts(graph, value, stored))), *more]
    if stats is not None:
        sections.append(stats)
    producer = graph.producers[value]
    if producer >= 0:
        sections.append(Section("Made by", (node_row(graph, producer),)))
    readers = graph.consumers(value)
    if readers:
        nodes = list(dict.fromkeys(readers))
        rows = [node_row(graph, node) for node in nodes[:_ROWS]]
        if len(nodes) > _ROWS:
            rows.append(Property("and", f"{fmt.count(len(nodes) - _ROWS)} more"))
        sections.append(Section("Read by", tuple(rows)))
    elif kind != "graph output":
        sections.append(Section("Read by", text="Nothing reads it.", is_prose=True))
    sections += details_sections(details)
    return Inspection(graph.value_name(value), kind, tuple(sections))


def value_kind(graph: Graph, value: int) -> str:
    """What a value is in its graph."""
    scope = graph.scopes[graph.ints("value_scope")[value]]
    place = "graph" if scope.index == 0 else scope.kind
    if value in graph.initializer_of:
        return "initializer"
    if value in scope.inputs:
        return f"{place} input"
    if value in scope.outputs:
        return f"{place} output"
    return "tensor" if graph.producers[value] >= 0 else "tensor that nothing makes"


def _facts(graph: Graph, value: int, stored: int) -> Iterable[Property]:
    info = graph.value_info(value)
    yield Property("Name", info.name, is_mono=True)
    yield Property("Dtype", info.dtype or "unknown")
    yield Property("Shape", info.shape_text)
    shape = info.shape
    if shape is not None and all(isinstance(size, int) for size in shape):
        elements = math.prod(size for size in shape if isinstance(size, int))
        yield Property("Elements", fmt.count(elements), str(elements))
    if stored >= 0:
        item = graph.initializers[stored]
        yield Property("Size", fmt.size(item.size_bytes), f"{item.size_bytes} B")
        yield Property("Stored in", item.external or "the model file", is_mono=bool(item.external))
    scope = graph.scopes[graph.ints("value_scope")[value]]
    if scope.index:
        yield Property("Inside", scope.title, target=GroupPick(graph.root_group(scope.index)))
    for title, values in (("Input", scope.inputs), ("Output", scope.outputs)):
        if value in values:
            yield Property(title, f"{values.index(value) + 1} of {len(values)}")
