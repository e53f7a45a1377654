"""Weights that are stored more than once."""

from __future__ import annotations

from collections.abc import Iterator

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import GraphFinding
from modelpack_gui.stages.compare.digests import digests_of
from modelpack_gui.stages.inspection.checks.base import Check, Subject

LEAST_BYTES = 1024
"""Smaller ones are axes, scales and biases of zeros, which are equal by nature."""
_SHOWN = 4


def _duplicates(subject: Subject) -> Iterator[GraphFinding]:
    """Only those of a dtype and shape that there are two of are read at all."""
    if not subject.reads_weights:
        return
    graph = subject.graph
    sizes = graph.ints("initializer_bytes")
    rows: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for row, item in enumerate(graph.initializers):
        if item.size_bytes >= LEAST_BYTES:
            rows.setdefault((item.dtype, item.shape), []).append(row)
    wanted = {kind for kind, of_kind in rows.items() if len(of_kind) > 1}
    if not wanted:
        return
    digests = digests_of(subject.artifact, graph, wanted, subject.context)
    same: dict[str, list[int]] = {}
    for kind in wanted:
        for row in rows[kind]:
            digest = digests.of_initializer(row)
            if digest:
                same.setdefault(digest, []).append(row)
    for equal in sorted(same.values(), key=lambda some: -sizes[some[0]] * (len(some) - 1)):
        if len(equal) < 2:
            continue
        values = tuple(graph.ints("initializer_value")[row] for row in equal)
        nodes = tuple(dict.fromkeys(node for value in values for node in graph.consumers(value)))
        names = fmt.listed([subject.value(value) for value in values], _SHOWN)
        wasted = fmt.size(sizes[equal[0]] * (len(equal) - 1))
        yield GraphFinding(f"{names} hold the same values; {wasted} could be saved", nodes, values)


CHECKS = (
    Check(
        "duplicated-weights", "Weights stored more than once", "warning",
        "The file and the memory of a runtime are larger than they need be. Often the export untied weights that the "
        "model shares; layers that were copied and not trained since are equal too.",
        "Export with dynamo, which keeps shared weights as one, or let a tool share equal initializers.",
        _duplicates, is_of_onnx=False,
    ),
)  # fmt: skip
