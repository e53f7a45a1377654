"""Nodes that do nothing, or that undo one another."""

from __future__ import annotations

from collections.abc import Iterator

from modelpack_gui.core.records import GraphFinding
from modelpack_gui.stages.inspection.checks.base import Check, Subject, named


def _identities(subject: Subject) -> Iterator[GraphFinding]:
    """Those that are needed are left out: an output of a graph that is an input or a weight has to be copied."""
    graph = subject.graph
    for node in named(subject.op_types, "Identity", "Dropout"):
        inputs, outputs = graph.inputs(node), graph.outputs(node)
        if not len(inputs) or not len(outputs) or inputs[0] < 0 or outputs[0] < 0:
            continue
        if subject.op_types[node] == "Dropout" and len(inputs) > 2 and inputs[2] >= 0:
            continue  # it may be told to train
        if outputs[0] in subject.outputs and (graph.producers[inputs[0]] < 0 or inputs[0] in subject.outputs):
            continue
        text = f"{subject.node(node)} hands {subject.value(inputs[0])} on unchanged"
        yield GraphFinding(text, (node,), (inputs[0], outputs[0]))


def _casts(subject: Subject) -> Iterator[GraphFinding]:
    graph = subject.graph
    for node in named(subject.op_types, "Cast"):
        inputs, outputs = graph.inputs(node), graph.outputs(node)
        if not len(inputs) or not len(outputs) or inputs[0] < 0 or outputs[0] < 0:
            continue
        before, after = subject.dtype(inputs[0]), subject.dtype(outputs[0])
        if before and before == after:
            yield GraphFinding(f"{subject.node(node)} casts {before} to {after}", (node,), (inputs[0], outputs[0]))
            continue
        other = graph.producers[inputs[0]]
        if other < 0 or subject.op_types[other] != "Cast" or subject.used_by_one(inputs[0]) != node:
            continue
        first = subject.dtype(graph.inputs(other)[0])
        if first and after:
            what = "and back" if first == after else f"to {after}"
            text = f"{subject.node(other)} and {subject.node(node)} cast {first} to {before} {what}"
            yield GraphFinding(text, (node, other), (inputs[0],))


def _transposes(subject: Subject) -> Iterator[GraphFinding]:
    graph = subject.graph
    for node in named(subject.op_types, "Transpose"):
        inputs = graph.inputs(node)
        other = graph.producers[inputs[0]] if len(inputs) and inputs[0] >= 0 else -1
        if other < 0 or subject.op_types[other] != "Transpose" or subject.used_by_one(inputs[0]) != node:
            continue
        what = "undo one another" if _undo(subject, other, node) else "could be one"
        yield GraphFinding(f"{subject.node(other)} and {subject.node(node)} {what}", (node, other), (inputs[0],))


def _undo(subject: Subject, one: int, other: int) -> bool:
    first, second = _order(subject, one), _order(subject, other)
    if first is None or second is None or len(first) != len(second):
        return subject.attribute(one, "perm") is None and subject.attribute(other, "perm") is None
    together = [first[axis] for axis in second]
    return together == sorted(together)


def _order(subject: Subject, node: int) -> list[int] | None:
    """The permutation of a Transpose, all axes reversed if it names none; None if it is not known."""
    text, graph = subject.attribute(node, "perm"), subject.graph
    if text is None:
        shape = graph.ints("value_shape")[graph.inputs(node)[0]]
        sizes = graph.shapes[shape] if shape >= 0 else None
        return list(range(len(sizes)))[::-1] if sizes is not None else None
    try:
        order = [int(part) for part in text.strip("[]").split(",")]
    except ValueError:
        return None
    return order if sorted(order) == list(range(len(order))) else None


def _reshapes(subject: Subject) -> Iterator[GraphFinding]:
    graph = subject.graph
    kinds = ("Reshape", "Flatten", "Squeeze", "Unsqueeze")
    for node in named(subject.op_types, "Reshape", "Flatten"):
        inputs = graph.inputs(node)
        other = graph.producers[inputs[0]] if len(inputs) and inputs[0] >= 0 else -1
        if other >= 0 and subject.op_types[other] in kinds and subject.used_by_one(inputs[0]) == node:
            text = f"{subject.node(other)} and {subject.node(node)} could be one"
            yield GraphFinding(text, (node, other), (inputs[0],))


_WHY = "Each copies or touches a whole tensor on a runtime that does not remove it, and clutters the graph."
_FIX = "Runtimes remove most of them when optimising; for those that do not, run onnxscript's or another optimiser."

CHECKS = (
    Check("identities", "Nodes that do nothing", "info", _WHY, _FIX, _identities),
    Check(
        "casts", "Casts that are not needed", "info",
        "Each reads and writes a whole tensor; a cast to a smaller dtype and back also loses digits.",
        "Look for `.to()`, `.float()` or `.half()` in the model at that place, and drop what is not needed.", _casts,
    ),
    Check(
        "transposes", "Transposes in a row", "info",
        "Each copies a whole tensor in a new order, often the dearest of the cheap operators.",
        "Look for `.permute()` or `.transpose()` in the model at that place; one of them, or none, may do.",
        _transposes,
    ),
    Check(
        "reshapes", "Reshapes in a row", "info", "They are cheap, but stand in the way of fusions.", _FIX, _reshapes
    ),
)  # fmt: skip
