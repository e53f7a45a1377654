"""What the inspector shows of a node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.explanation import place_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import NodeInfo, OperatorDocs, ParameterDoc, TensorInfo, parameter_at
from modelpack_gui.ui.graph.docs_sections import attribute_rows, docs_sections
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, ValuePick
from modelpack_gui.ui.graph.stats_section import StatsAnswer, stats_section
from modelpack_gui.ui.graph.targets import WholeAttribute
from modelpack_gui.ui.inspection import Action, Inspection, Property, Section

SHORTENED = "…"


def tensor_text(info: TensorInfo | None) -> str:
    """`float32  2 × 3`; what is not known is left out, and `unknown` if nothing is."""
    if info is None:
        return "unknown"
    shape = "" if info.shape is None else info.shape_text
    return "  ".join(part for part in (info.dtype, shape) if part) or "unknown"


def node_title(node: NodeInfo) -> str:
    """What a node is called in a row of the inspector: `12 Conv`."""
    return f"{node.index} {node.op_type}"


def node_row(graph: Graph, number: int) -> Property:
    """A row that leads to a node."""
    node = graph.nodes[number]
    return Property(node_title(node), node.name, is_mono=True, target=NodePick(number))


def node_inspection(
    graph: Graph,
    number: int,
    docs: OperatorDocs | None = None,
    version: int | None = None,
    stats: StatsAnswer = None,
    more: Sequence[Section] = (),
) -> Inspection:
    """Everything about a node.

    Args:
        docs: Of its operator; None while they are looked up.
        version: Opset of its domain that the model imports.
        stats: Of `main_tensor`.
        more: What others know of it, such as its time.
    """
    node = graph.nodes[number]
    known = docs if docs is not None and docs.is_known else None
    inputs = known.inputs if known is not None else ()
    outputs = known.outputs if known is not None else ()
    sections = [
        Section("Node", tuple(_facts(graph, node))),
        *more,
        _attributes(node, known),
        Section("Inputs", tuple(_value_rows(graph, graph.inputs(number), inputs))),
        Section("Outputs", tuple(_value_rows(graph, graph.outputs(number), outputs))),
    ]
    main = main_tensor(graph, number)
    if main >= 0:
        sections.append(stats_section(f"Values of {graph.value_name(main)}", stats, main))
    if node.doc:
        sections.append(Section("Note in the file", text=node.doc))
    calls_function = (node.domain, node.op_type) in graph.function_scopes
    if not calls_function or known is not None:
        sections += docs_sections(docs, version)
    filled = tuple(section for section in sections if section.properties or section.text)
    return Inspection(node.op_type, node.name or f"node {node.index}", filled)


def main_tensor(graph: Graph, number: int) -> int:
    """The stored tensor that says most about a node: the largest that it reads; -1 if it reads none."""
    sizes = graph.ints("initializer_bytes")
    stored = graph.initializer_of
    read = [value for value in graph.inputs(number) if value in stored]
    return max(read, key=lambda value: sizes[stored[value]], default=-1)


def _facts(graph: Graph, node: NodeInfo) -> Iterable[Property]:
    yield Property("Op type", node.op_type, f"{node.domain}.{node.op_type}", is_mono=True)
    yield Property("Domain", node.domain, is_mono=True)
    yield Property("Index", str(node.index), meaning="Its place in the file, from 0")
    if node.name:
        yield Property("Name", node.name, is_mono=True)
    group = graph.ints("node_group")[node.index]
    if node.module_path:
        yield Property("Module", node.module_path, is_mono=True, target=GroupPick(group))
    elif graph.ints("group_parent")[group] >= 0:
        yield Property("Group", graph.groups[group].path, is_mono=True, target=GroupPick(group))
    if node.module_class:
        yield Property("Class", node.module_class, is_mono=True)
    if node.source_location:
        yield Property("Source", node.source_location, is_mono=True, target=place_of(node.source_location))
    if node.subgraph:
        owner = graph.scopes[graph.ints("node_scope")[node.index]].owner
        yield Property("Inside", node.subgraph, target=NodePick(owner) if owner >= 0 else None)
    for scope in graph.scopes_of_node.get(node.index, ()):
        yield _scope_row("Subgraph", graph, scope)
    called = graph.function_scopes.get((node.domain, node.op_type))
    if called is not None:
        yield _scope_row("Calls", graph, called)


def _scope_row(name: str, graph: Graph, scope: int) -> Property:
    title = graph.scopes[scope].title.rpartition(" / ")[2]
    return Property(name, title, graph.scopes[scope].title, target=GroupPick(graph.root_group(scope)))


def _attributes(node: NodeInfo, docs: OperatorDocs | None) -> Section:
    cut = [item.name for item in node.attributes if SHORTENED in item.value]
    actions = tuple(
        Action(f"Show all of {name}", "expand", WholeAttribute(node.index, name), "It is shortened above")
        for name in cut[:4]
    )
    return Section("Attributes", tuple(attribute_rows(node, docs)), actions=actions)


def _value_rows(graph: Graph, values: Iterable[int], parameters: tuple[ParameterDoc, ...]) -> Iterable[Property]:
    for place, value in enumerate(values):
        doc = parameter_at(parameters, place)
        meaning = f"{doc.name}: {doc.description}" if doc is not None and doc.description else ""
        formal = f"{doc.name} = " if doc is not None and doc.name else ""
        if value < 0:
            yield Property(f"{formal}–", "left out (optional)", meaning=meaning)
            continue
        info = graph.value_info(value)
        text = tensor_text(info)
        full = f"{info.name}: {text}{_origin(graph, value)}"
        yield Property(f"{formal}{info.name}", text, full, meaning=meaning, target=ValuePick(value))


def _origin(graph: Graph, value: int) -> str:
    if value in graph.initializer_of:
        size = graph.ints("initializer_bytes")[graph.initializer_of[value]]
        return f", initializer of {fmt.size(size)}"
    producer = graph.producers[value]
    return f", made by {node_title(graph.nodes[producer])}" if producer >= 0 else ""
