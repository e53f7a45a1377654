"""Values that became float64 on the way: the usual cause is a Python float or a numpy array in the model."""

from __future__ import annotations

from collections.abc import Iterator

from modelpack_gui.core.records import GraphFinding
from modelpack_gui.stages.inspection.checks.base import Check, Subject

_WIDE = "float64"


def _leaks(subject: Subject) -> Iterator[GraphFinding]:
    """Where float64 begins. A model that takes float64 is meant to compute in it."""
    graph = subject.graph
    texts, dtypes = graph.texts, graph.ints("value_dtype")
    if _WIDE not in texts:
        return
    wide = list(texts).index(_WIDE)
    if any(dtypes[value] == wide for value in graph.scopes[0].inputs):
        return
    for node in range(len(graph.nodes)):
        outputs = [value for value in graph.outputs(node) if value >= 0 and dtypes[value] == wide]
        made = [value for value in graph.inputs(node) if value >= 0 and graph.producers[value] >= 0]
        if outputs and not any(dtypes[value] == wide for value in made):
            text = f"{subject.node(node)} makes {subject.value(outputs[0])} in float64"
            yield GraphFinding(text, (node,), tuple(outputs))


CHECKS = (
    Check(
        "float64", "Computes in float64 though no input is", "warning",
        "float64 takes twice the memory, is several times slower on most hardware, and many runtimes have no kernel "
        "for it.",
        "Look at that line of the model for a numpy array, `dtype=float` or `.double()`; make it float32.",
        _leaks, is_of_onnx=False,
    ),
)  # fmt: skip
