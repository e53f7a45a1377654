"""What the inspector shows of a node, an initializer or an input of a graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explanation import place_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import InitializerInfo, NodeInfo, TensorInfo, TensorStats
from modelpack_gui.ui.inspection import Histogram, Inspection, Property, Section
from modelpack_gui.ui.models.graph_columns import PortRow, shape_text

StatsAnswer = TensorStats | ErrorInfo | None
"""None while it is being read."""


ShowStats = Callable[[StatsAnswer], None]


def following(inspection: Inspection, follow: Callable[[Any], None]) -> Inspection:
    """The same, its targets clickable."""
    return dataclasses.replace(inspection, follow=follow)


def tensor_text(info: TensorInfo | None) -> str:
    """`float32  2 × 3`; what is not known is left out, and `unknown` if nothing is."""
    if info is None:
        return "unknown"
    shape = "" if info.shape is None else info.shape_text
    return "  ".join(part for part in (info.dtype, shape) if part) or "unknown"


def node_inspection(
    node: NodeInfo,
    graph: Graph,
    initializers: Mapping[str, InitializerInfo],
    stats: StatsAnswer = None,
    time: Section | None = None,
) -> Inspection:
    """Everything about a node.

    Args:
        initializers: Of the graph, by name.
        stats: Of the node's first initializer.
        time: What a profile says of it.
    """
    used = used_initializers(node, initializers)
    facts = [Property("Op type", node.op_type), Property("Domain", node.domain), Property("Index", str(node.index))]
    for name, value in (
        ("Name", node.name),
        ("Module", node.module_path),
        ("Class", node.module_class),
        ("Source", node.source_location),
        ("Inside", node.subgraph),
    ):
        if value:
            target = place_of(value) if name == "Source" else None
            facts.append(Property(name, value, is_mono=name != "Inside", target=target))
    sections = [
        Section("Node", tuple(facts)),
        *([time] if time is not None else []),
        Section(
            "Attributes",
            tuple(Property(item.name, item.value, f"{item.value}  ({item.type})", True) for item in node.attributes),
        ),
        Section("Inputs", tuple(_value_row(name, graph, initializers) for name in node.inputs)),
        Section("Outputs", tuple(Property(info.name, tensor_text(info)) for info in node.output_infos)),
    ]
    if used:
        sections.append(stats_section(f"Initializer {used[0].name}", stats))
    if len(used) > 1:
        sections.append(Section("Other initializers", tuple(_initializer_row(item) for item in used[1:])))
    if node.doc:
        sections.append(Section("Documentation", text=node.doc))
    filled = tuple(section for section in sections if section.properties or section.text or section.histogram)
    return Inspection(node.op_type, node.name or f"node {node.index}", filled)


def initializer_inspection(item: InitializerInfo, graph: Graph, stats: StatsAnswer = None) -> Inspection:
    """Everything about an initializer."""
    facts = [
        Property("Name", item.name, is_mono=True),
        Property("Dtype", item.dtype),
        Property("Shape", shape_text(item.shape)),
        Property("Size", fmt.size(item.size_bytes), f"{item.size_bytes} B"),
    ]
    if item.external:
        facts.append(Property("Data file", item.external, is_mono=True))
    users = tuple(
        Property(f"{node.index} {node.op_type}", node.name, is_mono=True, target=node)
        for node in graph.nodes
        if item.name in node.inputs
    )
    sections = [Section("Initializer", tuple(facts)), stats_section("Values", stats)]
    if users:
        sections.append(Section("Used by", users))
    return Inspection(item.name, "initializer", tuple(sections))


def port_inspection(row: PortRow, graph: Graph) -> Inspection:
    """Everything about an input or output of the graph."""
    info = row.info
    facts = (
        Property("Name", info.name, is_mono=True),
        Property("Position", str(row.position)),
        Property("Dtype", info.dtype or "unknown"),
        Property("Shape", info.shape_text),
    )
    sections = [Section("Tensor", facts)]
    near = tuple(
        Property(f"{node.index} {node.op_type}", node.name, is_mono=True, target=node)
        for node in graph.nodes
        if info.name in (node.inputs if row.direction == "input" else node.outputs)
    )
    if near:
        sections.append(Section("Read by" if row.direction == "input" else "Made by", near))
    return Inspection(info.name, f"graph {row.direction}", tuple(sections))


def used_initializers(node: NodeInfo, initializers: Mapping[str, InitializerInfo]) -> list[InitializerInfo]:
    """The initializers that a node reads, each once, in the order of its inputs."""
    return [initializers[name] for name in dict.fromkeys(node.inputs) if name in initializers]


def stats_section(title: str, stats: StatsAnswer) -> Section:
    """Statistics and histogram of a tensor's values."""
    if stats is None:
        return Section(title, (Property("Statistics", "reading…"),))
    if isinstance(stats, ErrorInfo):
        return Section(title, (Property("Statistics", "not read"), Property("Why", stats.message)))
    rows = [Property("Elements", fmt.count(stats.elements), str(stats.elements))]
    for name, value in (("Minimum", stats.minimum), ("Maximum", stats.maximum), ("Mean", stats.mean)):
        rows.append(Property(name, fmt.significant(value), fmt.full(value)))
    rows.append(Property("Std", fmt.significant(stats.std), fmt.full(stats.std)))
    rows.append(Property("Zeros", _share(stats.zeros, stats.elements), str(stats.zeros)))
    rows.append(Property("NaN", fmt.count(stats.nans), str(stats.nans)))
    rows.append(Property("Inf", fmt.count(stats.infs), str(stats.infs)))
    histogram = Histogram(stats.counts, stats.edges) if stats.counts else None
    return Section(title, tuple(rows), stats.preview, histogram)


def _share(number: int, total: int) -> str:
    if not number or not total:
        return fmt.count(number)
    return f"{fmt.count(number)}  ({fmt.significant(100 * number / total)} %)"


def _value_row(name: str, graph: Graph, initializers: Mapping[str, InitializerInfo]) -> Property:
    if not name:
        return Property("–", "left out (optional)")
    item = initializers.get(name)
    value = graph.value_named(name)
    if item is not None:
        return _initializer_row(item)
    text = tensor_text(graph.value_info(value) if value >= 0 else None)
    return Property(name, text, f"{name}: {text}")


def _initializer_row(item: InitializerInfo) -> Property:
    text = f"{item.dtype}  {shape_text(item.shape)}"
    return Property(item.name, text, f"{item.name}: {text}, initializer", target=item)
