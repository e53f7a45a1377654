"""What the inspector shows of a node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.explain.explanation import place_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphDetails, NodeInfo, OperatorDocs, ParameterDoc, TensorInfo, parameter_at
from modelpack_gui.ui.graph.inspector.details_sections import details_sections
from modelpack_gui.ui.graph.inspector.docs_sections import attribute_rows, docs_sections
from modelpack_gui.ui.graph.inspector.targets import WholeAttribute
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, ValuePick
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
    stats: Section | None = None,
    more: Sequence[Section] = (),
    details: GraphDetails | None = None,
) -> Inspection:
    """Everything about a node.

    Args:
        docs: Of its operator; None while they are looked up.
        version: Opset of its domain that the model imports.
        stats: What is known of its main tensor.
        more: What others know of it, such as its time.
        details: What the file tells of it that the graph leaves out or shortens.
    """
    node = graph.nodes[number]
    known = docs if docs is not None and docs.is_known else None
    inputs = known.inputs if known is not None else ()
    outputs = known.outputs if known is not None else ()
    sections = [
        Section("Node", tuple(_facts(graph, node))),
        *more,
        _attributes(node, known, details),
        Section("Inputs", tuple(_value_rows(graph, graph.inputs(number), inputs))),
        Section("Outputs", tuple(_value_rows(graph, graph.outputs(number), outputs))),
    ]
    if stats is not None:
        sections.append(stats)
    if node.doc and details is None:
        sections.append(Section("Note in the file", text=node.doc))
    calls_function = (node.domain, node.op_type) in graph.function_scopes
    if not calls_function or known is not None:
        sections += docs_sections(docs, version)
    sections += details_sections(details)
    filled = tuple(section for section in sections if section.properties or section.text)
    return Inspection(node.op_type, node.name or f"node {node.index}", filled)


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


def _attributes(node: NodeInfo, docs: OperatorDocs | None, details: GraphDetails | None) -> Section:
    rows = attribute_rows(node, docs, details)
    cut = [row.name for row in rows if SHORTENED in row.value]
    actions = tuple(
        Action(f"Show all of {name}", "expand", WholeAttribute(node.index, name), "It is shortened above")
        for name in cut[:4]
    )
    return Section("Attributes", tuple(rows), actions=actions)


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
