"""Operators that are out of date, and nodes whose result never changes."""

from __future__ import annotations

from collections.abc import Iterator

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import GraphFinding
from modelpack_gui.stages.inspection.checks.base import Check, Subject
from modelpack_gui.stages.inspection.onnx_schemas import schema_of

_RANDOM = frozenset(
    {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}
)
_SOURCES = frozenset({"Constant", "DequantizeLinear"})
"""Dequantised weights are kept small on purpose, and unpacked where they are used."""


def _deprecated(subject: Subject) -> Iterator[GraphFinding]:
    graph = subject.graph
    domains, known = graph.ints("node_domain"), {}
    for node, op_type in enumerate(subject.op_types):
        domain = graph.texts[domains[node]]
        key = (op_type, domain)
        if key not in known:
            schema = schema_of(op_type, subject.version_of(domain), domain)
            known[key] = schema is not None and schema.deprecated
        if known[key]:
            text = f"{subject.node(node)}: {op_type} is deprecated at opset {subject.version_of(domain)}"
            yield GraphFinding(text, (node,))


def _constant(subject: Subject) -> Iterator[GraphFinding]:
    """The last node of each part of the graph that is worked out from constants alone."""
    graph = subject.graph
    inputs = frozenset(graph.ints("scope_inputs"))
    stored = frozenset(graph.ints("initializer_value")) - inputs
    fixed: set[int] = set(stored)
    found: set[int] = set()
    for node, op_type in enumerate(subject.op_types):
        if op_type in _RANDOM or node in graph.scopes_of_node:
            continue
        read = [value for value in graph.inputs(node) if value >= 0]
        if not all(value in fixed for value in read) or (not read and op_type != "Constant"):
            continue
        fixed.update(value for value in graph.outputs(node) if value >= 0)
        if op_type not in _SOURCES:
            found.add(node)
    for node in sorted(found):
        after = [one for value in graph.outputs(node) if value >= 0 for one in graph.consumers(value)]
        if all(one in found for one in after) and after:
            continue
        before = [one for one in _before(subject, node, found) if subject.op_types[one] != "Identity"]
        if before:  # an Identity works nothing out
            more = f" with {fmt.plural(len(before) - 1, 'node')} before it" if len(before) > 1 else ""
            yield GraphFinding(f"{subject.node(before[0])}{more}", tuple(before))


def _before(subject: Subject, node: int, among: set[int]) -> list[int]:
    graph = subject.graph
    found, edge = [node], [node]
    seen = {node}
    while edge:
        for value in graph.inputs(edge.pop()):
            maker = graph.producers[value] if value >= 0 else -1
            if maker in among and maker not in seen:
                seen.add(maker)
                found.append(maker)
                edge.append(maker)
    return found


CHECKS = (
    Check(
        "deprecated", "Deprecated operators", "warning",
        "New runtimes drop them, and newer opsets do not have them.",
        "Export with a newer opset, which says the same with other operators.",
        _deprecated,
    ),
    Check(
        "constant", "Worked out anew though it never changes", "info",
        "The result depends on nothing that is given to the model. Most runtimes work it out once when they load the "
        "file; small ones do so at each run.",
        "Switch constant folding on where you export.",
        _constant,
    ),
)  # fmt: skip
