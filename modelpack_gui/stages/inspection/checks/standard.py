"""What the checker and shape inference of onnx say, put to the nodes that they say it of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from modelpack_gui.core.records import GraphFinding
from modelpack_gui.stages.inspection.checks.base import Check, Subject
from modelpack_gui.stages.inspection.onnx_shapes import ShapeInference
from modelpack_gui.stages.inspection.onnx_walk import all_nodes, subgraphs_of

_COMPLAINT = re.compile(r"\(op_type:(?P<op>[^,)]*)(?:, node name: (?P<name>.*?))?\): (?P<what>.*)")
_KIND = re.compile(r"^\[(?:Shape|Type)InferenceError\]\s*")
_FOLLOWS = "expected to have type but instead is null"
"""A complaint about a node whose input has no type, because a node before it is wrong."""


def _complaints(subject: Subject) -> Iterator[GraphFinding]:
    """The whole file first: it is quick. Only of a rejected one is each node looked at."""
    import onnx

    try:
        onnx.checker.check_model(str(subject.path))
        return
    except Exception as error:  # noqa: BLE001 (C++ raises several types; its text becomes the finding)
        whole = _first_line(error)
    found = list(_of_nodes(subject))
    yield from found
    if not any(finding.text.endswith(whole) for finding in found):
        yield GraphFinding(whole)


def _of_nodes(subject: Subject) -> Iterator[GraphFinding]:
    import onnx

    context = onnx.checker.C.CheckerContext()
    context.ir_version = subject.model.ir_version
    context.opset_imports = {item.domain: item.version for item in subject.model.opset_import}
    functions = {(item.domain, item.name) for item in subject.model.functions}
    for number, node in enumerate(all_nodes(subject.model)):
        if number % 500 == 0:
            subject.context.check_cancelled()
        if number >= len(subject.graph.nodes):
            return
        if (node.domain, node.op_type) in functions or _has_graph(node):
            continue  # what is inside is looked at node by node; outside of its surroundings it is rejected
        try:
            onnx.checker.check_node(node, context)
        except Exception as error:  # noqa: BLE001 (as above)
            yield GraphFinding(f"{subject.node(number)}: {_first_line(error)}", (number,))


def _has_graph(node: Any) -> bool:
    return any(True for attribute in node.attribute for _ in subgraphs_of(attribute))


def _contradictions(subject: Subject) -> Iterator[GraphFinding]:
    with ShapeInference(subject.model, subject.path, subject.context.scratch, strict=True) as inference:
        _model, error = inference.result(subject.context)
    if not error:
        return
    told = [match for line in error.splitlines() for match in _COMPLAINT.finditer(line)]
    causes = [match for match in told if _FOLLOWS not in match["what"]] or told
    if not causes:
        yield GraphFinding(_first_line(error))
    for match in causes:
        nodes = _find(subject, match["op"], match["name"] or "")
        what = _KIND.sub("", match["what"].strip())
        yield GraphFinding(f"{subject.node(nodes[0]) if nodes else match['op']}: {what}", nodes)


def _find(subject: Subject, op_type: str, name: str) -> tuple[int, ...]:
    """The node of an op type and a name, if there is only one."""
    graph = subject.graph
    names = graph.ints("node_name")
    nodes = [node for node, op in enumerate(subject.op_types) if op == op_type and graph.texts[names[node]] == name]
    return tuple(nodes) if len(nodes) == 1 else ()


def _first_line(error: object) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _unknown_shapes(subject: Subject) -> Iterator[GraphFinding]:
    """Where shapes end: nodes whose inputs have shapes and whose outputs have none."""
    graph = subject.graph
    shapes = graph.ints("value_shape")
    ends = graph.function_scopes.values()
    functions, scopes = frozenset(ends), graph.ints("node_scope")
    for node in range(len(graph.nodes)):
        outputs = [value for value in graph.outputs(node) if value >= 0]
        unknown = [value for value in outputs if shapes[value] < 0 and _is_tensor(subject, value)]
        if not unknown or scopes[node] in functions:
            continue
        if all(shapes[value] >= 0 for value in graph.inputs(node) if value >= 0):
            text = f"{subject.node(node)} makes {subject.value(unknown[0])}, whose shape cannot be inferred"
            yield GraphFinding(text, (node,), tuple(unknown))


def _is_tensor(subject: Subject, value: int) -> bool:
    return not subject.dtype(value).startswith(("sequence", "optional", "map"))


CHECKS = (
    Check(
        "checker", "Breaks the ONNX standard", "error",
        "A runtime may refuse the file, or read it otherwise than it was meant.",
        "Export it again with the other exporter or another opset. If a tool changed the file, report it there.",
        _complaints,
    ),
    Check(
        "shape-inference", "Shapes or dtypes contradict one another", "error",
        "A node cannot work on what it is given, or a declared shape is wrong: runtimes fail or plan memory wrongly.",
        "Export it again; if the shape of an input or output was edited by hand, undo that.",
        _contradictions,
    ),
    Check(
        "unknown-shape", "Shapes are unknown from here on", "info",
        "Without shapes no tool can tell what a node costs, and runtimes cannot plan memory ahead.",
        "Custom operators and those whose result depends on values (NonZero, loops) have none to infer; "
        "give dynamic dimensions names where you export.",
        _unknown_shapes,
    ),
)  # fmt: skip
