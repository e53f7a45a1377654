"""What the inspector shows of a group of nodes: a module, a common prefix, a stretch, a subgraph or a function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphDetails
from modelpack_gui.ui.graph.inspector.details_sections import details_sections
from modelpack_gui.ui.graph.inspector.node_inspection import tensor_text
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, ValuePick
from modelpack_gui.ui.inspection import Inspection, Property, Section

_KINDS = {"root": "model", "module": "module", "prefix": "nodes of one name", "stretch": "stretch of nodes"}
_OPS = 12
_ROWS = 60


def group_inspection(
    graph: Graph, group: int, more: Sequence[Section] = (), details: GraphDetails | None = None
) -> Inspection:
    """Everything about a group, those within it included; `details` are those of the scope that it is all of."""
    info = graph.groups[group]
    scope = graph.scopes[info.scope]
    is_scope = info.kind == "root"
    kind = scope.kind if is_scope and info.scope else _KINDS.get(info.kind, info.kind)
    from modelpack_gui.ui.graph.inspector.group_contents import contents_of  # numpy, when a group is looked at

    contents = contents_of(graph, group)
    facts = []
    if info.path:
        facts.append(Property("Path", info.path, is_mono=True))
    if info.module_class:
        facts.append(Property("Class", info.module_class, is_mono=True))
    facts.append(Property("Nodes", fmt.count(contents.nodes), str(contents.nodes)))
    if contents.groups > 1:
        facts.append(Property("Groups", fmt.count(contents.groups - 1), meaning="Within it, at any depth"))
    if info.parent >= 0:
        parent = graph.groups[info.parent]
        facts.append(Property("Inside", parent.path or parent.title or "the model", target=GroupPick(info.parent)))
    elif scope.owner >= 0:
        owner = graph.nodes[scope.owner]
        facts.append(Property("Belongs to", f"{owner.index} {owner.op_type}", target=NodePick(scope.owner)))
    reads, gives = (contents.reads, contents.gives) if not is_scope else (list(scope.inputs), list(scope.outputs))
    told = _OPS if len(contents.ops) > _OPS + 1 else _OPS + 1  # the line for the others holds a lone one as well
    ops = [Property(op_type, fmt.count(number)) for op_type, number in contents.ops[:told]]
    if len(contents.ops) > told:
        rest = sum(number for _, number in contents.ops[told:])
        ops.append(Property(f"{len(contents.ops) - told} others", fmt.count(rest)))
    sections = [
        Section("Module" if info.kind == "module" else "Group", tuple(facts)),
        *more,
        Section("Takes", tuple(_value_rows(graph, reads))),
        Section("Gives", tuple(_value_rows(graph, gives))),
        Section("Operators", tuple(ops)),
        *details_sections(details),
    ]
    filled = tuple(section for section in sections if section.properties or section.text)
    title = info.path or info.title or ("the model" if not info.scope else scope.title)
    return Inspection(title, kind, filled)


def _value_rows(graph: Graph, values: Sequence[int]) -> Iterable[Property]:
    for value in values[:_ROWS]:
        info = graph.value_info(value)
        yield Property(info.name, tensor_text(info), f"{info.name}: {tensor_text(info)}", target=ValuePick(value))
    if len(values) > _ROWS:
        yield Property("and", f"{fmt.count(len(values) - _ROWS)} more")
